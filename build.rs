//! Tells cargo when the built pages have changed. It builds nothing: that is what `scripts/pages` does.

use std::path::Path;

fn main() {
    // A folder that is missing would make cargo build anew every time; `scripts/pages` touches the file that is
    // watched in its place.
    let watched = if Path::new("web/dist").exists() { "web/dist" } else { "web/build.mjs" };
    println!("cargo::rerun-if-changed={watched}");
}
