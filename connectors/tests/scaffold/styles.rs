//! Samples as different people's systems write them.

use super::{drafted, has_lines, open_lines, sample};

const LAB: &str = r#"<?xml version="1.0"?>
<results pid="P7">
  <result no="r1"><test loinc="2345-7">Glucose</test><status>final</status><value unit="mmol/L">1.005,50</value><drawn>04-Mar-2026 17:05</drawn></result>
  <result no="r2"><test loinc="718-7">Hemoglobin</test><status>preliminary</status><value unit="g/dL">13,5</value><drawn>05-Mar-2026 08:00</drawn></result>
  <result no="r3"><test>Culture</test><status>final</status><value>E. coli</value><drawn>06-Mar-2026 08:00</drawn></result>
</results>"#;

#[test]
fn results_of_a_laboratory_in_xml() {
    let draft = drafted(&[sample("observation=results.xml?pid={patient}", LAB)]).manifest;
    has_lines(
        &draft,
        &[
            "get = \"results.xml\"",
            "query = { pid = \"{patient}\" }",
            "format = { xml = { lists = [\"result\"] } }",
            "items = \"$.results.result[*]\"",
            "subject = { answer = \"$.results['@pid']\" }",
            "reference = \"$['@no']\"",
            "code = { text = \"$.test\", codings = [{ system = \"loinc\", code = \"$.test['@loinc']\" }] }",
            "status = \"$.status\"",
            "taken = { path = \"$.drawn\", date = \"DD-MMM-YYYY hh:mm\" }",
            "value = { first = [{ quantity = { value = { path = \"$.value\", number = \"1.234,5\", optional = true }, unit = \"$.value['@unit']\" } }, { text = \"$.value\" }] }",
        ],
    );
    // The list of patients alone is missing.
    let with_roster = format!(
        "{draft}\n[roster]\nget = \"p\"\nitems = \"$[*]\"\nid = \"$.a\"\nfields = {{ names = [\"$.b\"] }}\n"
    );
    assert_eq!(open_lines(&with_roster), [""; 0]);
}

#[test]
fn people_in_lines_with_names_in_snake_case() {
    let text = "{\"patient_id\": 7, \"first_name\": \"Ada\", \"last_name\": \"Example\", \"date_of_birth\": \"19700131\", \"sex\": \"F\", \"mobile_phone\": \"1\", \"is_active\": true}\n\
                {\"patient_id\": 8, \"first_name\": \"Ben\", \"last_name\": \"Example\", \"date_of_birth\": \"19721231\", \"sex\": \"M\", \"mobile_phone\": \"2\", \"is_active\": false, \"shoe_size\": 43}\n";
    let draft = drafted(&[sample("=patients", text)]).manifest;
    has_lines(
        &draft,
        &[
            "[roster]",
            "format = \"ndjson\"",
            "id = \"$.patient_id\"",
            "active = \"$.is_active\"",
            "names = [{ family = \"$.last_name\", given = [\"$.first_name\"] }]",
            "birthDate = { path = \"$.date_of_birth\", date = \"YYYYMMDD\" }",
            "sex = { path = \"$.sex\", table = { F = \"female\", M = \"male\", U = \"unknown\" } }",
            "telecom = [{ system = { const = \"phone\" }, value = \"$.mobile_phone\", usage = { const = \"mobile\" } }]",
            "# not mapped: $.shoe_size (number)",
        ],
    );
    assert!(!draft.contains("items ="), "{draft}");
}

const GERMAN: &str = "Versichertennummer;Nachname;Vorname;Geburtsdatum;Geschlecht;Straße;PLZ;Ort;Telefon\n\
A1;Muster;Eva;31.01.1970;weiblich;Weg 1;10115;Berlin;030 1\n\
A2;Muster;Jan;05.06.1980;männlich;Weg 2;10115;Berlin;030 2\n\
A3;Beispiel;Ute;07.08.1990;weiblich;Weg 3;10117;Berlin;030 3\n";

#[test]
fn a_german_table_with_semicolons() {
    let draft = drafted(&[sample("roster=versicherte.csv", GERMAN)]).manifest;
    has_lines(
        &draft,
        &[
            "format = { csv = { delimiter = \";\" } }",
            "id = \"$.Versichertennummer\"",
            "names = [{ family = \"$.Nachname\", given = [\"$.Vorname\"] }]",
            "birthDate = { path = \"$.Geburtsdatum\", date = \"DD.MM.YYYY\" }",
            "sex = { path = \"$.Geschlecht\", table = { weiblich = \"female\", \"männlich\" = \"male\" } }",
            "addresses = [{ line = [\"$['Straße']\"], city = \"$.Ort\", postalCode = \"$.PLZ\" }]",
        ],
    );
    assert_eq!(without_fetch(&draft), [""; 0]);
}

/// A list of patients alone is no source; what else stands open.
fn without_fetch(draft: &str) -> Vec<String> {
    let fetch = "\n[[fetch]]\nsection = \"ALLERGIES\"\nget = \"a/{patient}\"\nitems = \"$[*]\"\nsubject = \"$.a\"\nreference = \"$.b\"\nfields = { substance = \"$.c\" }\n";
    open_lines(&format!("{draft}{fetch}"))
}

