//! Which format a sample has, and its tree.

use csv::ReaderBuilder;

use super::Refused;
use super::toml_text::quoted;
use super::tree::{BYTES, Budget, TOO_MANY, Tree, read_json};
use super::xml;

/// How a sample is written.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) enum Format {
    Json,
    /// A value a line.
    Lines,
    Csv(char),
    /// With the elements that are lists.
    Xml(Vec<String>),
}

/// The signs that may stand between the cells of a table.
const DELIMITERS: [char; 4] = [',', ';', '|', '\t'];

impl Format {
    /// What a manifest says of it; nothing for what holds without a word.
    pub(super) fn rule(&self) -> Option<String> {
        match self {
            Self::Json => None,
            Self::Lines => Some(quoted("ndjson")),
            Self::Csv(',') => Some(quoted("csv")),
            Self::Csv('\t') => Some("{ csv = { delimiter = \"tab\" } }".to_owned()),
            Self::Csv(sign) => Some(format!("{{ csv = {{ delimiter = \"{sign}\" }} }}")),
            Self::Xml(lists) => {
                let lists: Vec<String> = lists.iter().map(|list| quoted(list)).collect();
                Some(format!("{{ xml = {{ lists = [{}] }} }}", lists.join(", ")))
            }
        }
    }
}

/// Reads a sample.
pub(super) fn read(text: &str) -> Result<(Tree, Format), Refused> {
    let text = text.trim_start_matches('\u{feff}').trim();
    if text.len() > BYTES {
        return Err(Refused("is larger than 8 MiB; some hundred items are enough".to_owned()));
    }
    match text.chars().next() {
        None => Err(Refused("is empty".to_owned())),
        Some('<') => xml::read(text).map(|(tree, lists)| (tree, Format::Xml(lists))),
        Some('{' | '[') => match read_json(text, &Budget::new()) {
            Ok(tree) => Ok((tree, Format::Json)),
            // Where each line is a value of its own, the second of them ends what one would read as JSON.
            Err(error) => lines(text).map(|tree| (tree, Format::Lines)).ok_or(error),
        },
        Some(_) => table(text),
    }
}

fn lines(text: &str) -> Option<Tree> {
    let budget = Budget::new();
    let each = text.lines().filter(|line| !line.trim().is_empty());
    let values: Option<Vec<Tree>> = each.map(|line| read_json(line, &budget).ok()).collect();
    values.filter(|values| values.len() > 1).map(Tree::List)
}

/// Reads a table with the delimiter by which most rows are as long as the first, which must be longer than one cell.
fn table(text: &str) -> Result<(Tree, Format), Refused> {
    let mut best: Option<(usize, char, Vec<Vec<String>>)> = None;
    for sign in DELIMITERS {
        let Some(rows) = rows(text, sign) else { continue };
        let width = rows.first().map_or(0, Vec::len);
        let fitting = rows.iter().filter(|row| row.len() == width).count();
        let is_table = width > 1 && fitting * 2 > rows.len();
        let worth = width * fitting;
        if is_table && best.as_ref().is_none_or(|(known, ..)| worth > *known) {
            best = Some((worth, sign, rows));
        }
    }
    let Some((_, sign, rows)) = best else {
        return Err(Refused("is neither JSON, NDJSON, CSV nor XML".to_owned()));
    };
    let mut rows = rows.into_iter();
    let columns = rows.next().unwrap_or_default();
    if !columns.iter().all(|name| is_column(name))
        || columns
            .iter()
            .enumerate()
            .any(|(at, it)| columns.iter().take(at).any(|known| known == it))
    {
        let why = "has a first row that does not name its columns, each by one name; write such a row on top (a manifest has them in format = { csv = { columns = [ … ] } })";
        return Err(Refused(why.to_owned()));
    }
    let rows = rows.filter(|row| row.len() == columns.len());
    let budget = Budget::new();
    let mut items = Vec::new();
    for row in rows {
        for _ in &row {
            budget.take().ok_or_else(|| Refused(TOO_MANY.to_owned()))?;
        }
        items.push(Tree::Fields(
            columns.iter().cloned().zip(row.into_iter().map(Tree::Text)).collect(),
        ));
    }
    Ok((Tree::List(items), Format::Csv(sign)))
}

fn rows(text: &str, sign: char) -> Option<Vec<Vec<String>>> {
    let mut reader = ReaderBuilder::new()
        .delimiter(u8::try_from(sign).ok()?)
        .has_headers(false)
        .flexible(true)
        .from_reader(text.as_bytes());
    let rows = reader.records().take(20_000);
    rows.map(|row| Some(row.ok()?.iter().map(|cell| cell.trim().to_owned()).collect())).collect()
}

/// True for what may be the name of a column, and is no value: a row of values must not get into a manifest.
fn is_column(name: &str) -> bool {
    let digits = name.chars().filter(char::is_ascii_digit).count();
    !name.is_empty()
        && name.chars().count() <= 48
        && name.chars().any(char::is_alphabetic)
        && digits * 2 < name.chars().count()
        && !name.contains(['@', '<', '{'])
}
