//! The shipped manifests before recorded answers of their partners.

use std::path::Path;
use std::sync::Arc;
use std::time::Duration;

use caregraph_connectors::egress::{Credentials, Egress};
use caregraph_connectors::record::{Fact, FuzzyDate, Record, Section};
use caregraph_connectors::testkit::{HttpAnswer, HttpRequest, Play, Server};
use caregraph_connectors::{
    Ask, Connector, Io, LocalId, Problem, RosterCursor, Share, manifest, mapped,
};
use tokio::time::Instant;
use url::Url;

pub(crate) fn fixture(name: &str) -> Vec<u8> {
    let path = Path::new(env!("CARGO_MANIFEST_DIR")).join("fixtures/mapped").join(name);
    std::fs::read(&path).unwrap_or_else(|error| panic!("{}: {error}", path.display()))
}

/// The kind's own part of a manifest.
pub(crate) fn settings(text: &str) -> toml::Table {
    let mut table = manifest::read(text).unwrap();
    table.retain(|key, _| mapped::KIND.settings.contains(&key));
    table
}

pub(crate) fn example(name: &str) -> toml::Table {
    let path = Path::new(env!("CARGO_MANIFEST_DIR")).join("examples").join(name);
    settings(&std::fs::read_to_string(path).unwrap())
}

/// Does something with a connector before a server that answers as it is told.
pub(crate) async fn with<T>(
    settings: toml::Table,
    script: impl Fn(&HttpRequest) -> HttpAnswer,
    work: impl AsyncFnOnce(Arc<dyn Connector>) -> T,
) -> T {
    let server = Server::bind().await.unwrap();
    let io = Io {
        base_url: Url::parse(&format!("{}/v2", server.origin())).unwrap(),
        credentials: Credentials::None,
        timeout: Duration::from_secs(5),
        egress: Egress::new().unwrap(),
    };
    let connector = (mapped::KIND.build)(settings, io).unwrap_or_else(|error| panic!("{error}"));
    tokio::select! {
        never = server.serve(|request| Play::Answer(script(request))) => match never {},
        done = work(connector) => done,
    }
}

pub(crate) async fn ask(connector: &dyn Connector, section: Section, patient: &str) -> Share {
    let patients = [LocalId::new(patient)];
    let deadline = Instant::now() + Duration::from_secs(5);
    let ask = Ask { patients: &patients, section, deadline, since: None };
    connector.fetch(ask).await.remove(&patients[0]).unwrap()
}

fn greenleaf(request: &HttpRequest) -> HttpAnswer {
    let name = match request.path.as_str() {
        "/v2/members" => "greenleaf-members.json",
        "/v2/members/GL-00017" => "greenleaf-member.json",
        "/v2/members/GL-00017/fills" => "greenleaf-fills.json",
        "/v2/members/GL-00017/prescriptions" => "greenleaf-prescriptions.json",
        "/v2/members/GL-00017/allergies" => "greenleaf-allergies.json",
        _ => return HttpAnswer::of("application/json", "{\"result\": \"NONE\"}").status(404),
    };
    HttpAnswer::of("application/json", fixture(name))
}

fn date(text: &str) -> Option<FuzzyDate> {
    let date = FuzzyDate::parse(text);
    assert!(date.is_some(), "{text}");
    date
}

fn named<'r>(share: &'r Share, reference: &str) -> &'r Record {
    let found = share.records.iter().find(|record| record.reference == reference);
    found.unwrap_or_else(|| panic!("{reference} is missing"))
}

