//! A search for marks in whatever form somebody may have written them down.

use std::path::{Path, PathBuf};

use base64::Engine as _;
use base64::engine::general_purpose::{STANDARD, URL_SAFE};

/// Something unmistakable, and what it stands for.
#[derive(Clone, Debug)]
pub(crate) struct Mark {
    pub(crate) what: &'static str,
    pub(crate) text: String,
}

impl Mark {
    /// Every form in which it may stand somewhere.
    fn forms(&self) -> Vec<(&'static str, Vec<u8>)> {
        let bytes = self.text.as_bytes();
        let hex: String = bytes.iter().map(|byte| format!("{byte:02x}")).collect();
        let percent: String = bytes.iter().map(|byte| format!("%{byte:02x}")).collect();
        let mut forms = vec![
            ("plain", bytes.to_vec()),
            ("reversed", bytes.iter().rev().copied().collect()),
            ("in other letters", self.text.to_uppercase().into_bytes()),
            ("in small letters", self.text.to_lowercase().into_bytes()),
            ("hexadecimal", hex.clone().into_bytes()),
            ("HEXADECIMAL", hex.to_uppercase().into_bytes()),
            ("percent-encoded", percent.clone().into_bytes()),
            ("PERCENT-ENCODED", percent.to_uppercase().into_bytes()),
        ];
        for engine in [STANDARD, URL_SAFE] {
            forms.extend((0..3).map(|offset| ("base64", within_base64(&engine, bytes, offset))));
        }
        forms
    }
}

/// What the bytes look like in the middle of something encoded, after so many other bytes.
fn within_base64(engine: &impl base64::Engine, bytes: &[u8], offset: usize) -> Vec<u8> {
    let padded = [&[0; 2][..offset], bytes].concat();
    let encoded = engine.encode(&padded);
    // The first and the last letter may hold bits of what stands beside it.
    let (first, end) = ((offset * 8).div_ceil(6), padded.len() * 8 / 6);
    encoded.as_bytes()[first..end].to_vec()
}

/// What was found: which mark, in which form, where.
#[derive(Debug, PartialEq, Eq)]
pub(crate) struct Finding {
    pub(crate) what: &'static str,
    pub(crate) form: &'static str,
    pub(crate) place: String,
}

/// Looks for the marks in one text.
pub(crate) fn in_bytes(place: &str, bytes: &[u8], marks: &[Mark]) -> Vec<Finding> {
    let mut found = Vec::new();
    for mark in marks {
        for (form, wanted) in mark.forms() {
            if bytes.windows(wanted.len()).any(|window| window == wanted) {
                found.push(Finding { what: mark.what, form, place: place.to_owned() });
            }
        }
    }
    found
}

/// Every file below a folder.
pub(crate) fn files(folder: &Path) -> Vec<PathBuf> {
    let mut found = Vec::new();
    for entry in std::fs::read_dir(folder).into_iter().flatten().flatten() {
        let path = entry.path();
        if path.is_dir() { found.extend(files(&path)) } else { found.push(path) }
    }
    found
}

#[test]
fn a_planted_mark_is_found_in_every_form() {
    let mark = Mark { what: "a name", text: "Zx81kanari77Quex".to_owned() };
    let marks = [mark.clone()];
    for (form, bytes) in mark.forms() {
        let text = [b"something before ", &bytes[..], b" and behind"].concat();
        let found = in_bytes("here", &text, &marks);
        assert!(found.iter().any(|finding| finding.form == form), "{form}: {found:?}");
    }
    for offset in 0..5 {
        let text =
            STANDARD.encode([&b"before"[..offset], mark.text.as_bytes(), b"behind"].concat());
        assert!(!in_bytes("here", text.as_bytes(), &marks).is_empty(), "after {offset} bytes");
    }
    assert_eq!(in_bytes("here", b"something else altogether", &marks), []);
}
