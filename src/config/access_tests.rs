use caregraph_connectors::builtin;

use crate::access::ApprovalKey;
use crate::config::load;

fn key(seed: u8) -> String {
    ApprovalKey::of_seed(&[seed; 32]).unwrap().public().to_string()
}

/// What is wrong with a configuration whose `[access]` is this.
fn mistakes(access: &str) -> Vec<String> {
    let text = format!("[auth]\nissuer = \"http://127.0.0.1:9000\"\n\n[access]\n{access}");
    let found = load(&text, &builtin()).err().map(|mistakes| mistakes.0).unwrap_or_default();
    found.into_iter().map(|mistake| format!("{}: {}", mistake.path, mistake.what)).collect()
}

#[test]
fn approvers_have_a_name_a_key_and_a_policy_to_approve() {
    let (ada, ben) = (key(1), key(2));
    let two = format!("approvers = {{ Ada = {ada:?}, Ben = {ben:?} }}\n");
    let policy = "policy = \"policy.toml\"\n";
    let same = format!("{policy}approvers = {{ Ada = {ada:?}, Ben = {ada:?} }}\n");
    let nonsense = format!("{policy}approvers = {{ Ada = \"abc\", Ben = {ben:?} }}\n");
    for (access, expected) in [
        (format!("{policy}{two}"), vec![]),
        (format!("{policy}{two}policy_approvals = 1\n"), vec![]),
        (two.clone(), vec!["access.approvers: have nothing to approve without access.policy"]),
        (same, vec!["access.approvers.Ben: has the same key as \"Ada\""]),
        (
            nonsense,
            vec![
                "access.approvers.Ada: must be a key as \"caregraph policy key\" prints it: 43 letters, digits, - and _",
            ],
        ),
        (
            format!("{policy}{two}policy_approvals = 3\n"),
            vec!["access.policy_approvals: is 3, and must lie between 1 and the 2 approvers named"],
        ),
        (
            format!("{policy}{two}policy_approvals = 0\n"),
            vec!["access.policy_approvals: is 0, and must lie between 1 and the 2 approvers named"],
        ),
        (
            format!("{policy}approvers = {{ Ada = {ada:?} }}\n"),
            vec!["access.policy_approvals: is 2, and must lie between 1 and the 1 approvers named"],
        ),
        (
            format!("{policy}policy_approvals = 2\n"),
            vec!["access.policy_approvals: means nothing without access.approvers"],
        ),
    ] {
        assert_eq!(mistakes(&access), expected, "{access}");
    }
}