#[tokio::test]
async fn the_pharmacy_tells_what_it_handed_out_and_what_was_prescribed() {
    let share = with(example("greenleaf-pharmacy.toml"), greenleaf, async |it| {
        ask(&*it, Section::Medications, "GL-00017").await
    });
    let share = share.await;
    let references: Vec<&str> = share.records.iter().map(|it| it.reference.as_str()).collect();
    assert_eq!(references, ["fill/700123-0", "fill/700123-1", "order/700123"]);
    // One status that nobody knows, and one fill of somebody else, which is the graver of the two.
    assert_eq!((share.withdrawn, &share.problem), (1, &Some(Problem::WrongPatient(1))));
    let first = named(&share, "fill/700123-0");
    assert_eq!(first.updated, date("2026-03-04T17:05:00Z"));
    assert_eq!(first.identifiers[0].value, "700123");
    let Fact::Fill(fill) = &first.fact else { panic!("{first:?}") };
    assert_eq!(fill.status.as_deref(), Some("completed"));
    assert_eq!(fill.dispensed, date("2026-03-04"));
    let drug = fill.medication.drug.as_ref().unwrap();
    assert_eq!(drug.code_in("http://hl7.org/fhir/sid/ndc"), Some("00093104801"));
    assert_eq!(fill.quantity.as_ref().unwrap().value.as_deref(), Some("60.0"));
    assert_eq!(fill.days_supply.as_ref().unwrap().code.as_deref(), Some("d"));
    assert_eq!(fill.pharmacy.as_deref(), Some("Greenleaf Main Street, Springfield"));
    let Fact::Fill(second) = &named(&share, "fill/700123-1").fact else { panic!("no fill") };
    assert_eq!(second.quantity.as_ref().unwrap().value.as_deref(), Some("1.50e1"));
    // A unit alone is no supply for any number of days.
    assert!(second.days_supply.is_none() && second.dispensed.is_none() && second.dosage.is_empty());
    let Fact::Order(order) = &named(&share, "order/700123").fact else { panic!("no order") };
    assert_eq!(order.prescriber.as_deref(), Some("Pat Doctor"));
    assert_eq!(order.reasons.len(), 2);
    assert_eq!(order.dosage[0].as_needed, Some(false));
}

#[tokio::test]
async fn the_pharmacy_tells_allergies_and_who_has_none_on_record() {
    with(example("greenleaf-pharmacy.toml"), greenleaf, async |it| {
        assert_eq!(it.offers(), [Section::Demographics, Section::Allergies, Section::Medications]);
        let share = ask(&*it, Section::Allergies, "GL-00017").await;
        assert_eq!((share.records.len(), share.problem), (2, None));
        let Fact::Allergy(allergy) = &share.records[0].fact else { panic!("no allergy") };
        assert_eq!(allergy.substance.as_ref().unwrap().words(), Some("Penicillin"));
        let reactions: Vec<_> = allergy.reactions.iter().filter_map(|it| it.words()).collect();
        assert_eq!(reactions, ["hives", "swelling"]);
        assert_eq!(allergy.onset, date("1999-05"));
        let Fact::Allergy(other) = &share.records[1].fact else { panic!("no allergy") };
        assert_eq!(other.criticality.as_deref(), Some("unable-to-assess"));
        let nobody = ask(&*it, Section::Allergies, "GL-00099").await;
        assert_eq!((nobody.records.len(), nobody.problem), (0, None));
        // What cannot be a part of a path is not asked for.
        let odd = ask(&*it, Section::Allergies, "../GL-00017").await;
        assert_eq!((odd.records.len(), odd.problem), (0, Some(Problem::Garbled)));
    })
    .await;
}

#[tokio::test]
async fn the_pharmacy_says_who_its_members_are() {
    with(example("greenleaf-pharmacy.toml"), greenleaf, async |it| {
        let deadline = Instant::now() + Duration::from_secs(5);
        let page = it.roster(&RosterCursor::Start, deadline).await.unwrap();
        assert_eq!((page.total, page.next, page.unreadable), (Some(3), None, 1));
        let [ada, ben] = page.people.as_slice() else { panic!("{:?}", page.people) };
        assert_eq!((ada.id.as_str(), ada.active), ("GL-00017", true));
        assert_eq!(ada.person.names[0].display().as_deref(), Some("Ada Example"));
        assert_eq!(ada.person.birth_date, date("1970-01-31"));
        assert_eq!(ada.person.telecom.len(), 1, "an empty address is none");
        assert_eq!(ada.person.addresses[0].postal_code.as_deref(), Some("97477"));
        assert!(!ben.active);
        assert_eq!(ben.person.sex.as_deref(), Some("unknown"));
        assert!(ben.person.addresses.is_empty());
        let elsewhere = RosterCursor::Page("{\"url\": \"http://127.0.0.2/v2/members\"}".to_owned());
        assert!(it.roster(&elsewhere, deadline).await.is_err());
        let share = ask(&*it, Section::Demographics, "GL-00017").await;
        let Fact::Person(person) = &share.records[0].fact else { panic!("no person") };
        assert_eq!((person.names.as_slice(), share.problem), (ada.person.names.as_slice(), None));
    })
    .await;
}

