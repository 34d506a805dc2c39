//! Records change while the systems run, and the truth with them.

use serde_json::Value;

use super::{ask, client, patient, sandbox};
use crate::{Change, ChangeError, Fault, Novelty, Sandbox, Section, day};

fn add(what: Novelty, of: Option<&str>) -> Change {
    Change::Add { person: 0, what, of: of.map(str::to_owned) }
}

fn contributions(sandbox: &Sandbox, section: Section, reference: &str) -> usize {
    let truth = sandbox.truth(0);
    let all = truth.facts(section).iter().flat_map(|fact| &fact.contributions);
    all.filter(|it| it.reference == reference).count()
}

#[tokio::test]
async fn what_is_added_is_served_and_true_from_then_on() {
    let sandbox = sandbox(4).await;
    for (system, what, section) in [
        ("lakeside", Novelty::Allergy, Section::Allergies),
        ("stmary", Novelty::Condition, Section::Conditions),
        ("northgate", Novelty::Medication, Section::Medications),
        ("cornerstone", Novelty::Medication, Section::Medications),
    ] {
        let system = sandbox.system(system).unwrap();
        let facts = sandbox.truth(0).facts(section).len();
        let changed = system.change(&add(what, None)).unwrap();
        assert_eq!((changed.change, changed.version_id.as_str()), ("added", "1"));
        assert_eq!(sandbox.truth(0).facts(section).len(), facts + 1, "nobody knew of it before");
        assert_eq!(contributions(&sandbox, section, &changed.reference), 1);
        let (kind, id) = changed.reference.split_once('/').unwrap();
        let read = ask(&sandbox, system.id(), &format!("/{kind}/{id}")).await;
        assert!(read.head.contains("etag: w/\"1\""), "{}", read.head);
        assert_eq!(read.json()["meta"]["lastUpdated"], changed.last_updated.as_str());
        let patient = patient(&sandbox, 0, system.id());
        let since = format!("_lastUpdated=ge{}", day::date(day::REFERENCE_DAY));
        let path = format!("/{kind}?patient={patient}&_count=100&{since}");
        assert_eq!(ask(&sandbox, system.id(), &path).await.ids(), [id]);
        let elsewhere = sandbox.truth(1);
        assert!(!format!("{elsewhere:?}").contains(id), "it is of nobody else");
    }
    sandbox.stop().await;
}

#[tokio::test]
async fn another_status_is_another_version_and_what_is_removed_is_gone() {
    let sandbox = sandbox(4).await;
    let lakeside = sandbox.system("lakeside").unwrap();
    let patient = patient(&sandbox, 0, "lakeside");
    let path = format!("/Condition?patient={patient}&_count=100");
    let before = ask(&sandbox, "lakeside", &path).await;
    let reference = format!("Condition/{}", before.ids()[0]);
    let first = ask(&sandbox, "lakeside", &format!("/{reference}")).await.json();
    let version: u64 = first["meta"]["versionId"].as_str().unwrap().parse().unwrap();
    let amend = |status: &str| {
        let (reference, status) = (reference.clone(), status.to_owned());
        lakeside.change(&Change::Amend { reference, status })
    };
    let mut last = first["meta"]["lastUpdated"].clone();
    for (number, status) in [(1, "resolved"), (2, "entered-in-error"), (3, "active")] {
        let changed = amend(status).unwrap();
        assert_eq!(
            (changed.change, changed.version_id),
            ("amended", (version + number).to_string())
        );
        let now = ask(&sandbox, "lakeside", &format!("/{reference}")).await.json();
        let in_error = status == "entered-in-error";
        let shown = &now[if in_error { "verificationStatus" } else { "clinicalStatus" }];
        assert_eq!(shown["coding"][0]["code"], status);
        assert!(now["meta"]["lastUpdated"].as_str() > last.as_str(), "{now}");
        last = now["meta"]["lastUpdated"].clone();
        let truth = sandbox.truth(0);
        let facts = truth.facts(Section::Conditions).iter().flat_map(|fact| &fact.contributions);
        let told = facts.filter(|it| it.reference == reference).map(|it| it.entered_in_error);
        assert_eq!(told.collect::<Vec<_>>(), [in_error]);
    }
    let after = ask(&sandbox, "lakeside", &path).await;
    assert_eq!(after.ids().len(), before.ids().len());
    assert_ne!(tag(&after.head), tag(&before.head));
    let changed = lakeside.change(&Change::Remove { reference: reference.clone() }).unwrap();
    assert_eq!((changed.change, &changed.reference), ("removed", &reference));
    assert_eq!(ask(&sandbox, "lakeside", &format!("/{reference}")).await.status, 410);
    assert!(!ask(&sandbox, "lakeside", &path).await.ids().contains(&before.ids()[0]));
    assert_eq!(contributions(&sandbox, Section::Conditions, &reference), 0);
    assert_eq!(amend("active"), Err(ChangeError::Missing(reference.clone())));
    sandbox.stop().await;
}

