//! What is wrong with something that a person wrote: where it stands, why it is wrong, and what to do about it.

use std::fmt;

/// How alike two names must be for one to be taken for a slip of the other.
const ALIKE: f64 = 0.75;

/// The same for names that others gave, and which may be meant as they are.
pub(crate) const ALIKE_KEYS: f64 = 0.85;

/// One thing that is wrong.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Mistake {
    /// The path of the setting within what was written, such as `fetch[1].fields.status`; empty for all of it. Lists count
    /// from one.
    pub path: String,
    /// What is wrong.
    pub why: String,
    /// What to do; empty when that goes without saying.
    pub remedy: String,
}

/// One sentence, safe to print: it repeats what was written and nothing that a source said.
impl fmt::Display for Mistake {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        if !self.path.is_empty() {
            write!(f, "{}: ", self.path)?;
        }
        f.write_str(&self.why)?;
        if self.remedy.is_empty() { Ok(()) } else { write!(f, "; {}", self.remedy) }
    }
}

/// The known name that an unknown one was probably meant to be.
pub fn nearest<'k>(unknown: &str, known: impl IntoIterator<Item = &'k str>) -> Option<&'k str> {
    nearest_by(unknown, known, ALIKE)
}

/// The same, where names must be that much alike.
pub(crate) fn nearest_by<'k>(
    unknown: &str,
    known: impl IntoIterator<Item = &'k str>,
    least: f64,
) -> Option<&'k str> {
    let likeness = |name: &str| {
        let folded = |text: &str| text.to_lowercase().replace(['_', ' '], "-");
        strsim::jaro_winkler(&folded(unknown), &folded(name))
    };
    let best = known.into_iter().max_by(|a, b| likeness(a).total_cmp(&likeness(b)))?;
    (likeness(best) >= least).then_some(best)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_mistake_is_one_sentence() {
        let mistake = |path: &str, remedy: &str| Mistake {
            path: path.into(),
            why: "it is wrong".into(),
            remedy: remedy.into(),
        };
        assert_eq!(mistake("a[1].b", "mend it").to_string(), "a[1].b: it is wrong; mend it");
        assert_eq!(mistake("", "").to_string(), "it is wrong");
    }

    #[test]
    fn slips_are_recognised_whatever_their_case() {
        let known = ["completed", "in-progress", "stopped"];
        assert_eq!(nearest("Completed", known), Some("completed"));
        assert_eq!(nearest("in_progress", known), Some("in-progress"));
        assert_eq!(nearest("zz", known), None);
    }
}
