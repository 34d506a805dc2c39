//! Systems of partners: each answers in its own way, and only who shows what it wants.

use std::collections::BTreeSet;

use aws_lc_rs::rand;
use base64::{Engine as _, prelude::BASE64_URL_SAFE_NO_PAD};
use jsonwebtoken::{Algorithm, EncodingKey, Header, encode};
use serde_json::{Value, json};

use super::{ask, client, sandbox, set_fault};
use crate::{Credential, Fault, Kind, Sandbox, query};

/// Asks the pharmacy as its client does.
async fn pharmacy(sandbox: &Sandbox, path: &str) -> (u16, Value) {
    let system = sandbox.system("greenleaf").unwrap();
    let header = format!("authorization: Bearer {}", system.credential().unwrap().secret());
    let answer = client::get(&format!("{}{path}", system.base_url()), &[&header]).await.unwrap();
    (answer.status, answer.json())
}

#[tokio::test]
async fn partners_run_beside_the_others_and_are_not_among_them() {
    let sandbox = sandbox(4).await;
    let ids = |systems: &[crate::System]| systems.iter().map(crate::System::id).collect::<Vec<_>>();
    assert_eq!(ids(sandbox.partners()), ["greenleaf", "harvest", "lantern", "clearview"]);
    assert_eq!(sandbox.systems().len(), 6);
    assert_eq!(sandbox.system("greenleaf").unwrap().kind(), Kind::MappedHttp);
    let known = sandbox.truths().flat_map(|truth| truth.records).map(|record| record.system);
    let known: BTreeSet<_> = known.collect();
    assert!(sandbox.partners().iter().all(|partner| !known.contains(partner.id())));
    let controls = format!("{}/clearview?add=condition", sandbox.controls());
    assert_eq!(client::post(&controls, "").await.unwrap().status, 404);
    sandbox.stop().await;
}

#[tokio::test]
async fn the_pharmacy_lists_its_members_in_pages_and_knows_each_of_them() {
    let sandbox = sandbox(60).await;
    let (_, first) = pharmacy(&sandbox, "/members?page=1&size=10").await;
    let (total, pages) = (first["page"]["members"].as_u64().unwrap(), first["page"]["of"].as_u64());
    assert!((15..45).contains(&total), "{total}");
    assert_eq!(pages, Some(total.div_ceil(10)));
    let mut numbers = BTreeSet::new();
    for page in 1..=pages.unwrap() {
        let (_, page) = pharmacy(&sandbox, &format!("/members?page={page}&size=10")).await;
        for member in page["members"].as_array().unwrap() {
            let number = member["memberNo"].as_str().unwrap().to_owned();
            let (status, alone) = pharmacy(&sandbox, &format!("/members/{number}")).await;
            assert_eq!((status, &alone["member"]), (200, member));
            numbers.insert(number);
        }
    }
    assert_eq!(numbers.len() as u64, total);
    let of_files = (0..60).filter_map(|person| sandbox.population().pharmacy_file(person));
    assert!(of_files.map(|file| file.member_number).collect::<BTreeSet<_>>() == numbers);
    assert_eq!(first["members"][0]["name"]["last"], "O'Malley-Castellano");
    assert_eq!(pharmacy(&sandbox, "/members/GL-00000000").await.0, 404);
    assert_eq!(pharmacy(&sandbox, "/members?page=0").await.0, 400);
    let requests = sandbox.system("greenleaf").unwrap().requests();
    assert_eq!((requests.of("members?"), requests.of("members/")), (pages.unwrap() + 2, total + 1));
    sandbox.stop().await;
}

