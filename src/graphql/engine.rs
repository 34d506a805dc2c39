//! Runs requests: guard, parse, validate, execute.

use std::collections::BTreeSet;
use std::sync::{Arc, OnceLock};
use std::time::Duration;

use async_graphql::parser::types::ExecutableDocument;
use async_graphql::{
    EmptySubscription, Pos, Response, Schema, ServerError, ValidationMode, Variables,
};
use moka::sync::Cache;
use tokio::time::{Instant, timeout_at};

use super::call::{Call, Manner};
use super::classes::{ClassError, classes};
use super::costs::Costs;
use super::document::parse;
use super::documents::{Named, TrustedDocuments};
use super::error::is_forbidden;
use super::failures::Failures;
use super::guard;
use super::introspection;
use super::limits::Limits;
use super::lookup::Gateway;
use super::paths::Paths;
use super::plans::{Planned, Plans};
use super::pulse::{Pulse, Pulses};
use super::rates::{self, Rates};
use super::reply::{Reply, Verdict};
use super::request::Request;
use super::roots::{Mutation, Query};
use super::trail::Stamp;
use super::validation::{Types, coerce, faults};
use super::waterfall::Waterfall;
use crate::access::{AccessMask, FieldClass, Policy, PolicyFile, Role, Viewer};
use crate::audit::{AuditError, AuditLog, Figures};
use crate::gather::Fleet;
use crate::identity::PersonIndex;
use crate::ledger::Ledger;
use crate::telemetry::trace::{self, Side};
use crate::view::{Labelling, Merged};

/// How many bytes of documents are kept parsed.
const PARSED_CAPACITY: u64 = 8 * 1024 * 1024;
/// How long an answer that is ready may wait for the audit log, be the request's own time over.
const RECORDING: Duration = Duration::from_secs(1);

/// What decides whether a request is let in.
pub(crate) struct Admission {
    /// How much one document may ask.
    pub(crate) limits: Limits,
    /// Which documents are taken.
    pub(crate) documents: Arc<TrustedDocuments>,
    /// How much one viewer may ask.
    pub(crate) rates: Rates,
    /// Who may have sources asked anew.
    pub(crate) live_reads: BTreeSet<Role>,
    /// Who may know when which source was asked.
    pub(crate) waterfall: BTreeSet<Role>,
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
    /// Views that were merged before.
    pub(crate) merged: Merged,
}

/// A document that was read before.
struct Known {
    document: ExecutableDocument,
    introspects: bool,
    planned: Arc<Planned>,
    /// What is wrong with it, once somebody had to know.
    faults: OnceLock<Vec<ServerError>>,
}

/// The schema with everything behind it. Cheap to clone.
#[derive(Clone)]
pub struct Engine {
    schema: Schema<Query, Mutation, EmptySubscription>,
    gateway: Arc<Gateway>,
    types: Arc<Types>,
    parsed: Cache<String, Arc<Known>>,
    documents: Arc<TrustedDocuments>,
    limits: Limits,
    /// How long a request may take.
    budget: Duration,
    /// Who may have sources asked anew.
    live_reads: Arc<BTreeSet<Role>>,
    /// Who may know when which source was asked.
    waterfall: Arc<BTreeSet<Role>>,
    policy: Arc<PolicyFile>,
}

impl Engine {
    /// Builds the schema over these sources. Fails when a field has no access class.
    pub(crate) fn new(
        fleet: Fleet,
        index: PersonIndex,
        access: Access,
        admission: Admission,
        budget: Duration,
    ) -> Result<Self, ClassError> {
        let Access { policy, labelling, ledger, audit, merged } = access;
        let Admission { limits, documents, rates, live_reads, waterfall } = admission;
        let gateway = Arc::new(Gateway {
            fleet,
            index,
            labelling,
            ledger,
            audit,
            rates,
            merged,
            plans: Plans::default(),
            costs: Costs::default(),
            pulses: Pulses::default(),
        });
        let sdl = Self::sdl();
        classes(&sdl)?;
        let types = Arc::new(Types::read(&sdl).map_err(ClassError::unreadable)?);
        let schema = Schema::build(Query::default(), Mutation::default(), EmptySubscription)
            .data(gateway.clone())
            .data(Paths::of(&sdl)?)
            // Documents are validated by rules of our own, before they come here.
            .validation_mode(ValidationMode::Fast)
            .extension(Failures)
            .finish();
        let parsed = Cache::builder()
            .weigher(|query: &String, _: &Arc<Known>| {
                u32::try_from(query.len() * 8).unwrap_or(u32::MAX)
            })
            .max_capacity(PARSED_CAPACITY)
            .build();
        let (live_reads, waterfall) = (Arc::new(live_reads), Arc::new(waterfall));
        Ok(Self {
            schema,
            gateway,
            types,
            parsed,
            documents,
            limits,
            budget,
            live_reads,
            waterfall,
            policy,
        })
    }

    /// Runs one request for one viewer. `id` names it in the audit log, which is written before this returns.
    pub async fn execute(
        &self,
        request: Request,
        viewer: Viewer,
        manner: Manner,
        id: &str,
    ) -> Reply {
        let pulse = Arc::new(Pulse::begin());
        let mut span = trace::child("operation", Side::Internal);
        let running = self.run(request, viewer, manner, id, pulse.clone());
        let reply = trace::within(span.as_ref(), running).await;
        let outcome = self.gateway.pulses.count(&pulse, &reply);
        if let Some(span) = &mut span {
            span.set("caregraph.operation", pulse.operation());
            span.set("caregraph.outcome", outcome);
            if reply.verdict == Verdict::Unrecorded {
                span.fail();
            }
        }
        reply
    }

