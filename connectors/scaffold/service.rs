//! Community services: the fields of a directory.

use super::block::Entry;
use super::fact::entry;
use super::leaf::{Leaf, Leaves};
use super::targets::SERVICE;
use super::toml_text::{list, quoted, table};

const PLACE: [(&str, &[&str]); 6] = [
    ("name", &["locationname", "location/name"]),
    (
        "address",
        &[
            "street",
            "address",
            "streetaddress",
            "address1",
            "addressline1",
            "strasse",
            "direccion",
            "location/address",
        ],
    ),
    ("city", &["city", "town", "ort", "stadt", "ciudad"]),
    ("postalCode", &["zip", "zipcode", "postalcode", "postcode", "plz", "codigopostal"]),
    ("latitude", &["lat", "latitude", "latitud", "breite"]),
    ("longitude", &["lon", "lng", "long", "longitude", "longitud", "lange"]),
];

/// The fields of a service.
pub(super) fn fields(leaves: &Leaves) -> Vec<Entry> {
    let place = place(leaves);
    let mut entries: Vec<Entry> =
        SERVICE.iter().filter_map(|target| entry("ServiceRecord", target, leaves)).collect();
    entries.extend(place);
    for (name, question) in [
        ("name", "which field holds the name of the service?"),
        ("id", "which field tells one service from all others?"),
    ] {
        if !entries.iter().any(|it| it.key == name) {
            entries.insert(0, Entry::open(name, question));
        }
    }
    entries
}

/// How surely a list of fields is that of services.
pub(super) fn likeness(leaves: &Leaves) -> usize {
    let of_services = [
        "openinghours",
        "hours",
        "eligibility",
        "servicename",
        "sitename",
        "whomaycome",
        "lat",
        "latitude",
        "website",
        "agency",
        "program",
        "horario",
        "offnungszeiten",
        "languages",
        "kind",
    ];
    leaves.all.iter().filter(|leaf| of_services.contains(&leaf.name.as_str())).count()
}

fn place(leaves: &Leaves) -> Option<Entry> {
    let is_usable = |field: &str, leaf: &Leaf| {
        let is_number = !matches!(field, "latitude" | "longitude")
            || leaf.facts.values.iter().all(|it| it.parse::<f64>().is_ok());
        leaf.each.is_none() && is_number
    };
    let mut parts = Vec::new();
    for (field, names) in PLACE {
        if let Some((leaf, _)) = leaves.named_if(names, |leaf| is_usable(field, leaf)) {
            parts.push((field, quoted(leaf.read())));
        }
    }
    (!parts.is_empty()).then(|| Entry::of("locations", list(&[table(parts)])))
}
