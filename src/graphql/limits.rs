//! How much one document may ask.

/// The limits, and what each is for.
#[derive(Clone, Copy, Debug)]
pub struct Limits {
    /// Tokens of the document.
    pub tokens: usize,
    /// How deep selections may nest, fragments included.
    pub depth: u64,
    /// Lists of introspection within lists of introspection, by which a schema is walked in circles.
    pub introspected_lists: u64,
    /// Fields under another name.
    pub aliases: u64,
    /// Fields at the root.
    pub root_fields: u64,
    /// Directives in the document.
    pub directives: u64,
    /// Selections that stand in one set a second time, such as the same field again.
    pub repeats: u64,
    /// Selections after all fragments are put in.
    pub selections: u64,
    /// Objects that an answer may hold, by the page sizes asked for.
    pub cost: u64,
}

impl Default for Limits {
    fn default() -> Self {
        Self {
            tokens: 2_000,
            depth: 18,
            introspected_lists: 2,
            aliases: 30,
            root_fields: 10,
            directives: 20,
            repeats: 50,
            selections: 5_000,
            cost: 50_000,
        }
    }
}