    async fn run(
        &self,
        request: Request,
        viewer: Viewer,
        manner: Manner,
        id: &str,
        pulse: Arc<Pulse>,
    ) -> Reply {
        if let Err(wait) = self.gateway.rates.request(&viewer, std::time::Instant::now()) {
            return Reply::limited(rates::too_many_requests(), Some(wait));
        }
        let policy = self.policy.current();
        let operation = request.operation_name.clone();
        let (prepared, planned) = match self.prepare(request, &viewer, &policy, &pulse) {
            Ok(prepared) => prepared,
            Err(errors) => return Reply::of(Response::from_errors(errors), None),
        };
        let now = Instant::now();
        let deadline = now + self.budget;
        let oldest = manner.oldest.filter(|_| self.live_reads.contains(&viewer.role));
        let since = oldest.and_then(|oldest| now.checked_sub(oldest));
        let viewer = self.gateway.recognise(viewer).await;
        let stamp = Stamp::new(id, &prepared.query, operation.as_deref());
        let mode = manner.mode;
        let watches = manner.waterfall && self.waterfall.contains(&viewer.role);
        let call = Call::new(viewer, policy, mode, deadline, since, stamp, planned);
        let call = Arc::new(call.watched(pulse, watches.then(Waterfall::default)));
        let response = call.complete(self.schema.execute(prepared.data(call.clone())).await);
        if self.record(&call, &response).await.is_err() {
            return Reply::unrecorded();
        }
        if call.is_over_its_rate() {
            return Reply::limited(
                rates::too_many_patients().into_server_error(Pos::default()),
                None,
            );
        }
        match call.refusal() {
            Some(refusal) => Reply::refused(refusal.into_server_error(Pos::default())),
            None => Reply::of(response, call.extensions()),
        }
    }

    /// Writes down what the request touched; an answer of which that is not known may not leave.
    async fn record(&self, call: &Call, response: &Response) -> Result<(), ()> {
        let recording = async {
            let refused = call.refusal().is_some() || call.is_over_its_rate();
            let forbidden = response.errors.iter().any(is_forbidden);
            let written = self.gateway.audit.append(call.trail.entries(call, refused, forbidden));
            // Nobody waits for a log that hangs much longer than for anything else. What it writes later stays true: that
            // somebody asked.
            let until = call.deadline.max(Instant::now() + RECORDING);
            timeout_at(until, written).await.unwrap_or(Err(AuditError::TooSlow))
        };
        let recorded = self.gateway.costs.audit.wait(recording).await;
        recorded.map_err(|error| {
            tracing::error!(%error, "an answer is withheld, because it could not be recorded");
        })
    }

    fn prepare(
        &self,
        request: Request,
        viewer: &Viewer,
        policy: &Policy,
        pulse: &Pulse,
    ) -> Result<(async_graphql::Request, Arc<Planned>), Vec<ServerError>> {
        let query = self.document(&request).map_err(|error| vec![error])?;
        let known = self.parse(&query).map_err(|error| vec![error])?;
        let name = request.operation_name.as_deref();
        let operation = guard::operation(&known.document, name).map_err(|error| vec![error])?;
        pulse.is(operation.ty);
        // What a variable says counts only where it is read, and there it is bounded: sizes are measured first.
        let given = Variables::from_json(serde_json::Value::Object(
            request.variables.clone().unwrap_or_default(),
        ));
        guard::check(&known.document, name, &given, &self.limits).map_err(|error| vec![error])?;
        let mask = AccessMask::of_role(policy, viewer);
        if known.introspects && !mask.allows(FieldClass::Introspection) {
            return Err(vec![introspection::refusal()]);
        }
        let faults = known.faults.get_or_init(|| faults(&self.types, &known.document));
        if !faults.is_empty() {
            return Err(faults.clone());
        }
        let variables = coerce(&self.types, operation, request.variables.unwrap_or_default())
            .map_err(|error| vec![error])?;
        let mut prepared = async_graphql::Request::new(query).variables(variables);
        if let Some(name) = request.operation_name {
            prepared = prepared.operation_name(name);
        }
        prepared.set_parsed_query(known.document.clone());
        Ok((prepared, known.planned.clone()))
    }

    /// The text of the document that a request means.
    fn document(&self, request: &Request) -> Result<String, ServerError> {
        self.documents.text(Named {
            query: request.query.as_deref(),
            id: request.document_id.as_deref(),
            extensions: request.extensions.as_ref(),
        })
    }

    fn parse(&self, query: &String) -> Result<Arc<Known>, ServerError> {
        if let Some(known) = self.parsed.get(query) {
            return Ok(known);
        }
        let document = parse(query, self.limits.tokens)?;
        let introspects = introspection::asks(&document);
        let known = Arc::new(Known {
            introspects,
            planned: Arc::new(Planned::of(&document, query)),
            faults: OnceLock::new(),
            document,
        });
        self.parsed.insert(query.clone(), known.clone());
        Ok(known)
    }

    /// What access control has cost so far.
    pub fn costs(&self) -> &Costs {
        &self.gateway.costs
    }

    /// How requests go.
    pub fn pulses(&self) -> &Pulses {
        &self.gateway.pulses
    }

    /// What writing the audit log has cost so far.
    pub fn audit_figures(&self) -> &Figures {
        self.gateway.audit.figures()
    }

    /// The schema's text.
    pub fn sdl() -> String {
        Schema::build(Query::default(), Mutation::default(), EmptySubscription).finish().sdl()
    }

    /// The class of every field of the schema.
    pub fn classes() -> Result<Vec<(String, FieldClass)>, ClassError> {
        let mut classes = classes(&Self::sdl())?;
        let meta = ["Query.__schema", "Query.__type"];
        classes.extend(meta.map(|field| (field.to_owned(), FieldClass::Introspection)));
        Ok(classes)
    }
}