#[tokio::test]
async fn what_the_pharmacy_serves_is_what_it_has_on_file() {
    let sandbox = sandbox(200).await;
    let (mut fills, mut voided, mut cancelled, mut without_allergy, mut empty) = (0, 0, 0, 0, 0);
    for file in (0..200).filter_map(|person| sandbox.population().pharmacy_file(person)) {
        let number = &file.member_number;
        let (status, told) = pharmacy(&sandbox, &format!("/members/{number}/fills?size=200")).await;
        if file.is_empty() {
            assert_eq!(status, 404);
            empty += 1;
            continue;
        }
        assert_eq!(told["page"]["fills"], file.fills.len());
        for (fill, shown) in file.fills.iter().zip(told["fills"].as_array().unwrap()) {
            assert_eq!(
                (&shown["rxNo"], &shown["fillNo"]),
                (&json!(fill.prescription), &json!(fill.number))
            );
            assert_eq!(
                (&shown["memberNo"], &shown["voided"]),
                (&json!(number), &json!(fill.voided))
            );
        }
        let (_, told) = pharmacy(&sandbox, &format!("/members/{number}/prescriptions")).await;
        assert_eq!(told["prescriptions"].as_array().unwrap().len(), file.prescriptions.len());
        let (_, told) = pharmacy(&sandbox, &format!("/members/{number}/allergies")).await;
        assert_eq!(told["allergies"].as_array().unwrap().len(), file.allergies.len());
        fills += file.fills.len();
        voided += file.fills.iter().filter(|fill| fill.voided).count();
        cancelled += file.prescriptions.iter().filter(|it| it.status == 'X').count();
        without_allergy += usize::from(file.allergies.is_empty());
    }
    assert!(fills > 200 && voided > 3 && cancelled > 3, "{fills} {voided} {cancelled}");
    assert!(without_allergy > 3 && empty > 0, "{without_allergy} {empty}");
    let featured = sandbox.population().pharmacy_file(0).unwrap();
    assert!(featured.fills.iter().any(|fill| fill.voided) && featured.allergies.len() == 2);
    assert!(featured.prescriptions.iter().any(|it| it.status == 'X'));
    sandbox.stop().await;
}

#[tokio::test]
async fn fills_come_in_pages_too_and_faults_work_as_anywhere() {
    let sandbox = sandbox(20).await;
    let file = sandbox.population().pharmacy_file(0).unwrap();
    let path = format!("/members/{}/fills", file.member_number);
    let (_, page) = pharmacy(&sandbox, &format!("{path}?page=2&size=3")).await;
    assert_eq!(page["fills"][0]["fillNo"], file.fills[3].number);
    assert_eq!(page["page"]["of"], file.fills.len().div_ceil(3));
    set_fault(&sandbox, "greenleaf", Fault::WrongPatient);
    let (_, strange) = pharmacy(&sandbox, &format!("/members/{}", file.member_number)).await;
    assert_ne!(strange["member"]["memberNo"], file.member_number);
    set_fault(&sandbox, "greenleaf", Fault::EndlessPaging);
    let (_, page) = pharmacy(&sandbox, &format!("{path}?page=77")).await;
    assert_eq!(
        (&page["page"]["of"], page["fills"].as_array().unwrap().len() > 3),
        (&json!(78), true)
    );
    set_fault(&sandbox, "greenleaf", Fault::Status(503));
    assert_eq!(pharmacy(&sandbox, &path).await.0, 503);
    sandbox.stop().await;
}

#[tokio::test]
async fn nobody_reads_the_pharmacy_without_its_token() {
    let sandbox = sandbox(4).await;
    let url = format!("{}/members", sandbox.system("greenleaf").unwrap().base_url());
    for header in ["x: y", "authorization: Bearer wrong", "authorization: Basic eDp5"] {
        let answer = client::get(&url, &[header]).await.unwrap();
        assert_eq!((answer.status, &answer.json()["result"]), (401, &json!("DENIED")));
        assert!(answer.head.contains("www-authenticate: bearer"));
    }
    let other = super::sandbox(4).await;
    let secret = |sandbox: &Sandbox| sandbox.system("greenleaf").unwrap().credential().cloned();
    assert_ne!(secret(&sandbox), secret(&other), "each run has another");
    sandbox.stop().await;
    other.stop().await;
}

