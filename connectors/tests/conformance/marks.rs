//! Marks of confidentiality in every format: what no rule reads is found, by the name that the format gives it.

use std::time::Duration;

use caregraph_connectors::conformance::{Finding, Subject, Verdict, conform};
use caregraph_connectors::egress::{Credentials, Egress};
use caregraph_connectors::testkit::{HttpAnswer, HttpRequest, Play, Server};
use caregraph_connectors::{Io, mapped};
use url::Url;

const ROSTER: &str = r#"
mapping = 1
[roster]
get = "people"
items = "$[*]"
id = "$.id"
fields = { names = [{ family = "$.name" }], birthDate = "$.born" }
[[fetch]]
section = "CONDITIONS"
get = "problems/{patient}"
"#;

const PEOPLE: &str = r#"[{"id": "P7", "name": "Example", "born": "1970-01-31"}, {"id": "P8", "name": "Sample", "born": "1980-01-31"}]"#;

/// How an answer is written, what reads it, what it says of P7, and what is to be found in it.
const STYLES: [(&str, &str, &str, &str); 6] = [
    (
        "application/xml",
        "format = { xml = { lists = ['p'] } }\nitems = '$.all.p[*]'\nsubject = '$.of'\nreference = '$.no'",
        "<all><p confidential='Y'><no>1</no><of>P7</of><n>Gout</n></p></all>",
        "`@confidential`",
    ),
    (
        "application/xml",
        "format = { xml = { lists = ['p'] } }\nitems = '$.all.p[*]'\nsubject = '$.of'\nreference = '$.no'",
        "<all><p><no>1</no><of>P7</of><n>Gout</n><Restricted by='x'>true</Restricted></p></all>",
        "`Restricted`",
    ),
    (
        "text/csv",
        "format = 'csv'\nsubject = '$.of'\nreference = '$.no'",
        "no,of,n,Is confidential?\n1,P7,Gout,ja\n",
        "`Is confidential?`",
    ),
    (
        "text/csv",
        "format = { csv = { delimiter = ';', columns = ['no', 'of', 'n', 'Vertraulich'] } }\nsubject = '$.of'\nreference = '$.no'",
        "1;P7;Gout;X\n2;P7;Asthma;nein\n",
        "`Vertraulich`",
    ),
    (
        "application/x-ndjson",
        "format = 'ndjson'\nsubject = '$.of'\nreference = '$.no'",
        "{\"no\": 1, \"of\": \"P7\", \"n\": \"Gout\", \"accessLevel\": \"staff\"}\n{\"no\": 2, \"of\": \"P7\", \"n\": \"Asthma\"}\n",
        "`accessLevel`",
    ),
    (
        "application/json",
        "items = '$.all[*]'\nsubject = '$.of'\nreference = '$.no'",
        r#"{"all": [{"no": 1, "of": "P7", "n": "Gout", "restricted": true}]}"#,
        "`restricted`",
    ),
];

/// What the check says of labels before a server that answers so.
async fn labels(block: &str, more: &str, media_type: &'static str, body: &str) -> Vec<Finding> {
    let server = Server::bind().await.unwrap();
    let text = format!("{ROSTER}{block}\n{more}\nfields = {{ code = \"$.n\" }}\n");
    let io = Io {
        base_url: Url::parse(&format!("{}/", server.origin())).unwrap(),
        credentials: Credentials::None,
        timeout: Duration::from_secs(1),
        egress: Egress::new().unwrap(),
    };
    let settings = text.parse().unwrap_or_else(|error| panic!("{error}\n{text}"));
    let subject = Subject {
        kind: mapped::KIND,
        settings,
        io,
        at_once: 2,
        identifier: None,
        is_known_by_certificate: false,
    };
    let script = |request: &HttpRequest| {
        Play::Answer(match request.path.as_str() {
            "/people" => HttpAnswer::of("application/json", PEOPLE),
            "/problems/P7" => HttpAnswer::of(media_type, body),
            _ => HttpAnswer::of("application/json", "{}").status(404),
        })
    };
    let report = tokio::select! {
        never = server.serve(script) => match never {},
        report = conform(&subject) => report,
    };
    let read = report.findings.iter().find(|it| it.check == "CONDITIONS");
    assert!(read.is_some_and(|it| it.verdict == Verdict::Passed), "{read:?}\n{text}");
    let is_label = |it: &Finding| it.check == "labels" || it.check.ends_with(".labels");
    report.findings.into_iter().filter(is_label).collect()
}

#[tokio::test]
async fn a_mark_that_no_rule_reads_is_found_in_every_format() {
    for (media_type, block, body, name) in STYLES {
        let block = format!("none_when = [404]\n{block}");
        let found = labels(&block, "", media_type, body).await;
        let [finding] = found.as_slice() else { panic!("{name}: {found:?}") };
        assert_eq!(finding.verdict, Verdict::Failed, "{name}: {finding:?}");
        assert!(finding.message.starts_with(name), "{finding:?}");
        // The rule that is proposed is one, and reads it.
        let remedy = finding.remedy.as_deref().unwrap();
        let rule = remedy.split("such as ").nth(1).and_then(|it| it.split("; or").next()).unwrap();
        let left = remedy.split("write ").nth(1).unwrap().trim_end_matches('.');
        for remedy in [rule, left] {
            let found = labels(&block, remedy, media_type, body).await;
            let is_heard = found.iter().all(|it| it.verdict == Verdict::Passed);
            assert!(is_heard && found.len() == 1, "{remedy}: {found:?}");
        }
    }
}
