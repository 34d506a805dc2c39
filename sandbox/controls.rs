//! How people change the records of the systems while they run: one line of `curl`.
//!
//! It stands beside the systems and not in them, so that no fault of theirs keeps anybody from it.

use std::{io, sync::Arc};

use axum::{
    Json, Router,
    extract::{Path, RawQuery, State},
    http::{HeaderMap, StatusCode, header},
    routing::post,
};
use serde_json::{Value, json};
use tokio::sync::watch;

use crate::{
    change::{Change, ChangeError, Novelty},
    fault::Fault,
    front,
    listener::{FaultyListener, Serving, serve},
    query,
    system::Records,
};

/// What can be said.
const USAGE: &str = "say add=allergy, add=condition or add=medication (with of=KEY and patient=ID if you like), \
    amend=TYPE/ID&status=STATUS, or remove=TYPE/ID";

/// The place where records are changed.
#[derive(Debug)]
pub(crate) struct Controls {
    url: String,
    serving: Serving,
}

impl Controls {
    pub(crate) async fn start(port: u16, systems: Vec<Records>) -> io::Result<Self> {
        let (_, faults) = watch::channel(Fault::None);
        let listener = FaultyListener::bind(port, faults).await?;
        let url = front::base_url(listener.address(), "");
        let router = Router::new().route("/{system}", post(change)).with_state(Arc::new(systems));
        Ok(Self { url, serving: serve(listener, router) })
    }

    pub(crate) fn url(&self) -> &str {
        &self.url
    }

    pub(crate) async fn close(&mut self) {
        self.serving.close().await;
    }
}

async fn change(
    State(systems): State<Arc<Vec<Records>>>,
    Path(system): Path<String>,
    RawQuery(query): RawQuery,
    headers: HeaderMap,
) -> (StatusCode, Json<Value>) {
    let refuse = |status, text: String| (status, Json(json!({ "error": text })));
    if headers.contains_key(header::ORIGIN) {
        return refuse(
            StatusCode::FORBIDDEN,
            "pages of the web may change nothing here".to_owned(),
        );
    }
    let Some(records) = systems.iter().find(|records| records.id == system) else {
        let known: Vec<&str> = systems.iter().map(|records| records.id).collect();
        let text = format!("there is no system `{system}`; the systems are {}", known.join(", "));
        return refuse(StatusCode::NOT_FOUND, text);
    };
    let pairs = query::pairs(query.as_deref().unwrap_or_default());
    let asked = match read(&pairs, records) {
        Ok(asked) => asked,
        Err(text) => return refuse(StatusCode::BAD_REQUEST, text),
    };
    match records.change(&asked) {
        Ok(changed) => (StatusCode::OK, Json(json!(changed))),
        Err(error) => refuse(StatusCode::BAD_REQUEST, error.to_string()),
    }
}

/// The change that a query asks for. Without a patient, it is about the first of the population.
fn read(pairs: &[(String, String)], records: &Records) -> Result<Change, String> {
    let known = ["add", "of", "patient", "amend", "status", "remove"];
    if let Some((name, _)) = pairs.iter().find(|(name, _)| !known.contains(&name.as_str())) {
        return Err(format!("`{name}` means nothing here; {USAGE}"));
    }
    let text = |name| query::first(pairs, name).map(str::to_owned);
    match (text("add"), text("amend"), text("status"), text("remove")) {
        (Some(what), None, None, None) => {
            let what: Novelty =
                what.parse().map_err(|()| format!("`{what}` cannot be added; {USAGE}"))?;
            let person = match text("patient") {
                Some(id) => records.patient(&id).ok_or_else(|| ChangeError::Patient.to_string())?,
                None => 0,
            };
            Ok(Change::Add { person, what, of: text("of") })
        }
        (None, Some(reference), Some(status), None) => Ok(Change::Amend { reference, status }),
        (None, None, None, Some(reference)) => Ok(Change::Remove { reference }),
        _ => Err(USAGE.to_owned()),
    }
}
