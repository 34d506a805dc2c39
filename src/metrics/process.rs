//! The process, as Linux tells of it; elsewhere there is nothing to tell. The names are those that all programs use.

use std::fs;

use super::exposition::Exposition;

pub(super) fn write(text: &mut Exposition) {
    let status = fs::read_to_string("/proc/self/status").unwrap_or_default();
    let kibibytes = |name| Some(1024 * field(&status, name)?);
    let mut resident =
        text.gauge("process_resident_memory_bytes", "How much memory the process takes.");
    if let Some(bytes) = kibibytes("VmRSS:") {
        resident.sample(&[], bytes);
    }
    let mut threads = text.gauge("process_threads", "How many threads the process has.");
    if let Some(count) = field(&status, "Threads:") {
        threads.sample(&[], count);
    }
    let mut files = text.gauge("process_open_fds", "How many files and connections are open.");
    // The listing holds itself open meanwhile.
    let open = fs::read_dir("/proc/self/fd").ok().map(|open| open.count().saturating_sub(1));
    if let Some(count) = open {
        files.sample(&[], count);
    }
    let limits = fs::read_to_string("/proc/self/limits").unwrap_or_default();
    let mut most = text.gauge("process_max_fds", "How many files and connections may be open.");
    if let Some(count) = field(&limits, "Max open files") {
        most.sample(&[], count);
    }
}

/// The first number after a name.
fn field(text: &str, name: &str) -> Option<u64> {
    let line = text.lines().find_map(|line| line.strip_prefix(name))?;
    line.split_whitespace().next()?.parse().ok()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn numbers_are_found_by_their_name() {
        let text =
            "Name:\tcaregraph\nVmRSS:\t   1234 kB\nThreads:\t7\nMax open files            1024";
        assert_eq!(field(text, "VmRSS:"), Some(1234));
        assert_eq!(field(text, "Threads:"), Some(7));
        assert_eq!(field(text, "Max open files"), Some(1024));
        assert_eq!(field(text, "VmSwap:"), None);
    }
}
