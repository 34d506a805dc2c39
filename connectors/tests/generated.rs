//! Answers that nobody would write: whatever stands in them, no label is lost and nothing comes through that no rule names.

use std::collections::BTreeMap;

use caregraph_connectors::record::Section;
use caregraph_connectors::testkit::{CANARY, HttpAnswer, HttpRequest};
use serde_json::{Value, json};

use super::mapped::{ask, with};

const SEEDS: u64 = 300;

const MANIFEST: &str = r#"
mapping = 1
[roster]
get = "members"
items = "$[*]"
id = "$.id"
fields = { names = ["$.name"] }

[[fetch]]
section = "CONDITIONS"
get = "{patient}/problems"
items = "$.items[*]"
subject = "$.of"
reference = "$.no"
labels = [
  { system = { const = "urn:ours" }, code = { path = "$.class", table = { open = "N" }, otherwise = "R" } },
  { first = [{ code = "$.none" }, { system = { const = "urn:theirs" }, code = "$.mark" }] },
]
fields = { code = { text = "$.name", codings = { each = "$.codes[*]", system = "snomed", code = "$" } }, onset = { path = "$.since", optional = true } }
"#;

/// A xorshift: the same at every run.
struct Dice(u64);

impl Dice {
    fn below(&mut self, most: usize) -> usize {
        self.0 ^= self.0 << 13;
        self.0 ^= self.0 >> 7;
        self.0 ^= self.0 << 17;
        usize::try_from(self.0 % most as u64).unwrap()
    }

    fn one_of(&mut self, values: &[Value]) -> Value {
        values[self.below(values.len())].clone()
    }
}

/// What a source might put anywhere.
fn anything(dice: &mut Dice) -> Value {
    let shadow = json!({"name": CANARY, "code": [CANARY, {"text": CANARY}]});
    dice.one_of(&[json!(CANARY), shadow, json!([CANARY]), json!(7), json!(null), json!(true)])
}

fn item(dice: &mut Dice, number: usize, patient: &str) -> Value {
    let mut item = json!({
        "no": number, "of": patient,
        "name": dice.one_of(&[json!("Asthma"), json!(12), json!("  Gout "), json!(null), json!(["Asthma"])]),
        "class": dice.one_of(&[json!("open"), json!("secret"), json!(3), json!(null), json!({"x": 1})]),
        "mark": dice.one_of(&[json!("PSY"), json!(""), json!(null), json!([1])]),
        "since": dice.one_of(&[json!("2019-03"), json!("yesterday"), json!(null), json!({})]),
        "codes": dice.one_of(&[json!([1, "2"]), json!([]), json!(null), json!([null, "3"])]),
    });
    for key in ["text", "reference", "labels", "fields", "code", "status", "fact", "$", "@"] {
        if dice.below(3) == 0 {
            item[key] = anything(dice);
        }
    }
    item
}

fn items(patient: &str) -> Vec<Value> {
    let seed: u64 = patient.parse().unwrap();
    let mut dice = Dice(seed.wrapping_mul(0x9e37_79b9_7f4a_7c15) | 1);
    (0..=dice.below(6)).map(|number| item(&mut dice, number, patient)).collect()
}

/// The labels that an item must have in the end, by what stands in it; none when it cannot be read.
fn expected(item: &Value) -> Option<Vec<String>> {
    let fits = |key: &str| !item[key].is_object() && !item[key].is_array();
    let is_told = |value: &Value| !value.is_null() && value.as_str() != Some("");
    let has_codes = item["codes"].as_array().is_some_and(|codes| codes.iter().any(is_told));
    let is_said = is_told(&item["name"]) || has_codes;
    if !fits("name") || !fits("class") || !fits("mark") || !is_said {
        return None;
    }
    let mut labels = Vec::new();
    if is_told(&item["class"]) {
        labels.push(if item["class"] == "open" { "N" } else { "R" }.to_owned());
    }
    labels.extend(item["mark"].as_str().filter(|mark| !mark.is_empty()).map(str::to_owned));
    Some(labels)
}

#[tokio::test]
async fn no_label_is_lost_and_nothing_comes_through_that_no_rule_names() {
    let script = |request: &HttpRequest| {
        let patient = request.path.split('/').nth(2).unwrap();
        HttpAnswer::json(&json!({"items": items(patient), "extra": CANARY}))
    };
    let (mut read, mut labelled) = (0, 0);
    with(MANIFEST.parse().unwrap(), script, async |connector| {
        for seed in 1..=SEEDS {
            let patient = seed.to_string();
            let share = ask(&*connector, Section::Conditions, &patient).await;
            let written = serde_json::to_string(&share).unwrap();
            assert!(!written.contains(CANARY), "{seed}: {written}");
            let mut wanted: BTreeMap<String, Vec<String>> = BTreeMap::new();
            for item in items(&patient) {
                let reference = format!("condition/{}", item["no"]);
                wanted.extend(expected(&item).map(|labels| (reference, labels)));
            }
            let codes = |record: &caregraph_connectors::record::Record| {
                record
                    .labels
                    .iter()
                    .filter_map(|it| it.code.as_ref())
                    .map(ToString::to_string)
                    .collect()
            };
            let got = share.records.iter().map(|it| (it.reference.to_string(), codes(it)));
            let got: BTreeMap<String, Vec<String>> = got.collect();
            assert_eq!(got, wanted, "{seed}: {:?}", items(&patient));
            read += got.len();
            labelled += got.values().filter(|labels| labels.len() > 1).count();
        }
    })
    .await;
    assert!(read > 200 && labelled > 50, "{read} {labelled}");
}
