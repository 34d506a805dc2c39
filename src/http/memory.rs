//! How much memory this process may take, and how much it has taken, as Linux tells of it; elsewhere nobody knows.

use std::fs;
use std::path::Path;

/// Where control groups are.
const GROUPS: &str = "/sys/fs/cgroup";
const GROUPS_OF_MEMORY: &str = "/sys/fs/cgroup/memory";

/// How much the control group of this process and those around it let it take, in bytes.
pub fn allowed_memory() -> Option<u64> {
    let own = fs::read_to_string("/proc/self/cgroup").ok()?;
    let least = |root: &str, name: &str, of: &str| {
        let own = own.lines().find_map(|line| line.split_once(of)?.1.strip_prefix('/'))?;
        let (root, own) = (Path::new(root), Path::new(root).join(own));
        let around = own.ancestors().take_while(|group| group.starts_with(root));
        around.filter_map(|group| bytes(&fs::read_to_string(group.join(name)).ok()?)).min()
    };
    // The second version, and the first, which has them in a folder of their own.
    let second = least(GROUPS, "memory.max", "0::");
    second.into_iter().chain(least(GROUPS_OF_MEMORY, "memory.limit_in_bytes", ":memory:")).min()
}

/// How much of the system's memory this process holds, in bytes.
pub(super) fn held_memory() -> Option<u64> {
    let status = fs::read_to_string("/proc/self/status").ok()?;
    held(&status)
}

fn held(status: &str) -> Option<u64> {
    let line = status.lines().find_map(|line| line.strip_prefix("VmRSS:"))?;
    let kibibytes: u64 = line.split_whitespace().next()?.parse().ok()?;
    kibibytes.checked_mul(1024)
}

/// A limit, unless it is none: a word, or more than any machine has.
fn bytes(text: &str) -> Option<u64> {
    text.trim().parse().ok().filter(|bytes| *bytes < 1 << 50)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_limit_is_a_number_of_bytes_that_a_machine_can_have() {
        assert_eq!(bytes("268435456\n"), Some(268_435_456));
        assert_eq!(bytes("max\n"), None);
        assert_eq!(bytes("9223372036854771712\n"), None, "the first version has no word for it");
        assert_eq!(held("Name:\tcaregraph\nVmRSS:\t   1234 kB\n"), Some(1234 * 1024));
        assert_eq!(held("Name:\tcaregraph\n"), None);
    }
}