#[tokio::test]
async fn the_food_bank_is_a_directory() {
    let script = |request: &HttpRequest| {
        assert_eq!(request.path, "/v2/sites.csv");
        HttpAnswer::of("text/csv", fixture("harvest-sites.csv"))
    };
    with(example("harvest-food-bank.toml"), script, async |it| {
        assert_eq!(it.offers(), [Section::Services]);
        assert!(!it.has_roster());
        let directory = it.directory().unwrap();
        directory.refresh().await.unwrap();
        let catalogue = directory.catalogue();
        // One with a word for open that nobody knows, and one row that is cut off.
        assert_eq!((catalogue.services().len(), catalogue.unreadable()), (2, 2));
        assert_eq!(catalogue.problem(), Some(&Problem::Unreadable(2)));
        let hall = catalogue.service("H-1").unwrap();
        assert_eq!(hall.languages, ["English", "Spanish"]);
        assert_eq!(hall.schedules, ["Mo 9-12", "Th 14-18"]);
        assert_eq!(hall.locations[0].latitude, Some(44.05));
        assert_eq!(hall.locations[0].address.as_deref(), Some("12 North St; Rear"));
        assert_eq!(hall.assured, date("2026-03-04"));
        assert_eq!(hall.categories, ["Food pantry", "Pantry"]);
        let wheels = catalogue.service("H-2").unwrap();
        assert_eq!(wheels.status.as_deref(), Some("temporarily closed"));
        assert!(wheels.documents.is_empty());
        assert_eq!(catalogue.search("blue door").len(), 1);
    })
    .await;
}

pub(crate) fn reference() -> String {
    let path = Path::new(env!("CARGO_MANIFEST_DIR")).join("../docs/mapping.md");
    std::fs::read_to_string(path).unwrap()
}

#[test]
fn every_manifest_of_the_reference_is_one() {
    let text = reference();
    let blocks: Vec<&str> = text.split("```toml\n").skip(1).collect();
    assert!(blocks.len() >= 3, "{}", blocks.len());
    for block in blocks {
        let manifest = block.split("```").next().unwrap();
        let mistakes = (mapped::KIND.check)(&settings(manifest));
        assert!(mistakes.is_empty(), "{mistakes:?}\n{manifest}");
    }
}

#[test]
fn every_key_of_the_language_stands_in_the_reference() {
    let (text, schema) = (reference(), mapped::of_manifest());
    let mut keys = Vec::new();
    for pointer in [
        "/properties",
        "/properties/roster/properties",
        "/properties/lookup/properties",
        "/properties/fetch/items/properties",
        "/properties/fetch/items/properties/paging/properties",
        "/properties/directory/properties",
        "/$defs/rule/properties",
    ] {
        let properties = schema.pointer(pointer).and_then(|it| it.as_object());
        keys.extend(properties.unwrap_or_else(|| panic!("{pointer}")).keys().cloned());
    }
    assert!(keys.len() > 60, "{}", keys.len());
    let missing: Vec<&String> = keys.iter().filter(|key| !text.contains(key.as_str())).collect();
    assert!(missing.is_empty(), "{missing:?}");
    for name in caregraph_connectors::record::systems::names() {
        assert!(text.contains(&format!("`{name}`")), "{name}");
    }
}
