//! Runs requests: guard, parse, validate, execute.

use std::sync::Arc;
use std::time::Duration;

use async_graphql::parser::parse_query;
use async_graphql::parser::types::ExecutableDocument;
use async_graphql::{EmptySubscription, Pos, Schema, ServerError, Value, Variables};
use moka::sync::Cache;
use serde::Deserialize;
use tokio::time::Instant;

use super::call::{AccessMode, Call};
use super::classes::{ClassError, classes};
use super::error::{ErrorCode, is_forbidden, with_code};
use super::failures::Failures;
use super::guard::{self, Limits};
use super::lookup::Gateway;
use super::paths::Paths;
use super::reply::Reply;
use super::roots::{Mutation, Query};
use super::trail::Stamp;
use crate::access::{FieldClass, PolicyFile, Viewer};
use crate::audit::AuditLog;
use crate::gather::Fleet;
use crate::identity::PersonIndex;
use crate::ledger::Ledger;
use crate::view::Labelling;

/// How many bytes of documents are kept parsed.
const PARSED_CAPACITY: u64 = 8 * 1024 * 1024;

/// A GraphQL request, as the GraphQL-over-HTTP specification has it.
#[derive(Debug, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct Request {
    /// The document.
    pub query: String,
    /// Values of its variables.
    #[serde(default)]
    pub variables: Option<serde_json::Map<String, serde_json::Value>>,
    /// Which of its operations.
    #[serde(default)]
    pub operation_name: Option<String>,
    /// Nothing that we know.
    #[serde(default)]
    pub extensions: Option<serde_json::Map<String, serde_json::Value>>,
}

/// What decides on access.
pub(crate) struct Access {
    /// Who may see what.
    pub(crate) policy: Arc<PolicyFile>,
    /// How sensitive records are.
    pub(crate) labelling: Labelling,
    /// What was recorded about who may see whom.
    pub(crate) ledger: Ledger,
    /// Who saw what.
    pub(crate) audit: AuditLog,
}

/// The schema with everything behind it. Cheap to clone.
#[derive(Clone)]
pub struct Engine {
    schema: Schema<Query, Mutation, EmptySubscription>,
    gateway: Arc<Gateway>,
    parsed: Cache<String, Arc<ExecutableDocument>>,
    limits: Limits,
    /// How long a request may take.
    budget: Duration,
    policy: Arc<PolicyFile>,
}

impl Engine {
    /// Builds the schema over these sources. Fails when a field has no access class.
    pub(crate) fn new(
        fleet: Fleet,
        index: PersonIndex,
        access: Access,
        limits: Limits,
        budget: Duration,
    ) -> Result<Self, ClassError> {
        let Access { policy, labelling, ledger, audit } = access;
        let gateway = Arc::new(Gateway { fleet, index, labelling, ledger, audit });
        let sdl = Self::sdl();
        classes(&sdl)?;
        let schema = Schema::build(Query::default(), Mutation::default(), EmptySubscription)
            .data(gateway.clone())
            .data(Paths::of(&sdl)?)
            .extension(Failures)
            .finish();
        let parsed = Cache::builder()
            .weigher(|query: &String, _: &Arc<ExecutableDocument>| {
                u32::try_from(query.len() * 8).unwrap_or(u32::MAX)
            })
            .max_capacity(PARSED_CAPACITY)
            .build();
        Ok(Self { schema, gateway, parsed, limits, budget, policy })
    }

    /// Runs one request for one viewer. `id` names it in the audit log, which is written before this returns.
    pub async fn execute(
        &self,
        request: Request,
        viewer: Viewer,
        mode: AccessMode,
        id: &str,
    ) -> Reply {
        let stamp = Stamp::new(id, &request.query, request.operation_name.as_deref());
        let prepared = match self.prepare(request) {
            Ok(prepared) => prepared,
            Err(error) => return Reply::refused(error),
        };
        let deadline = Instant::now() + self.budget;
        let viewer = self.gateway.recognise(viewer).await;
        let call = Arc::new(Call::new(viewer, self.policy.current(), mode, deadline, stamp));
        let response = call.complete(self.schema.execute(prepared.data(call.clone())).await);
        if self.record(&call, &response).await.is_err() {
            return Reply::unrecorded();
        }
        match call.refusal() {
            Some(refusal) => Reply::refused(refusal.into_server_error(Pos::default())),
            None => Reply::of(response, call.access()),
        }
    }

    /// Writes down what the request touched; an answer of which that is not known may not leave.
    async fn record(&self, call: &Call, response: &async_graphql::Response) -> Result<(), ()> {
        let forbidden = response.errors.iter().any(is_forbidden);
        let entries = call.trail.entries(call, call.refusal().is_some(), forbidden);
        self.gateway.audit.append(entries).await.map_err(|error| {
            tracing::error!(%error, "an answer is withheld, because it could not be recorded");
        })
    }

    fn prepare(&self, request: Request) -> Result<async_graphql::Request, ServerError> {
        let document = self.parse(&request.query)?;
        let mut variables =
            Variables::from_json(serde_json::Value::Object(request.variables.unwrap_or_default()));
        let operation = guard::operation(&document, request.operation_name.as_deref())?;
        // The library takes `@include(if: $x)` for false when only the default of `$x` says true.
        for defined in &operation.variable_definitions {
            let name = &defined.node.name.node;
            match (variables.get(name), defined.node.default_value()) {
                (None, Some(default)) => {
                    variables.insert(name.clone(), default.clone());
                }
                (None | Some(Value::Null), _) if !defined.node.var_type.node.nullable => {
                    return Err(ErrorCode::BadUserInput
                        .of_request(format!("The variable ${name} needs a value.")));
                }
                _ => {}
            }
        }
        guard::check(&document, request.operation_name.as_deref(), &variables, &self.limits)?;
        let mut prepared = async_graphql::Request::new(request.query).variables(variables);
        if let Some(name) = request.operation_name {
            prepared = prepared.operation_name(name);
        }
        prepared.set_parsed_query((*document).clone());
        Ok(prepared)
    }

    fn parse(&self, query: &String) -> Result<Arc<ExecutableDocument>, ServerError> {
        if let Some(document) = self.parsed.get(query) {
            return Ok(document);
        }
        guard::check_tokens(query, &self.limits)?;
        let document = Arc::new(parse_query(query).map_err(|error| with_code(error.into()))?);
        self.parsed.insert(query.clone(), document.clone());
        Ok(document)
    }

    /// The schema's text.
    pub fn sdl() -> String {
        Schema::build(Query::default(), Mutation::default(), EmptySubscription).finish().sdl()
    }

    /// The class of every field of the schema.
    pub fn classes() -> Result<Vec<(String, FieldClass)>, ClassError> {
        classes(&Self::sdl())
    }
}
