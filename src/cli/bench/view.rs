//! The view that is asked for: the chart of a patient out of four systems, as a coordinator's screen selects it.

use hyper::body::Bytes;
use serde_json::{Value, json};

use super::super::Failed;

/// The sources come first, so that every answer tells within its first bytes whether it is whole.
const CHART: &str = r"
query Chart($id: ID!) {
  patient(id: $id) {
    sources { state source { name } latencyMs asOf }
    id
    name { text family given }
    birthDate
    sex
    conditions(first: 50) {
      totalCount completeness { ...whole } pageInfo { hasNextPage endCursor }
      nodes { id code { ...concept } status verification onset abatement provenance { ...origin } }
    }
    allergies(first: 50) {
      totalCount completeness { ...whole }
      nodes { id substance { ...concept } status criticality reactions { text } recorded provenance { ...origin } }
    }
    medications(first: 50) {
      totalCount completeness { ...whole } pageInfo { hasNextPage endCursor }
      nodes {
        id drug { ...concept } status dosage { text } prescriber authored
        orders { status authored prescriber dosage { text } record { source { name } reference } }
        fills { status dispensed quantity { value unit } daysSupply { value unit } pharmacy record { source { name } reference } }
        provenance { ...origin }
      }
    }
    observations(first: 50) {
      totalCount completeness { ...whole } pageInfo { hasNextPage endCursor }
      nodes {
        id code { ...concept } category status value { ...found } interpretation { text } range taken
        components { code { text } value { ...found } }
        provenance { ...origin }
      }
    }
    encounters(first: 50) {
      totalCount completeness { ...whole } pageInfo { hasNextPage endCursor }
      nodes { id class status type { ...concept } start end reason { text } facility provenance { ...origin } }
    }
    immunizations(first: 50) {
      totalCount completeness { ...whole }
      nodes { id vaccine { ...concept } status given provenance { ...origin } }
    }
  }
}
fragment concept on Concept { text codings { system code display } }
fragment found on ObservationValue {
  ... on Quantity { value comparator unit }
  ... on ConceptValue { concept { text } }
  ... on TextValue { text }
}
fragment whole on Completeness { state sources { source { name } state } }
fragment origin on Provenance {
  records { source { name } reference recordedAt fetchedAt freshness }
  conflicts { field claims { value source { name } } }
}
";

const WHO: &str =
    "query Who($identifier: IdentifierInput!) { patient(identifier: $identifier) { id } }";

const WELL: [&[u8]; 2] = [br#""state":"OK""#, br#""state":"CACHED""#];

/// The question for the chart.
pub(super) fn chart(patient: &str) -> Bytes {
    json!({ "query": CHART, "variables": { "id": patient } }).to_string().into()
}

/// The question who bears an identifier.
pub(super) fn who(identifier: &Value) -> Bytes {
    json!({ "query": WHO, "variables": { "identifier": identifier } }).to_string().into()
}

/// The id in the answer to [`who`].
pub(super) fn id(answer: &Value) -> Result<String, Failed> {
    let id = answer["data"]["patient"]["id"].as_str().map(str::to_owned);
    id.ok_or_else(|| Failed("the gateway does not know a patient of its systems".to_owned()))
}

/// How many sources answered in full, now or a while ago, as the answer tells.
pub(super) fn well(answer: &[u8]) -> usize {
    // The first list of the answer is that of the sources.
    let head = answer.split(|byte| *byte == b']').next().unwrap_or_default();
    let times = |state: &[u8]| head.windows(state.len()).filter(|window| *window == state).count();
    WELL.into_iter().map(times).sum()
}

/// Refuses an answer that is not the view: everything that is measured would mean nothing. The `first` one has something
/// in every list; of others, sources that do not have the patient may be missing.
pub(super) fn check(answer: &Value, first: bool) -> Result<(), Failed> {
    if !answer["errors"].is_null() {
        return Err(Failed(format!("the view cannot be asked for: {}", answer["errors"])));
    }
    let sources = answer["data"]["patient"]["sources"].as_array().map(Vec::as_slice);
    let mut states = sources.unwrap_or_default().iter().map(|source| &source["state"]);
    if !states.all(|state| ["OK", "CACHED", "NOT_LINKED"].iter().any(|good| state == good)) {
        return Err(Failed("a source of the view does not answer".to_owned()));
    }
    if !first {
        return Ok(());
    }
    for list in
        ["conditions", "allergies", "medications", "observations", "encounters", "immunizations"]
    {
        let list_of = &answer["data"]["patient"][list];
        let is_empty = list_of["nodes"].as_array().is_none_or(Vec::is_empty);
        if is_empty || list_of["completeness"]["state"] != "COMPLETE" {
            return Err(Failed(format!("the view's {list} are empty or not complete")));
        }
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_sources_that_are_well_are_counted_at_the_head_of_an_answer() {
        let head =
            br#"{"data":{"patient":{"sources":[{"state":"OK"},{"state":"OK"},{"state":"TIMEOUT"}],"x":{"state":"OK"}}}}"#;
        assert_eq!(well(head), 2);
        assert_eq!(well(b""), 0);
    }
}
