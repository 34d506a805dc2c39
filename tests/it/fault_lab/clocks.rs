//! Clocks that jump: F32.

use std::path::{Path, PathBuf};

use super::tell;

/// What decides by a clock how sources are asked, who is let in, and how long anything is waited for.
const STEADY: [&str; 8] = [
    "src/gather/guard",
    "src/gather/run.rs",
    "src/gather/ask.rs",
    "src/gather/timing.rs",
    "src/http/gate",
    "src/http/door.rs",
    "src/http/drain.rs",
    "src/graphql/rates.rs",
];

/// The names of the clock that people set.
const WALL: [&str; 4] = ["SystemTime", "UNIX_EPOCH", "OffsetDateTime", "now_ms"];

fn files(path: &Path) -> Vec<PathBuf> {
    if path.is_file() {
        return vec![path.to_owned()];
    }
    let entries = std::fs::read_dir(path).unwrap_or_else(|_| panic!("{} is gone", path.display()));
    entries.flatten().flat_map(|entry| files(&entry.path())).collect()
}

#[test]
fn f32_no_breaker_timeout_or_limit_looks_at_a_clock_that_can_be_set() {
    let root = Path::new(env!("CARGO_MANIFEST_DIR"));
    let files: Vec<PathBuf> = STEADY.iter().flat_map(|path| files(&root.join(path))).collect();
    for file in &files {
        let text = std::fs::read_to_string(file).unwrap();
        let named = WALL.iter().find(|name| text.contains(**name));
        assert_eq!(named, None, "{}", file.display());
    }
    // The other half is arithmetic, beside what it is about.
    let memory = std::fs::read_to_string(root.join("src/gather/cache/memory.rs")).unwrap();
    assert!(memory.contains("fn a_copy_is_never_younger_than_the_steady_clock_says"));
    tell(
        "F32",
        "0 breakers, limits and timeouts by a clock that can be set; no copy past its window",
        format!(
            "{} files that decide such things name no such clock; a copy's age is the greater of both clocks, at +-1 h too",
            files.len()
        ),
    );
}
