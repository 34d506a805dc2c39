//! Approvals of a policy: who has signed exactly this text, and whether they are enough.

use std::fmt;
use std::str::FromStr;

use aws_lc_rs::digest::{SHA256, digest};
use aws_lc_rs::signature::{ED25519, Ed25519KeyPair, KeyPair as _, UnparsedPublicKey};
use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;

/// What a signature of an approval is over begins so: a key never vouches for anything else by it.
const PURPOSE: &[u8] = b"caregraph policy approval 1";

/// By which the approvals of one person are checked; no secret. As text: 43 letters and digits, `-` and `_`.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct ApproverKey([u8; 32]);

/// A text is no key of an approver.
#[derive(Debug, PartialEq, Eq, thiserror::Error)]
#[error("must be a key as \"caregraph policy key\" prints it: 43 letters, digits, - and _")]
pub struct NoApproverKey;

impl FromStr for ApproverKey {
    type Err = NoApproverKey;

    fn from_str(text: &str) -> Result<Self, NoApproverKey> {
        let bytes = URL_SAFE_NO_PAD.decode(text).map_err(|_| NoApproverKey)?;
        bytes.try_into().map(Self).map_err(|_| NoApproverKey)
    }
}

impl fmt::Display for ApproverKey {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&URL_SAFE_NO_PAD.encode(self.0))
    }
}

/// By which one person approves policies.
pub struct ApprovalKey(Ed25519KeyPair);

/// A seed makes no key.
#[derive(Debug, thiserror::Error)]
#[error("the key cannot be used: its seed makes no Ed25519 key")]
pub struct NoApprovalKey;

impl ApprovalKey {
    /// The key of that seed, which is a secret.
    pub fn of_seed(seed: &[u8; 32]) -> Result<Self, NoApprovalKey> {
        Ed25519KeyPair::from_seed_unchecked(seed).map(Self).map_err(|_| NoApprovalKey)
    }

    /// By which its approvals are checked.
    pub fn public(&self) -> ApproverKey {
        let mut bytes = [0; 32];
        bytes.copy_from_slice(self.0.public_key().as_ref());
        ApproverKey(bytes)
    }

    /// The approval of exactly this text, as a line of a file of approvals.
    pub fn approve(&self, policy: &str) -> String {
        let signature = URL_SAFE_NO_PAD.encode(self.0.sign(&message(policy)));
        format!("{} {} {signature}", super::Policy::version_of(policy), self.public())
    }
}

/// A secret: a debug print shows the type alone.
impl fmt::Debug for ApprovalKey {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("ApprovalKey")
    }
}

/// Whose approval a policy needs before it is enforced.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Approvers {
    /// Who may approve: name and key. No two share either.
    pub people: Vec<(String, ApproverKey)>,
    /// How many of them must; 0 when a policy needs no approval.
    pub needed: usize,
}

impl Approvers {
    /// The names of those who approved exactly this text, by a file of approvals. Each counts once, however often they
    /// signed; lines about other texts, by strangers or without sense count for nothing.
    pub fn who_approved(&self, policy: &str, approvals: &str) -> Vec<String> {
        let message = message(policy);
        let lines: Vec<(ApproverKey, Vec<u8>)> = approvals.lines().filter_map(read).collect();
        let approved = |key: &ApproverKey| {
            let own = lines.iter().filter(|(by, _)| by == key);
            let public = UnparsedPublicKey::new(&ED25519, &key.0);
            own.into_iter().any(|(_, signature)| public.verify(&message, signature).is_ok())
        };
        let who = self.people.iter().filter(|(_, key)| approved(key));
        who.map(|(name, _)| name.clone()).collect()
    }
}

/// Who signed, and the signature. The version before them is for people alone.
fn read(line: &str) -> Option<(ApproverKey, Vec<u8>)> {
    let mut words = line.split_whitespace().skip(1);
    let (key, signature) = (words.next()?.parse().ok()?, words.next()?);
    Some((key, URL_SAFE_NO_PAD.decode(signature).ok()?))
}

fn message(policy: &str) -> Vec<u8> {
    [PURPOSE, digest(&SHA256, policy.as_bytes()).as_ref()].concat()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn key(seed: u8) -> ApprovalKey {
        ApprovalKey::of_seed(&[seed; 32]).unwrap()
    }

    fn two() -> Approvers {
        let people = vec![("Ada".to_owned(), key(1).public()), ("Ben".to_owned(), key(2).public())];
        Approvers { people, needed: 2 }
    }

    #[test]
    fn each_approver_counts_once_and_only_for_the_text_that_they_signed() {
        let (ada, ben, stranger) = (key(1), key(2), key(3));
        let lines = [ada.approve("a"), ada.approve("a"), stranger.approve("a"), ben.approve("b")];
        assert_eq!(two().who_approved("a", &lines.join("\n")), ["Ada"]);
        assert_eq!(two().who_approved("b", &lines.join("\n")), ["Ben"]);
        assert_eq!(two().who_approved("a ", &lines.join("\n")), [""; 0]);
        let both = format!("# on paper too\n\n{}\r\n{}", ben.approve("a"), ada.approve("a"));
        assert_eq!(two().who_approved("a", &both), ["Ada", "Ben"]);
    }

    #[test]
    fn a_forged_line_counts_for_nothing() {
        let (line, of_ben) = (key(1).approve("a"), key(2).public().to_string());
        let words: Vec<&str> = line.split(' ').collect();
        for forged in [
            format!("{} {of_ben} {}", words[0], words[2]),
            format!("{} {} {}", words[0], words[1], &words[2][1..]),
            format!("{} {}", words[1], words[2]),
            format!("{} {} A{}", words[0], words[1], words[2]),
            words[1].to_owned(),
            String::new(),
        ] {
            assert_eq!(two().who_approved("a", &forged), [""; 0], "{forged}");
        }
    }

    #[test]
    fn a_key_comes_back_as_it_went() {
        let public = key(7).public();
        assert_eq!(public.to_string().parse(), Ok(public));
        assert_eq!(public.to_string().len(), 43);
        for wrong in ["", "abc", &"ab".repeat(32), &"=".repeat(43)] {
            assert_eq!(wrong.parse::<ApproverKey>(), Err(NoApproverKey), "{wrong}");
        }
        assert_eq!(format!("{:?}", key(7)), "ApprovalKey");
    }
}
