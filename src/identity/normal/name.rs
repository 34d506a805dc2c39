//! Names: words without case, accents, punctuation, titles and suffixes.

use std::fmt;

use caregraph_connectors::record::PersonName;

use super::says_nothing;
use super::words::words;

const TITLES: [&str; 16] = [
    "mr",
    "mrs",
    "ms",
    "miss",
    "mx",
    "master",
    "dr",
    "prof",
    "professor",
    "rev",
    "reverend",
    "hon",
    "sir",
    "dame",
    "fr",
    "pastor",
];

/// Suffixes that tell generations of one family apart.
const GENERATIONS: [&str; 8] = ["jr", "sr", "junior", "senior", "ii", "iii", "iv", "v"];

/// Degrees after a name. "Do" and "Pa" are not among them: people bear those names.
const DEGREES: [&str; 11] =
    ["md", "phd", "dds", "dmd", "dvm", "rn", "esq", "cpa", "jd", "mba", "lpn"];

/// Words that stand where a name is missing.
const STAND_INS: [&str; 16] = [
    "baby",
    "babyboy",
    "babygirl",
    "newborn",
    "infant",
    "boy",
    "girl",
    "twin",
    "anonymous",
    "patient",
    "testpatient",
    "noname",
    "nofirstname",
    "nolastname",
    "nfn",
    "nln",
];

/// From this similarity (Jaro–Winkler) on, two words are taken for one with a typing error.
const ALIKE: f64 = 0.92;

/// One name in plain words.
#[derive(Clone, Default, PartialEq, Eq)]
pub(crate) struct Name {
    /// Words of the given names.
    pub given: Vec<String>,
    /// Words of the family name.
    pub family: Vec<String>,
    /// `jr`, `ii` and the like; never part of equality of names, but father and son differ by it.
    pub generation: Option<String>,
}

/// Personal: a debug print shows the type alone.
impl fmt::Debug for Name {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Name")
    }
}

impl Name {
    /// Reads a name; `None` when nothing is left of it.
    pub(crate) fn of(name: &PersonName) -> Option<Self> {
        let mut read = if name.family.is_some() || !name.given.is_empty() {
            Self {
                given: name.given.iter().flat_map(|part| words(part)).collect(),
                family: name.family.iter().flat_map(|part| words(part)).collect(),
                generation: None,
            }
        } else {
            Self::of_text(name.text.as_deref()?)
        };
        read.drop_titles();
        read.drop_suffixes();
        if read.generation.is_none() {
            read.generation =
                name.suffix.iter().flat_map(|part| words(part)).find_map(|word| generation(&word));
        }
        (!read.given.is_empty() || !read.family.is_empty()).then_some(read)
    }

    /// Reads `Family, Given` or `Given Family`; the last word is the family name when no comma says more.
    fn of_text(text: &str) -> Self {
        if let Some((family, given)) = text.split_once(',') {
            let suffix_only = words(given).iter().all(|word| is_suffix(word));
            if !suffix_only {
                return Self { given: words(given), family: words(family), generation: None };
            }
        }
        let mut all = words(text);
        let mut suffixes = Vec::new();
        while all.len() > 1 && all.last().is_some_and(|word| is_suffix(word)) {
            suffixes.extend(all.pop());
        }
        let family = all.pop();
        let family = family.into_iter().chain(suffixes.into_iter().rev()).collect();
        Self { given: all, family, generation: None }
    }

    fn drop_titles(&mut self) {
        while self.given.len() > 1
            && self.given.first().is_some_and(|word| TITLES.contains(&word.as_str()))
        {
            self.given.remove(0);
        }
    }

    fn drop_suffixes(&mut self) {
        for (part, is_given) in [(&mut self.given, true), (&mut self.family, false)] {
            // After given names a V is the initial of a middle name.
            let ends = |word: &String| is_suffix(word) && !(is_given && word == "v");
            while part.len() > 1 && part.last().is_some_and(ends) {
                if let Some(found) = part.pop().and_then(|word| generation(&word)) {
                    self.generation = Some(found);
                }
            }
        }
    }

    /// The form in which two spellings of the same name are equal; `None` when it is no real, whole name.
    pub(crate) fn exact(&self) -> Option<String> {
        let (given, family) = (self.given.concat(), self.family.concat());
        let stand_in = |part: &[String], whole: &str| {
            part.iter().map(String::as_str).chain([whole]).any(is_stand_in)
        };
        if given.is_empty()
            || family.is_empty()
            || stand_in(&self.given, &given)
            || stand_in(&self.family, &family)
        {
            return None;
        }
        let stock_name = (given == "john" || given == "jane") && family == "doe";
        (!stock_name).then(|| format!("{given}|{family}"))
    }

    /// True when both may be names of one person: a given name (or its initial) and a family name in common, but
    /// for typing errors, and not two generations of one family. What one of them leaves out cannot disagree.
    pub(crate) fn agrees_with(&self, other: &Self) -> bool {
        if self.generation != other.generation {
            return false;
        }
        let swapped =
            share_word(&self.given, &other.family) && share_word(&self.family, &other.given);
        swapped
            || (given_agree(&self.given, &other.given) && family_agree(&self.family, &other.family))
    }

    /// All its words, for the search by name.
    pub(crate) fn all_words(&self) -> impl Iterator<Item = &String> {
        self.family.iter().chain(&self.given)
    }
}