#[tokio::test]
async fn the_food_bank_gives_its_table_to_anybody() {
    let sandbox = sandbox(1).await;
    assert!(sandbox.system("harvest").unwrap().credential().is_none());
    let table = ask(&sandbox, "harvest", "/sites.csv").await;
    assert!(table.head.contains("content-type: text/csv"));
    assert!(std::str::from_utf8(&table.body).unwrap().contains("H-1;"));
    sandbox.stop().await;
}

#[tokio::test]
async fn the_vendor_names_a_next_page_until_one_has_nothing_in_it() {
    let sandbox = sandbox(1).await;
    let mut url = format!("{}/services?page=4", sandbox.system("lantern").unwrap().base_url());
    let (mut ids, mut pages) = (BTreeSet::new(), 0);
    loop {
        let answer = client::get(&url, &[]).await.unwrap();
        assert_eq!(answer.status, 200);
        if answer.body.is_empty() {
            break;
        }
        let page = answer.json();
        ids.extend(page["data"].as_array().unwrap().iter().map(|it| it["id"].as_u64().unwrap()));
        page["links"]["next"].as_str().unwrap().clone_into(&mut url);
        pages += 1;
    }
    assert_eq!((ids.len(), pages), (58, 3));
    let alone = ask(&sandbox, "lantern", "/services/10007").await.json();
    assert_eq!(alone["data"]["id"], 10_007);
    sandbox.stop().await;
}

/// What the clinic's authority says to an assertion with this number.
async fn token(sandbox: &Sandbox, number: &str) -> client::Answer {
    let credential = sandbox.system("clearview").unwrap().credential().cloned();
    let Some(Credential::Key { client_id, pem, token_url }) = credential else { panic!("a key") };
    let now = std::time::SystemTime::now().duration_since(std::time::UNIX_EPOCH).unwrap();
    let claims = json!({
        "iss": client_id, "sub": client_id, "aud": token_url, "exp": now.as_secs() + 60, "jti": number,
    });
    let key = EncodingKey::from_ec_pem(pem.as_bytes()).unwrap();
    let assertion = encode(&Header::new(Algorithm::ES384), &claims, &key).unwrap();
    let form = query::encode([
        ("grant_type", "client_credentials"),
        ("client_assertion_type", "urn:ietf:params:oauth:client-assertion-type:jwt-bearer"),
        ("client_assertion", &assertion),
        ("scope", "system/*.rs"),
    ]);
    client::post(&token_url, &form).await.unwrap()
}

#[tokio::test]
async fn the_clinic_answers_who_has_a_token_for_a_signature() {
    let sandbox = sandbox(30).await;
    let base = sandbox.system("clearview").unwrap().base_url().to_owned();
    let roster = format!("{base}/Patient?_count=50");
    assert_eq!(client::get(&roster, &[]).await.unwrap().status, 401);
    assert_eq!(ask(&sandbox, "clearview", "/metadata").await.status, 200);
    let told = ask(&sandbox, "clearview", "/.well-known/smart-configuration").await.json();
    assert!(told["token_endpoint"].as_str().unwrap().ends_with("/oauth/token"));
    let mut number = [0; 12];
    rand::fill(&mut number).unwrap();
    let number = BASE64_URL_SAFE_NO_PAD.encode(number);
    let given = token(&sandbox, &number).await;
    assert_eq!(given.status, 200);
    assert_eq!(token(&sandbox, &number).await.json()["error"], "invalid_client", "once only");
    let given = given.json();
    let header = format!("authorization: Bearer {}", given["access_token"].as_str().unwrap());
    let patients = client::get(&roster, &[&header]).await.unwrap().resources("match");
    assert!((5..25).contains(&patients.len()), "{}", patients.len());
    let featured = patients[0]["id"].as_str().unwrap();
    for (kind, least) in
        [("Condition", 3), ("Observation", 6), ("Procedure", 3), ("MedicationRequest", 1)]
    {
        let url = format!("{base}/{kind}?patient={featured}");
        let found = client::get(&url, &[&header]).await.unwrap().ids();
        assert!(found.len() >= least, "{kind}: {}", found.len());
    }
    sandbox.stop().await;
}
