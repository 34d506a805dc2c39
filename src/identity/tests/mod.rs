//! The rules of linking and the index that keeps them, from roster entries to answers.
