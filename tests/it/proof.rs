//! What the proofs share: how large they are, and the lines in which each tells what it held.

/// The size of a proof: what the environment says, or the size of everyday.
#[expect(clippy::disallowed_methods, reason = "a proof has no configuration that could say it")]
pub(crate) fn size(variable: &str, everyday: usize) -> usize {
    match std::env::var(variable) {
        Ok(size) => size.parse().unwrap_or_else(|_| panic!("{variable} must be a number")),
        Err(_) => everyday,
    }
}

/// Tells what a proof held, in the form that `scripts/prove` reads.
pub(crate) fn tell(proof: &str, cases: usize, what: &str, failures: usize) {
    remark(&format!("proof: {proof} {cases} {what} {failures} failures"));
}

/// Says something more about a proof.
#[expect(clippy::print_stdout, reason = "whoever runs a proof wants its numbers")]
pub(crate) fn remark(text: &str) {
    println!("{text}");
}
