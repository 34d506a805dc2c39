//! Numbers this version of the crate by its own text, so that nobody has to remember to.

use std::fs;
use std::io;
use std::path::{Path, PathBuf};

/// What maps no record.
const APART: [&str; 5] = ["benches", "fixtures", "scaffold", "testkit", "tests"];

fn main() -> io::Result<()> {
    let mut files = Vec::new();
    collect(Path::new("."), &mut files)?;
    files.sort();
    let mut number = FNV_OFFSET;
    for file in files {
        println!("cargo::rerun-if-changed={}", file.display());
        number = hashed(number, file.to_string_lossy().as_bytes());
        number = hashed(number, &fs::read(&file)?);
    }
    println!("cargo::rustc-env=CAREGRAPH_MODEL={number}");
    Ok(())
}

/// Every folder too, since a file may come or go.
fn collect(folder: &Path, files: &mut Vec<PathBuf>) -> io::Result<()> {
    println!("cargo::rerun-if-changed={}", folder.display());
    for entry in fs::read_dir(folder)? {
        let path = entry?.path();
        let name = path.file_name().unwrap_or_default().to_string_lossy();
        if path.is_dir() {
            if !APART.contains(&name.as_ref()) && name != "target" {
                collect(&path, files)?;
            }
        } else if path.extension().is_some_and(|ending| ending == "rs") {
            files.push(path);
        }
    }
    Ok(())
}

// FNV-1a: there is nobody to withstand here, and `std` promises no hash that stays the same.
const FNV_OFFSET: u64 = 0xcbf2_9ce4_8422_2325;
const FNV_PRIME: u64 = 0x0000_0100_0000_01b3;

fn hashed(hash: u64, bytes: &[u8]) -> u64 {
    bytes.iter().fold(hash, |hash, byte| (hash ^ u64::from(*byte)).wrapping_mul(FNV_PRIME))
}
