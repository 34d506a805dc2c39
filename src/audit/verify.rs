//! Whether the log is whole: finds any edit, deletion, swap, insertion and cut, and names the first bad entry.

use std::collections::BTreeMap;

use super::chain::{BEGINNING, Hash, Point, Row};
use super::checkpoint::{Checkpoint, of_hexadecimal};
use super::error::AuditError;
use super::key::{AuditKey, PublicKey};
use super::store::AuditStore;

/// How many entries are read at once.
const PAGE: usize = 2_000;

/// By what the log is checked.
pub struct Verifier<'k> {
    /// Checks signatures.
    pub public: PublicKey,
    /// Checks each entry alone. Without it, what is found is found within its group.
    pub secret: Option<&'k AuditKey>,
}

/// What was found.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Verdict {
    /// It is whole.
    Whole {
        /// How many entries it has.
        entries: u64,
        /// How many chains.
        chains: u64,
        /// The last entry.
        last: Option<Point>,
    },
    /// It is not.
    Broken(Fault),
}

/// The first entry that is not as it was written.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Fault {
    /// Which chain.
    pub chain: i64,
    /// Which place.
    pub seq: i64,
    /// What is wrong with it.
    pub why: String,
}

/// Checks all of the log. `vouched` are checkpoints that were kept elsewhere: the log must hold their entries.
pub async fn verify(
    store: &dyn AuditStore,
    verifier: &Verifier<'_>,
    vouched: &[Checkpoint],
) -> Result<Verdict, AuditError> {
    let mut check = Check::new(verifier, vouched);
    check.listen(&store.beginnings().await?);
    let mut after = (0, i64::MIN);
    loop {
        let rows = store.behind(after, PAGE).await?;
        let Some(last) = rows.last() else { break };
        after = (last.chain, last.seq);
        for row in &rows {
            if let Err(fault) = check.row(row) {
                return Ok(Verdict::Broken(fault));
            }
        }
    }
    if let Err(fault) = check.end() {
        return Ok(Verdict::Broken(fault));
    }
    let last = check.last.filter(|last| last.chain > 0);
    Ok(Verdict::Whole { entries: check.entries, chains: check.chains, last })
}

struct Check<'v> {
    verifier: &'v Verifier<'v>,
    /// What the log must hold, and who says so.
    wanted: BTreeMap<(i64, i64), Vec<(Hash, String)>>,
    /// The entry before.
    last: Option<Point>,
    /// The last entry that bears a signature.
    sealed: Option<Point>,
    entries: u64,
    chains: u64,
}

impl<'v> Check<'v> {
    fn new(verifier: &'v Verifier<'v>, vouched: &[Checkpoint]) -> Self {
        let mut wanted: BTreeMap<_, Vec<_>> = BTreeMap::new();
        for Checkpoint { point: Point { chain, seq, hash }, .. } in vouched {
            if *chain > 0 {
                let who = "a checkpoint that was kept".to_owned();
                wanted.entry((*chain, *seq)).or_default().push((*hash, who));
            }
        }
        Self { verifier, wanted, last: None, sealed: None, entries: 0, chains: 0 }
    }

    /// Notes what the beginnings of chains say of the chains before, as far as they are sound themselves.
    fn listen(&mut self, beginnings: &[Row]) {
        for row in beginnings {
            let sound = row.seq == 1
                && row.hash_behind(&BEGINNING) == row.hash
                && self.is_vouched(row).is_ok()
                && !row.seal.is_empty();
            let Ok(entry) = row.entry() else { continue };
            for (chain, seq, hash) in entry.body.heads {
                if let (true, Some(hash)) = (sound, of_hexadecimal(&hash)) {
                    let who = format!("the beginning of chain {}", row.chain);
                    self.wanted.entry((chain, seq)).or_default().push((hash, who));
                }
            }
        }
    }

    fn row(&mut self, row: &Row) -> Result<(), Fault> {
        let before = match self.last {
            Some(last) if last.chain == row.chain => last,
            _ => {
                self.end_of_chain()?;
                let chain = self.last.map_or(1, |last| last.chain + 1);
                if row.chain > chain {
                    return Err(fault(chain, 1, "the whole chain is missing"));
                }
                self.chains += 1;
                self.sealed = None;
                Point { chain: row.chain, seq: 0, hash: BEGINNING }
            }
        };
        if row.chain < 1 || row.seq <= before.seq {
            return Err(fault(row.chain, row.seq, "it was put in where no entry belongs"));
        }
        if row.seq > before.seq + 1 {
            return Err(fault(row.chain, before.seq + 1, "it is missing"));
        }
        if row.hash_behind(&before.hash) != row.hash {
            return Err(fault(row.chain, row.seq, "it was changed, or moved from another place"));
        }
        self.is_vouched(row).map_err(|why| fault(row.chain, row.seq, why))?;
        for (hash, who) in self.wanted.remove(&(row.chain, row.seq)).unwrap_or_default() {
            if hash != row.hash {
                return Err(fault(
                    row.chain,
                    row.seq,
                    &format!("it is not the one that {who} knows"),
                ));
            }
        }
        self.last = Some(row.point());
        if !row.seal.is_empty() {
            self.sealed = self.last;
        }
        self.entries += 1;
        Ok(())
    }

    /// True when whoever has the key wrote it, as far as that can be told.
    fn is_vouched(&self, row: &Row) -> Result<(), &'static str> {
        let is_sealed = !row.seal.is_empty();
        if let Some(key) = self.verifier.secret
            && key.mac(&row.hash, is_sealed) != row.mac
        {
            return Err("it was not written by this gateway, or its authentication was changed");
        }
        let Ok(signature) = row.seal.as_slice().try_into() else {
            return if is_sealed { Err("its signature was changed") } else { Ok(()) };
        };
        let checkpoint = Checkpoint { point: row.point(), signature };
        if self.verifier.public.accepts(&checkpoint) {
            Ok(())
        } else {
            Err("its signature is not valid: it, or one before it in its group, was changed")
        }
    }

    /// Nothing may be missing at the end of the chain that was read last.
    fn end_of_chain(&mut self) -> Result<(), Fault> {
        let Some(last) = self.last else { return Ok(()) };
        let of_chain = (last.chain, last.seq + 1)..=(last.chain, i64::MAX);
        if let Some((_, claims)) = self.wanted.range(of_chain).next_back() {
            let who = claims.first().map_or("", |(_, who)| who.as_str());
            let why = format!("it is missing: {who} knows later entries");
            return Err(fault(last.chain, last.seq + 1, &why));
        }
        if self.sealed == self.last {
            return Ok(());
        }
        let after = if self.verifier.secret.is_some() { self.last } else { self.sealed };
        let seq = after.map_or(1, |point| point.seq + 1);
        Err(fault(last.chain, seq, "the entries from here on, of one group, are not all there"))
    }

    /// Nothing may be missing at the end of all.
    fn end(&mut self) -> Result<(), Fault> {
        self.end_of_chain()?;
        if let Some(((chain, _), claims)) = self.wanted.iter().next_back() {
            let who = claims.first().map_or("", |(_, who)| who.as_str());
            let next = self.last.map_or(1, |last| last.chain + 1).min(*chain);
            return Err(fault(next, 1, &format!("it is missing: {who} knows later entries")));
        }
        Ok(())
    }
}

fn fault(chain: i64, seq: i64, why: &str) -> Fault {
    Fault { chain, seq, why: why.to_owned() }
}

/// One sentence.
impl std::fmt::Display for Fault {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "entry {} of chain {}: {}", self.seq, self.chain, self.why)
    }
}
