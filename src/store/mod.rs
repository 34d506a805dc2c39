//! What we must remember ourselves.
