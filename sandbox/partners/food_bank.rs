//! A food bank that puts a table of its sites on the web. There are no patients in it, and anybody may read it.

use std::fmt::Write as _;

use axum::{
    Router, body::Bytes, extract::State, http::StatusCode, response::Response, routing::get,
};
use time::Date;

use crate::{day, dice::Dice, front, person::places::Address};

pub(crate) const MEDIA_TYPE: &str = "text/csv";
const FILE: &str = "sites.csv";
const SITES: i64 = 24;

const HEAD: &str = "Site ID;Site Name;Kind;Open;Street;City;ZIP;Lat;Lon;Phone;Languages;Hours;Who May Come;Bring;Checked;Notes";
const NAMES: [&str; 8] = [
    "North Hall",
    "Old Mill",
    "Grange",
    "St. Brigid",
    "Union Hall",
    "Depot",
    "Canal House",
    "Grove",
];
const HOURS: [&str; 4] =
    ["Mo 9-12 | Th 14-18", "Tu 10-13", "We 16-19 | Sa 9-11", "Mo 9-12 | We 9-12 | Fr 9-12"];
const NOTES: [&str; 4] = [
    "",
    "Enter by the \"blue\" door",
    "Carts stay inside; bring bags",
    "Fresh produce on the first visit of a month",
];

/// The table, written when the system starts.
pub(crate) struct FoodBank(Bytes);

impl FoodBank {
    pub(crate) fn new(today: Date) -> Self {
        let mut table = format!("{HEAD}\r\n");
        for place in 1..=SITES {
            let _ = write!(table, "{}\r\n", row(place, today));
        }
        Self(Bytes::from(table))
    }

    /// The names that may follow the base address, for counting.
    pub(crate) fn names() -> Vec<&'static str> {
        vec![FILE]
    }

    pub(crate) fn router(self) -> Router {
        Router::new().route(&format!("/open-data/{FILE}"), get(table)).with_state(self.0)
    }
}

async fn table(State(table): State<Bytes>) -> Response {
    front::answer(StatusCode::OK, MEDIA_TYPE, table)
}

fn row(place: i64, today: Date) -> String {
    let mut dice = Dice::new(&[2028]).fork("harvest").fork_at(place.unsigned_abs());
    let address = Address::throw(&mut dice);
    let kind = if place == SITES { "M" } else { dice.pick(&["P", "P", "P", "K"]) };
    let moves = kind == "M";
    let name = if moves {
        "Harvest on Wheels".to_owned()
    } else {
        format!("{} {}", dice.pick(&NAMES), address.town)
    };
    let open = dice.pick(&["Yes", "Yes", "Yes", "Yes", "Seasonal", "No"]);
    let (north, west) = (dice.between(42_250, 42_750), dice.between(72_250, 72_750));
    let checked = day::days_after(today, -dice.between(5, 300));
    let or_empty = |text: String| if moves { String::new() } else { text };
    let cells = [
        format!("H-{place}"),
        name,
        kind.to_owned(),
        open.to_owned(),
        or_empty(address.line()),
        address.town.to_owned(),
        or_empty(address.zip.to_owned()),
        or_empty(format!("{}.{:03}", north / 1000, north % 1000)),
        or_empty(format!("-{}.{:03}", west / 1000, west % 1000)),
        format!("555 {:03} {:04}", dice.between(200, 999), dice.between(0, 9999)),
        dice.pick(&["English, Spanish", "English", "English, Portuguese"]).to_owned(),
        dice.pick(&HOURS).to_owned(),
        dice.pick(&["Everybody", "Residents of River County", "Families with children"]).to_owned(),
        dice.pick(&["-", "ID", "Proof of address", "nothing"]).to_owned(),
        format!("{}/{}/{}", checked.month() as u8, checked.day(), checked.year()),
        dice.pick(&NOTES).to_owned(),
    ];
    cells.map(|cell| quoted(&cell)).join(";")
}

/// A cell, in quotes where it must be.
fn quoted(cell: &str) -> String {
    if cell.contains([';', '"', '\n']) {
        format!("\"{}\"", cell.replace('"', "\"\""))
    } else {
        cell.to_owned()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn cells_that_need_them_stand_in_quotes() {
        assert_eq!(quoted("plain"), "plain");
        assert_eq!(quoted("a \"b\"; c"), "\"a \"\"b\"\"; c\"");
    }

    #[test]
    fn the_table_has_a_row_a_site() {
        let FoodBank(table) = FoodBank::new(day::REFERENCE_DAY);
        let table = std::str::from_utf8(&table).unwrap();
        assert_eq!(table.lines().count(), 25);
        assert!(table.lines().last().unwrap().starts_with("H-24;Harvest on Wheels;M;"));
    }
}
