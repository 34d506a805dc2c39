//! What the proofs share: how large they are, and the line in which each tells what it held.

/// The size of a proof: what the environment says, or the size of everyday.
pub(crate) fn size(variable: &str, everyday: usize) -> usize {
    match std::env::var(variable) {
        Ok(size) => size.parse().unwrap_or_else(|_| panic!("{variable} must be a number")),
        Err(_) => everyday,
    }
}

/// Tells what a proof held, in the form that `scripts/prove` reads.
pub(crate) fn tell(proof: &str, cases: usize, what: &str, failures: usize) {
    println!("proof: {proof} {cases} {what} {failures} failures");
}
