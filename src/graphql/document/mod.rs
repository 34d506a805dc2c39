//! Reads the text of a document: GraphQL specification (September 2025) §2, executable definitions alone.
//!
//! Our own reader, since the library's takes what the specification refuses (`queryA {…}`, `f()`), refuses what it
//! allows (`$a: Int = 1 @d`), and repeats what it read in its errors. This one stops at the first token or level too
//! many, works in time linear to the text, and its errors hold no word of the document.

mod lexer;
mod parser;
mod text;
mod value;

#[cfg(test)]
mod tests;

pub(super) use parser::parse;