fn tag(head: &str) -> &str {
    head.lines().find(|line| line.starts_with("etag: ")).unwrap()
}

#[tokio::test]
async fn the_same_changes_of_the_same_seed_are_the_same() {
    let mut told = Vec::new();
    for _ in 0..2 {
        let sandbox = sandbox(4).await;
        let harbor = sandbox.system("harbor").unwrap();
        let mut all = Vec::new();
        for what in [Novelty::Condition, Novelty::Medication, Novelty::Allergy, Novelty::Condition]
        {
            all.push(harbor.change(&add(what, None)).unwrap());
        }
        let reference = all[1].reference.clone();
        all.push(harbor.change(&Change::Remove { reference }).unwrap());
        told.push((all, sandbox.truth(0)));
        sandbox.stop().await;
    }
    assert_eq!(told[0], told[1]);
}

#[tokio::test]
async fn what_cannot_be_changed_is_said() {
    let sandbox = sandbox(8).await;
    let lakeside = sandbox.system("lakeside").unwrap();
    let refused = |change: Change| lakeside.change(&change).unwrap_err();
    assert!(matches!(
        refused(add(Novelty::Allergy, Some("moonlight"))),
        ChangeError::Unknown { known, .. } if known.contains("penicillin")
    ));
    let nobody = Change::Add { person: 1 << 30, what: Novelty::Allergy, of: None };
    assert_eq!(refused(nobody), ChangeError::Patient);
    let remove = |reference: &str| Change::Remove { reference: reference.to_owned() };
    let local = patient(&sandbox, 0, "lakeside");
    for missing in ["Condition/none", "Thing/1", "Condition", &format!("Patient/{local}")] {
        assert_eq!(refused(remove(missing)), ChangeError::Missing(missing.to_owned()));
    }
    let reference = lakeside.change(&add(Novelty::Allergy, None)).unwrap().reference;
    let odd = Change::Amend { reference, status: "gone".to_owned() };
    assert!(refused(odd).to_string().contains("it can be active, inactive, resolved"));
    let commons = sandbox.system("commons").unwrap();
    assert_eq!(commons.change(&add(Novelty::Allergy, None)), Err(ChangeError::NoRecords));
    let mut added = 1;
    while lakeside.change(&add(Novelty::Allergy, None)).is_ok() {
        added += 1;
    }
    assert_eq!(refused(add(Novelty::Allergy, None)), ChangeError::NothingNew(Novelty::Allergy));
    assert!((2..=8).contains(&added), "{added}");
    sandbox.stop().await;
}

async fn say(sandbox: &Sandbox, rest: &str) -> (u16, Value) {
    let answer = client::say("POST", &format!("{}/{rest}", sandbox.controls()), "").await.unwrap();
    (answer.status, answer.json())
}

#[tokio::test]
async fn one_line_over_http_changes_a_record_whatever_is_wrong_with_the_system() {
    let sandbox = sandbox(12).await;
    let (status, added) = say(&sandbox, "lakeside?add=allergy&of=bee-venom").await;
    assert_eq!((status, &added["change"]), (200, &Value::from("added")));
    assert_eq!(added["patient"], patient(&sandbox, 0, "lakeside").as_str());
    let reference = added["reference"].as_str().unwrap();
    assert_eq!(contributions(&sandbox, Section::Allergies, reference), 1);
    sandbox.system("lakeside").unwrap().set_fault(Fault::Hang);
    let (status, amended) =
        say(&sandbox, &format!("lakeside?amend={reference}&status=inactive")).await;
    assert_eq!((status, &amended["versionId"]), (200, &Value::from("2")));
    let (status, removed) = say(&sandbox, &format!("lakeside?remove={reference}")).await;
    assert_eq!((status, &removed["change"]), (200, &Value::from("removed")));
    assert_eq!(contributions(&sandbox, Section::Allergies, reference), 0);
    let known = |person: &u64| sandbox.truth(*person).record("stmary").is_some();
    let other = (1..12).find(known).unwrap();
    let id = patient(&sandbox, other, "stmary");
    let (status, added) = say(&sandbox, &format!("stmary?add=condition&patient={id}")).await;
    assert_eq!((status, &added["patient"]), (200, &Value::from(id)));
    for (line, expected) in [
        ("nowhere?add=allergy", 404),
        ("commons?add=allergy", 400),
        ("lakeside", 400),
        ("lakeside?add=sunshine", 400),
        ("lakeside?add=allergy&patient=nobody", 400),
        ("lakeside?add=allergy&remove=Condition/1", 400),
        ("lakeside?amend=Condition/1", 400),
        ("lakeside?colour=red", 400),
    ] {
        let (status, told) = say(&sandbox, line).await;
        assert_eq!(status, expected, "{line}");
        assert!(told["error"].is_string(), "{line}");
    }
    let url = format!("{}/lakeside?add=allergy", sandbox.controls());
    assert_eq!(client::get(&url, &[]).await.unwrap().status, 405);
    sandbox.stop().await;
}
