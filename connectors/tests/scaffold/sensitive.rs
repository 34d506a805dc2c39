//! What sounds confidential becomes a label in every format, and nothing that is marked is shown as if it were not.

use caregraph_connectors::manifest;
use caregraph_connectors::mapped;
use caregraph_connectors::record::Section;
use caregraph_connectors::testkit::HttpAnswer;

use super::super::mapped::{ask, with};
use super::{drafted, sample};

const ROSTER: &str = "[{\"id\": \"P7\", \"name\": \"Ada Example\", \"born\": \"1970-01-31\"}]";

/// A list of problems in which the second is marked and the third has a value that nobody knows.
const STYLES: [(&str, &str, &str); 7] = [
    (
        "application/json",
        r#"{"problems": [
            {"id": "1", "patientId": "P7", "problem": "Asthma", "confidential": false},
            {"id": "2", "patientId": "P7", "problem": "Gout", "confidential": true},
            {"id": "3", "patientId": "P7", "problem": "Anemia", "confidential": true}]}"#,
        "path = \"$.confidential\", table = { false = \"N\" }, otherwise = \"R\"",
    ),
    (
        "application/x-ndjson",
        "{\"id\": \"1\", \"patientId\": \"P7\", \"problem\": \"Asthma\", \"access_level\": \"normal\"}\n\
         {\"id\": \"2\", \"patientId\": \"P7\", \"problem\": \"Gout\", \"access_level\": \"staff\"}\n\
         {\"id\": \"3\", \"patientId\": \"P7\", \"problem\": \"Anemia\", \"access_level\": \"7\"}\n",
        "path = \"$.access_level\", table = { normal = \"N\" }, otherwise = \"R\"",
    ),
    (
        "text/csv",
        "id,patientId,problem,Is confidential?\n1,P7,Asthma,N\n2,P7,Gout,Y\n3,P7,Anemia,maybe\n",
        "path = \"$['Is confidential?']\", table = { N = \"N\" }, otherwise = \"R\"",
    ),
    (
        "text/csv",
        "id;patientId;problem;Vertraulich\n1;P7;Asthma;nein\n2;P7;Gout;ja\n3;P7;Anemia;x\n",
        "path = \"$.Vertraulich\", table = { nein = \"N\" }, otherwise = \"R\"",
    ),
    (
        "application/xml",
        "<problems><problem confidential='N'><id>1</id><patientId>P7</patientId><name>Asthma</name></problem>\
         <problem confidential='R'><id>2</id><patientId>P7</patientId><name>Gout</name></problem>\
         <problem confidential='?'><id>3</id><patientId>P7</patientId><name>Anemia</name></problem></problems>",
        "path = \"$['@confidential']\", table = { N = \"N\", R = \"R\" }, otherwise = \"R\"",
    ),
    (
        "application/xml",
        "<problems><problem><id>1</id><patientId>P7</patientId><name>Asthma</name><Restricted>false</Restricted></problem>\
         <problem><id>2</id><patientId>P7</patientId><name>Gout</name><Restricted>true</Restricted></problem>\
         <problem><id>3</id><patientId>P7</patientId><name>Anemia</name><Restricted>?</Restricted></problem></problems>",
        "path = \"$.Restricted\", table = { false = \"N\" }, otherwise = \"R\"",
    ),
    (
        "application/xml",
        "<problems><problem><id>1</id><patientId>P7</patientId><name>Asthma</name><sensitivity value='0'/></problem>\
         <problem><id>2</id><patientId>P7</patientId><name>Gout</name><sensitivity value='1'/></problem>\
         <problem><id>3</id><patientId>P7</patientId><name>Anemia</name><sensitivity value='2'/></problem></problems>",
        "path = \"$.sensitivity['@value']\", table = { 0 = \"N\" }, otherwise = \"R\"",
    ),
];

#[tokio::test]
async fn what_is_marked_is_labelled_by_the_first_version_of_a_manifest() {
    for (media_type, body, rule) in STYLES {
        let problems = sample("condition=problems/{patient}", body);
        let draft = drafted(&[sample("roster=people", ROSTER), problems]).manifest;
        let line = draft.lines().find(|line| line.starts_with("labels = ")).unwrap_or_default();
        assert!(line.contains(rule) && line.contains("# guessed from its name"), "{rule}\n{draft}");
        assert!(!draft.contains("maybe") && !draft.contains("staff"), "{draft}");
        let mut settings = manifest::read(&draft).unwrap();
        settings.retain(|key, _| mapped::KIND.settings.contains(&key));
        assert!((mapped::KIND.check)(&settings).is_empty(), "{draft}");
        let script = |_: &_| HttpAnswer::of(media_type, body);
        let share =
            with(settings, script, async |it| ask(&*it, Section::Conditions, "P7").await).await;
        let label = |it: &caregraph_connectors::record::Record| {
            it.labels.iter().filter_map(|it| it.code.as_deref()).collect::<String>()
        };
        let labels: Vec<String> = share.records.iter().map(label).collect();
        assert_eq!(
            (labels, &share.problem),
            (vec!["N".into(), "R".into(), "R".into()], &None),
            "{draft}"
        );
    }
}

#[test]
fn a_mark_of_the_whole_answer_holds_for_each_item_and_one_within_a_list_is_named() {
    let body = "<results confidentiality='R'><result no='1' pid='P7'><test>Glucose</test><value>7</value></result>\
        <result no='2' pid='P7'><test>Sodium</test><value>140</value></result></results>";
    let draft = drafted(&[sample("observation=results/{patient}", body)]).manifest;
    let rule =
        "{ answer = \"$.results['@confidentiality']\", table = { R = \"R\" }, otherwise = \"R\" }";
    assert!(draft.contains(rule), "{draft}");
    let body = r#"{"problems": [{"id": "1", "patientId": "P7", "problem": "Asthma", "notes": [{"text": "x", "restricted": true}, {"text": "y", "restricted": false}]}]}"#;
    let draft = drafted(&[sample("condition=problems/{patient}", body)]).manifest;
    assert!(!draft.contains("labels = "), "{draft}");
    assert!(
        draft.contains(
            "# not mapped: $.notes[*].restricted (true or false: it may say how confidential"
        ),
        "{draft}"
    );
}
