//! The schema with everything behind it, and what is done with a request before it runs: read, measure, judge.

use std::collections::BTreeSet;
use std::sync::Arc;
use std::time::Duration;

use async_graphql::{Schema, ServerError, ValidationMode, Variables};
use moka::sync::Cache;

use super::classes::{ClassError, classes};
use super::costs::Costs;
use super::document::parse;
use super::documents::{Named, TrustedDocuments};
use super::failures::Failures;
use super::gateway::{Gateway, House};
use super::guard;
use super::introspection;
use super::known::Known;
use super::limits::Limits;
use super::paths::Paths;
use super::plans::Plans;
use super::prepared::Prepared;
use super::pulse::{Pulse, Pulses};
use super::rates::Rates;
use super::request::Request;
use super::roots::{Mutation, Query, Subscription};
use super::streams::Cursors;
use super::validation::{Types, coerce, faults};
use crate::access::{AccessMask, FieldClass, Policy, PolicyFile, Role, Viewer};
use crate::audit::{AuditLog, Figures};
use crate::gather::Fleet;
use crate::identity::PersonIndex;
use crate::ledger::Ledger;
use crate::register::{Register, Workshop};
use crate::view::{InForce, Merged};

/// How many bytes of documents are kept parsed.
const PARSED_CAPACITY: u64 = 8 * 1024 * 1024;

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
    /// What was recorded about who may see whom.
    pub(crate) ledger: Ledger,
    /// The connectors that are registered.
    pub(crate) register: Arc<Register>,
    /// Reads, tries and runs them.
    pub(crate) workshop: Arc<dyn Workshop>,
    /// Who saw what.
    pub(crate) audit: AuditLog,
    /// Views that were merged before.
    pub(crate) merged: Merged,
    /// Names of what streams have shown.
    pub(crate) cursors: Cursors,
}

/// The schema with everything behind it. Cheap to clone.
#[derive(Clone)]
pub struct Engine {
    pub(super) schema: Schema<Query, Mutation, Subscription>,
    /// What stays, whichever sources there are.
    pub(super) house: Arc<House>,
    sources: Arc<InForce>,
    types: Arc<Types>,
    parsed: Cache<String, Arc<Known>>,
    documents: Arc<TrustedDocuments>,
    limits: Limits,
    /// How long a request may take.
    pub(super) budget: Duration,
    /// Who may have sources asked anew.
    pub(super) live_reads: Arc<BTreeSet<Role>>,
    /// Who may know when which source was asked.
    pub(super) waterfall: Arc<BTreeSet<Role>>,
    pub(super) policy: Arc<PolicyFile>,
}

impl Engine {
    /// Builds the schema over these sources. Fails when a field has no access class.
    pub(crate) fn new(
        sources: Arc<InForce>,
        index: PersonIndex,
        access: Access,
        admission: Admission,
        budget: Duration,
    ) -> Result<Self, ClassError> {
        let Access { policy, ledger, register, workshop, audit, merged, cursors } = access;
        let Admission { limits, documents, rates, live_reads, waterfall } = admission;
        let house = Arc::new(House {
            index,
            ledger,
            register,
            workshop,
            audit,
            rates,
            merged,
            plans: Plans::default(),
            costs: Costs::default(),
            pulses: Pulses::default(),
            cursors,
        });
        let sdl = Self::sdl();
        classes(&sdl)?;
        let types = Arc::new(Types::read(&sdl).map_err(ClassError::unreadable)?);
        let schema = Schema::build(Query::default(), Mutation::default(), Subscription)
            .data(Paths::of(&sdl)?)
            // Documents are validated by rules of our own, before they come here.
            .validation_mode(ValidationMode::Fast)
            .extension(Failures)
            .finish();
        let parsed = Cache::builder()
            .weigher(|query: &String, _: &Arc<Known>| {
                u32::try_from(query.len() * 16).unwrap_or(u32::MAX)
            })
            .max_capacity(PARSED_CAPACITY)
            .build();
        let (live_reads, waterfall) = (Arc::new(live_reads), Arc::new(waterfall));
        Ok(Self {
            schema,
            house,
            sources,
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

    /// The gateway with which an operation begins now.
    pub(super) fn gateway(&self) -> Arc<Gateway> {
        Gateway::now(&self.sources, &self.house)
    }

    /// The sources that are in force now.
    pub fn fleet(&self) -> Fleet {
        self.sources.get().fleet
    }

    /// Reads, measures and judges what a request asks for.
    pub(super) fn prepare(
        &self,
        request: Request,
        viewer: &Viewer,
        policy: &Policy,
        pulse: &Pulse,
    ) -> Result<Prepared, Vec<ServerError>> {
        let query = self.document(&request).map_err(|error| vec![error])?;
        let known = self.parse(&query).map_err(|error| vec![error])?;
        let name = request.operation_name.as_deref();
        let operation = guard::operation(&known.document, name).map_err(|error| vec![error])?;
        pulse.is(operation.ty);
        self.measure(&known, &request).map_err(|error| vec![error])?;
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
        let ready = known.ready(name, operation);
        let document = known.hash.clone();
        Ok(Prepared { document, name: request.operation_name, ready, variables })
    }

    /// Refuses what asks for too much. What a variable says counts only where it is read, and there it is bounded: sizes
    /// are measured before variables are judged.
    fn measure(&self, known: &Known, request: &Request) -> Result<(), ServerError> {
        if known.fits.get().is_some() {
            return Ok(());
        }
        let given = request.variables.clone().unwrap_or_default();
        let given = Variables::from_json(serde_json::Value::Object(given));
        let name = request.operation_name.as_deref();
        if !guard::check(&known.document, name, &given, &self.limits)? {
            known.fits.get_or_init(|| ());
        }
        Ok(())
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
        let known = Arc::new(Known::new(parse(query, self.limits.tokens)?, query));
        self.parsed.insert(query.clone(), known.clone());
        Ok(known)
    }

    /// What access control has cost so far.
    pub fn costs(&self) -> &Costs {
        &self.house.costs
    }

    /// How often a chart was merged, and how often one that had been was shown again.
    pub fn merges(&self) -> (u64, u64) {
        self.house.merged.figures()
    }

    /// How requests go.
    pub fn pulses(&self) -> &Pulses {
        &self.house.pulses
    }

    /// What writing the audit log has cost so far.
    pub fn audit_figures(&self) -> &Figures {
        self.house.audit.figures()
    }

    /// The schema's text.
    pub fn sdl() -> String {
        Schema::build(Query::default(), Mutation::default(), Subscription).finish().sdl()
    }

    /// The class of every field of the schema.
    pub fn classes() -> Result<Vec<(String, FieldClass)>, ClassError> {
        let mut classes = classes(&Self::sdl())?;
        let meta = ["Query.__schema", "Query.__type"];
        classes.extend(meta.map(|field| (field.to_owned(), FieldClass::Introspection)));
        Ok(classes)
    }
}