#[test]
fn the_order_of_day_and_month_is_never_guessed() {
    let text = GERMAN.replace("31.01.1970", "03.01.1970");
    let draft = drafted(&[sample("roster=versicherte.csv", &text)]).manifest;
    let open = "birthDate = { path = \"$.Geburtsdatum\", date = \"MM.DD.YYYY or DD.MM.YYYY\" }";
    has_lines(&draft, &[open]);
    assert_eq!(without_fetch(&draft), [open]);
    let text = GERMAN.replace("05.06.1980", "06.25.1980");
    let draft = drafted(&[sample("roster=versicherte.csv", &text)]).manifest;
    assert!(
        draft.contains("some values of the sample can only be MM.DD.YYYY, others only DD.MM.YYYY"),
        "{draft}"
    );
    assert_eq!(without_fetch(&draft), [open]);
    let text = GERMAN.replace(".19", ".");
    let draft = drafted(&[sample("roster=versicherte.csv", &text)]).manifest;
    assert!(!draft.contains("birthDate") && draft.contains("with a year of two digits"), "{draft}");
}

#[test]
fn a_bundle_as_fhir_has_it() {
    let text = r#"{"resourceType": "Bundle", "total": 2, "link": [{"relation": "self", "url": "x"}], "entry": [
      {"fullUrl": "a", "resource": {"resourceType": "Condition", "id": "c1", "subject": {"reference": "Patient/7"}, "clinicalStatus": "active", "onsetDateTime": "2019-03",
        "code": {"text": "Asthma", "coding": [{"system": "http://snomed.info/sct", "code": "195967001", "display": "Asthma"}]}, "meta": {"lastUpdated": "2026-03-04T17:05:00Z"}}},
      {"fullUrl": "b", "resource": {"resourceType": "Condition", "id": "c2", "subject": {"reference": "Patient/7"}, "clinicalStatus": "resolved", "onsetDateTime": "2020",
        "code": {"text": "Fracture", "coding": [{"system": "http://hl7.org/fhir/sid/icd-10-cm", "code": "S72001A"}]}}}]}"#;
    let draft = drafted(&[sample("conditions=Condition?patient={patient}", text)]).manifest;
    has_lines(
        &draft,
        &[
            "items = \"$.entry[*].resource\"",
            "total = \"$.total\"",
            "subject = { path = \"$.subject.reference\", without = \"Patient/\" }",
            "reference = \"$.id\"",
            "updated = \"$.meta.lastUpdated\"",
            "code = { text = \"$.code.text\", codings = { each = \"$.code.coding[*]\", system = \"$.system\", code = \"$.code\", display = \"$.display\" } }",
            "clinicalStatus = \"$.clinicalStatus\"",
            "onset = \"$.onsetDateTime\"",
        ],
    );
}

#[test]
fn codes_as_hl7_has_them_in_camel_case_with_offsets() {
    let text = r#"{"success": true, "offset": 0, "limit": 50, "hasMore": true, "data": {"labResults": [
      {"patientId": "P1", "accessionNumber": "A-1", "testName": "Glucose", "testCode": "2345-7", "resultStatus": "F", "value": 5.4, "units": "mmol/L", "abnormalFlag": "H", "referenceRange": "3.9-5.5", "collectedAt": 1772643900},
      {"patientId": "P1", "accessionNumber": "A-2", "testName": "Sodium", "testCode": "2951-2", "resultStatus": "P", "value": 140, "units": "mmol/L", "collectedAt": 1772643901},
      {"patientId": "P1", "accessionNumber": "A-3", "testName": "Sodium", "testCode": "2951-2", "resultStatus": "F", "value": 141, "units": "mmol/L", "collectedAt": 1772643902}]}}"#;
    let draft = drafted(&[sample("=patients/{patient}/labs", text)]).manifest;
    has_lines(
        &draft,
        &[
            "section = \"OBSERVATIONS\"",
            "query = { offset = \"{offset}\" }",
            "items = \"$.data.labResults[*]\"",
            "paging = { style = \"offset\", more = \"@.hasMore == true\" }",
            "success = \"@.success == true\"",
            "subject = \"$.patientId\"",
            "reference = \"$.accessionNumber\"",
            "code = { text = \"$.testName\", codings = [{ system = \"loinc\", code = \"$.testCode\" }] }",
            "value = { quantity = { value = \"$.value\", unit = \"$.units\" } }",
            "interpretation = \"$.abnormalFlag\"",
            "range = \"$.referenceRange\"",
            "taken = { path = \"$.collectedAt\", date = \"epoch-s\" }",
            "F = \"?\"",
            "P = \"?\"",
        ],
    );
}

#[test]
fn spanish_appointments_with_a_cursor_and_words_that_are_the_models_own() {
    let text = r#"{"citas": [
      {"id": 1, "paciente_id": "X1", "estado": "Booked", "inicio": "2026-03-04T09:00:00Z", "medico": {"nombre": "Z", "name": "Dra. Ruiz"}, "motivo": "Control"},
      {"id": 2, "paciente_id": "X1", "estado": "Canceled", "inicio": "2026-03-05T09:00:00Z"},
      {"id": 3, "paciente_id": "X1", "estado": "Booked", "inicio": "2026-03-06T09:00:00Z"}], "nextPageToken": "abc"}"#;
    let draft = drafted(&[sample("appointment=citas/{patient}", text)]).manifest;
    has_lines(
        &draft,
        &[
            "query = { pageToken = \"{cursor}\" }",
            "paging = { style = \"cursor\", cursor = \"$.nextPageToken\" }",
            "subject = \"$.paciente_id\"",
            "reference = \"$.id\"",
            "status = { path = \"$.estado\", table = { Booked = \"booked\", Canceled = \"cancelled\" } }",
            "start = \"$.inicio\"",
            "practitioner = \"$.medico.name\"",
            "reasons = [\"$.motivo\"]",
        ],
    );
}
