//! The committed matrix: who may see which field.

use std::collections::{BTreeMap, BTreeSet};

use crate::sdl::Sdl;

/// `access-matrix.txt`, read as a person reads it.
pub(crate) struct Matrix {
    /// `Type.field` and role to the sign in the cell.
    cells: BTreeMap<(String, String), String>,
}

impl Matrix {
    /// Reads the committed file.
    pub(crate) fn committed() -> Self {
        Self::of(include_str!("../../access-matrix.txt"))
    }

    fn of(text: &str) -> Self {
        let lines = text.lines().filter(|line| !line.is_empty() && !line.starts_with('#'));
        let mut lines = lines.skip_while(|line| !line.starts_with("field "));
        let head: Vec<&str> = lines.next().expect("a head").split_whitespace().skip(2).collect();
        let mut cells = BTreeMap::new();
        for line in lines {
            let mut words = line.split_whitespace();
            let field = words.next().expect("a field");
            let signs: Vec<&str> = words.skip(1).collect();
            assert_eq!(signs.len(), head.len(), "{line}");
            for (role, sign) in head.iter().zip(signs) {
                cells.insert((field.to_owned(), (*role).to_owned()), sign.to_owned());
            }
        }
        Self { cells }
    }

    /// True when the role sees the field of whatever it sees the holder of.
    pub(crate) fn shows(&self, role: &str, of: &str, field: &str) -> bool {
        match self.cells.get(&(format!("{of}.{field}"), role.to_owned())).map(String::as_str) {
            Some("F" | "=") => true,
            Some("-" | "C" | "CO") => false,
            other => panic!("{of}.{field} of {role} is {other:?}"),
        }
    }

    /// The redactions that a selection of everything of a type must bring: the topmost hidden fields.
    pub(crate) fn redactions(
        &self,
        sdl: &Sdl,
        role: &str,
        of: &str,
        path: &str,
    ) -> BTreeSet<String> {
        let mut found = BTreeSet::new();
        self.walk(sdl, role, (of, path), &mut Vec::new(), &mut found);
        found
    }

    fn walk<'a>(
        &self,
        sdl: &'a Sdl,
        role: &str,
        (of, path): (&'a str, &str),
        open: &mut Vec<&'a str>,
        found: &mut BTreeSet<String>,
    ) {
        open.push(of);
        for member in sdl.members(of) {
            self.walk(sdl, role, (&member.name, path), open, found);
        }
        let fields: Vec<_> = sdl.selected(of, open).collect();
        for field in fields {
            let path = format!("{path}.{}", field.name);
            if self.shows(role, of, &field.name) {
                self.walk(sdl, role, (field.type_name(), &path), open, found);
            } else {
                found.insert(path);
            }
        }
        open.pop();
    }
}
