//! Where people live: an invented county.

use crate::dice::Dice;

/// A postal address inside the county.
#[derive(Clone, Copy, PartialEq, Eq)]
pub(crate) struct Address {
    number: u16,
    street: &'static str,
    ending: &'static str,
    apartment: Option<u8>,
    pub(crate) town: &'static str,
    pub(crate) zip: &'static str,
}

impl Address {
    pub(crate) fn throw(dice: &mut Dice) -> Self {
        let (town, zip) = dice.pick(&TOWNS);
        Self {
            number: u16::try_from(dice.between(1, 1999)).expect("house numbers are small"),
            street: dice.pick(&STREETS),
            ending: dice.pick(&["St", "Ave", "Rd", "Ln", "Dr", "Ct"]),
            apartment: dice.percent(25).then(|| u8::try_from(dice.between(1, 90)).expect("small")),
            town,
            zip,
        }
    }

    /// `12 Maple St Apt 4`
    pub(crate) fn line(&self) -> String {
        let street = format!("{} {} {}", self.number, self.street, self.ending);
        match self.apartment {
            Some(apartment) => format!("{street} Apt {apartment}"),
            None => street,
        }
    }
}

/// The state that the county lies in.
pub(crate) const STATE: &str = "MA";

/// Towns and their postal codes.
pub(crate) const TOWNS: [(&str, &str); 14] = [
    ("Riverton", "01390"),
    ("Millbrook", "01391"),
    ("Ashby Falls", "01392"),
    ("Cedar Point", "01393"),
    ("Dunmore", "01394"),
    ("East Harrow", "01395"),
    ("Fairhope", "01396"),
    ("Glenwick", "01397"),
    ("Harrow", "01398"),
    ("Larkfield", "01399"),
    ("Northgate", "01380"),
    ("Pinecrest", "01381"),
    ("Stonebridge", "01382"),
    ("Westmere", "01383"),
];

const STREETS: [&str; 48] = [
    "Maple",
    "Oak",
    "Elm",
    "Cedar",
    "Pine",
    "Birch",
    "Walnut",
    "Chestnut",
    "Willow",
    "Spruce",
    "Main",
    "High",
    "Mill",
    "River",
    "Lake",
    "Hill",
    "Church",
    "School",
    "Park",
    "Spring",
    "Union",
    "Center",
    "Pleasant",
    "Summer",
    "Winter",
    "Prospect",
    "Highland",
    "Grove",
    "Meadow",
    "Orchard",
    "Bridge",
    "Canal",
    "Depot",
    "Ferry",
    "Quarry",
    "Harbor",
    "Sunset",
    "Valley",
    "Ridge",
    "Forest",
    "Granite",
    "Liberty",
    "Franklin",
    "Lincoln",
    "Jefferson",
    "Madison",
    "Adams",
    "Monroe",
];