/// "Na" stands for "not available" in a number, but is a name where a name is.
fn is_stand_in(word: &str) -> bool {
    STAND_INS.contains(&word) || (says_nothing(word) && word != "na")
}

fn is_suffix(word: &str) -> bool {
    generation(word).is_some() || DEGREES.contains(&word)
}

fn generation(word: &str) -> Option<String> {
    let found = GENERATIONS.iter().find(|known| **known == word)?;
    Some(match *found {
        "junior" => "jr".to_owned(),
        "senior" => "sr".to_owned(),
        other => other.to_owned(),
    })
}

/// True when they have a word in common, or one that is merely mistyped.
fn share_word(a: &[String], b: &[String]) -> bool {
    a.iter().any(|a| b.iter().any(|b| strsim::jaro_winkler(a, b) >= ALIKE))
}

fn given_agree(a: &[String], b: &[String]) -> bool {
    let (Some(first_a), Some(first_b)) = (a.first(), b.first()) else { return true };
    let initial = |short: &str, long: &str| short.chars().count() == 1 && long.starts_with(short);
    share_word(a, b)
        || a.concat() == b.concat()
        || initial(first_a, first_b)
        || initial(first_b, first_a)
}

fn family_agree(a: &[String], b: &[String]) -> bool {
    a.is_empty() || b.is_empty() || share_word(a, b) || a.concat() == b.concat()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn name(given: &[&str], family: &str) -> Name {
        let given = given.iter().map(|&part| part.to_owned()).collect();
        let family = (!family.is_empty()).then(|| family.to_owned());
        Name::of(&PersonName { given, family, ..PersonName::default() }).unwrap()
    }

    fn text(text: &str) -> Name {
        Name::of(&PersonName { text: Some(text.to_owned()), ..PersonName::default() }).unwrap()
    }

    fn exact(given: &[&str], family: &str) -> Option<String> {
        name(given, family).exact()
    }

    #[test]
    fn spellings_of_one_name_are_equal() {
        let plain = exact(&["Ana", "Maria"], "Garcia Lopez");
        for (given, family) in [
            (vec!["ANA MARÍA"], "García-López"),
            (vec!["Ana", "Maria"], "GARCIA LOPEZ"),
            (vec!["Ana-María"], "Garcia\u{2010}Lopez"),
            (vec!["Mrs.", "Ana", "María"], "García López, PhD"),
            (vec!["A\u{301}na", "Maria"], "Garcialopez"),
        ] {
            assert_eq!(exact(&given, family), plain, "{given:?} {family}");
        }
        assert_eq!(exact(&["Seán"], "O’Brien"), exact(&["Sean"], "OBrien"));
        assert_eq!(exact(&["Jürgen"], "Groß"), exact(&["Jurgen"], "Gross"));
        assert_eq!(exact(&["Łukasz"], "Sørensen"), exact(&["Lukasz"], "Sorensen"));
        assert_eq!(text("García López, Ana").exact(), exact(&["Ana"], "Garcia Lopez"));
        assert_eq!(text("Dr. John Smith Jr., MD").exact(), exact(&["John"], "Smith"));
        assert_eq!(text("John Smith III").generation.as_deref(), Some("iii"));
    }

    #[test]
    fn different_names_are_different() {
        assert_ne!(exact(&["Ana"], "Garcia"), exact(&["Ana", "Maria"], "Garcia"));
        assert_ne!(exact(&["Anh", "Do"], "Tran"), exact(&["Anh"], "Tran"));
        assert_ne!(exact(&["Mary", "V"], "Smith"), exact(&["Mary"], "Smith"));
        assert_ne!(exact(&["李"], "王"), exact(&["李"], "張"));
        assert_ne!(exact(&["कमल"], "सिंह"), exact(&["कमला"], "सिंह"));
        assert_eq!(exact(&["Min"], "Na"), Some("min|na".to_owned()));
    }

    #[test]
    fn stand_ins_are_no_names() {
        for (given, family) in [
            ("Baby Boy", "Smith"),
            ("BABYGIRL", "Smith"),
            ("Unknown", "Smith"),
            ("John", "Doe"),
            ("xxx", "Smith"),
            ("Ana", "Test"),
            ("", "Smith"),
            ("Ana", ""),
        ] {
            let name = Name::of(&PersonName {
                given: vec![given.to_owned()],
                family: Some(family.to_owned()),
                ..PersonName::default()
            });
            assert_eq!(name.and_then(|name| name.exact()), None, "{given} {family}");
        }
    }

    #[test]
    fn names_agree_when_they_may_be_of_one_person() {
        let agree = |a: &Name, b: &Name| {
            assert_eq!(a.agrees_with(b), b.agrees_with(a));
            a.agrees_with(b)
        };
        let ana = name(&["Ana", "Maria"], "Garcia Lopez");
        assert!(agree(&ana, &name(&["Ana"], "Garcia")));
        assert!(agree(&ana, &name(&["A."], "Lopez")));
        assert!(agree(&ana, &name(&["Garcia"], "Ana")));
        assert!(agree(&ana, &name(&[], "Garcia")));
        assert!(agree(&ana, &name(&["Anna"], "Gracia")));
        assert!(!agree(&ana, &name(&["Eva"], "Garcia")));
        assert!(!agree(&ana, &name(&["Ana"], "Smith")));
        assert!(!agree(&name(&["John"], "Smith"), &name(&["John"], "Smith Jr")));
    }
}
