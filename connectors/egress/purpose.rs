//! For what is asked: it goes to sources that keep a log of their own, with the question and not in it.

tokio::task_local! {
    /// The purpose of use of what is asked for by this task.
    static PURPOSE: Option<&'static str>;
}

/// Does something whose questions are asked for this purpose, an HL7 code; for none, when nobody waits for the answer.
pub fn purposed<T, W: Future<Output = T>>(
    purpose: Option<&'static str>,
    work: W,
) -> impl Future<Output = T> + use<T, W> {
    PURPOSE.scope(purpose, work)
}

/// For what this task asks, as far as it was told.
pub fn purpose() -> Option<&'static str> {
    PURPOSE.try_with(|purpose| *purpose).ok().flatten()
}
