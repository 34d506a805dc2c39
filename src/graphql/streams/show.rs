//! What the two roots of streams show at one moment.

use std::collections::BTreeSet;
use std::sync::Arc;
use std::time::SystemTime;

use async_graphql::{Context, Error, ID};
use aws_lc_rs::digest::{SHA256, digest};
use bytes::Bytes;

use super::following::{Following, changed};
use crate::access::AccessMask;
use crate::gather::{Gathered, Imprint};
use crate::graphql::call::Call;
use crate::graphql::gateway::Gateway;
use crate::graphql::lookup::at;
use crate::graphql::roots::in_resolver;
use crate::graphql::words::WantedSection;
use crate::identity::Identity;
use crate::view::completeness::instant;
use crate::view::gate::{Compiler, Output};
use crate::view::source::Source;
use crate::view::stream::{PatientChange, PatientView};
use crate::view::{Marks, Patient, Snapshot, View};
use caregraph_connectors::record::Section;

/// The arguments of both roots.
struct Asked {
    id: ID,
    sections: Option<BTreeSet<Section>>,
    after: Option<String>,
}

impl Asked {
    fn of(context: &Context<'_>, following: &Following) -> Result<Self, Error> {
        let (_, id) = context.param_value::<ID>("id", None).map_err(in_resolver)?;
        let (_, sections) = context
            .param_value::<Option<Vec<WantedSection>>>("sections", None)
            .map_err(in_resolver)?;
        let (_, after) =
            context.param_value::<Option<String>>("after", None).map_err(in_resolver)?;
        let sections = sections.map(|list| list.into_iter().map(|it| it.0).collect());
        Ok(Self { id, sections, after: following.resumes.clone().or(after) })
    }

    /// Those that are asked for, of these.
    fn among(&self, sections: &BTreeSet<Section>) -> BTreeSet<Section> {
        let is_asked = |it: &&Section| self.sections.as_ref().is_none_or(|all| all.contains(it));
        sections.iter().filter(is_asked).copied().collect()
    }
}

/// The patient as they are now; nothing when that is what was shown last.
pub(crate) async fn patient_view(context: &Context<'_>) -> Result<Option<Bytes>, Error> {
    let (gateway, call) = at(context);
    let following = context.data_unchecked::<Arc<Following>>();
    let asked = Asked::of(context, following)?;
    let (mut identity, mask) = admit(gateway, call, following, &asked.id).await?;
    let planned = || gateway.plans.plan::<PatientView>(context, call, &mask, "patientView");
    let plan = gateway.costs.gate.time(planned).map_err(in_resolver)?;
    call.trail.shows(identity.id, &plan.classes, &plan.redactions);
    call.touch(&mask, plan.redactions.clone())?;
    let gathered = look(gateway, call, following, (&identity, &mask), &asked.among(&plan.sections));
    gateway.veil([(&mut identity, &mask)]).await?;
    let person = identity.id;
    let snapshot = Snapshot::new(identity, gathered);
    let view = masked(gateway, snapshot.clone(), &mask);
    let marks = view.marks(None);
    let around = around(call, &view);
    let shape = format!("{:?}", plan.shape);
    let of = [b"patientView".as_slice(), shape.as_bytes(), &around];
    let cursor = gateway.cursors.name(&call.viewer, person, &of, &marks);
    let before = following.told();
    let is_known = before.is_none() && asked.after.as_ref() == Some(&cursor);
    if is_known || following.is_same(&marks, around) {
        following.keep_quiet();
        following.tell(Arc::new(marks), around, cursor);
        return Ok(None);
    }
    let sections = changed(before.as_deref(), &marks);
    following.tell(Arc::new(marks), around, cursor.clone());
    let log = gateway.log_pages(call, person, &mask, plan.log.clone()).await?;
    let shown = PatientView {
        pending: view.pending(),
        complete: view.pending().is_empty(),
        changed: sections.into_iter().collect(),
        patient: gateway.see(snapshot, &mask).with_log(log),
        cursor,
    };
    Ok(Some(plan.write(&shown)))
}

/// What has changed since it was told last; nothing when that is nothing.
pub(crate) async fn patient_changed(context: &Context<'_>) -> Result<Option<Bytes>, Error> {
    let (gateway, call) = at(context);
    let following = context.data_unchecked::<Arc<Following>>();
    let asked = Asked::of(context, following)?;
    let (identity, mask) = admit(gateway, call, following, &asked.id).await?;
    let plan = Compiler::plan::<PatientChange>(context, &mask, &["patientChanged"])
        .map_err(in_resolver)?;
    let shown = Section::ALL.iter().copied().filter(|it| Patient::shows(*it, &mask)).collect();
    let sections = asked.among(&shown);
    let gathered = look(gateway, call, following, (&identity, &mask), &sections);
    let person = identity.id;
    let view = masked(gateway, Snapshot::new(identity, gathered), &mask);
    let name =
        |marks: &Marks| gateway.cursors.name(&call.viewer, person, &[b"patientChanged"], marks);
    let known =
        |cursor: &String| gateway.cursors.marks(cursor).filter(|marks| name(marks) == *cursor);
    let before = following.told().or_else(|| asked.after.as_ref().and_then(known));
    // Before everything was seen once, nobody can tell what changed.
    if before.is_none() && !view.pending().is_empty() {
        following.keep_quiet();
        return Ok(None);
    }
    let marks = Arc::new(view.marks(before.as_deref()));
    let cursor = name(&marks);
    let after = asked.after.as_deref();
    let change = change(gateway, before.as_deref(), after, (&marks, &cursor));
    let told = change.iter().flat_map(|change| &change.sections);
    let classes = told.map(|it| Patient::class_of(*it)).collect();
    call.trail.shows(person, &classes, &BTreeSet::new());
    gateway.cursors.keep(&cursor, &marks);
    following.tell(marks, Imprint::default(), cursor);
    if change.is_none() {
        following.keep_quiet();
    }
    Ok(change.map(|change| plan.write(&change)))
}

/// What there is to tell of what has changed: since what was told last, or since the cursor of which nobody knows any more
/// what it stood for. A stream that begins is told so, with the cursor from which it can be resumed.
fn change(
    gateway: &Gateway,
    before: Option<&Marks>,
    after: Option<&str>,
    (marks, cursor): (&Marks, &String),
) -> Option<PatientChange> {
    let mut change = PatientChange {
        sections: Vec::new(),
        sources: Vec::new(),
        at: instant(SystemTime::now()),
        missed: false,
        cursor: cursor.clone(),
    };
    let is_news = match (before, after) {
        (Some(before), _) => {
            (change.sections, change.sources) = difference(gateway, before, marks);
            !change.sections.is_empty()
        }
        (None, Some(after)) => {
            change.missed = after != cursor;
            change.missed
        }
        (None, None) => true,
    };
    is_news.then_some(change)
}

/// The patient, if the viewer may see them now. The event rests on that.
async fn admit(
    gateway: &Gateway,
    call: &Call,
    following: &Following,
    id: &ID,
) -> Result<(Identity, AccessMask), Error> {
    let (identity, mask) = gateway.patient(call, id).await?;
    following.rest_on(identity.id, gateway.basis(&identity, &mask));
    Ok((identity, mask))
}

/// What is known now of what may be shown. Nothing else is watched.
fn look(
    gateway: &Gateway,
    call: &Call,
    following: &Following,
    (identity, mask): (&Identity, &AccessMask),
    sections: &BTreeSet<Section>,
) -> Gathered {
    let person = gateway.asked(identity, mask, sections, gateway.unread());
    let gathered = following.watch.look(&gateway.fleet, &person, sections);
    call.trail.asked(identity.id, crate::graphql::lookup::asked_sources(&gathered));
    gathered
}

fn masked(gateway: &Gateway, snapshot: Snapshot, mask: &AccessMask) -> View {
    gateway.costs.gate.time(|| View::new(snapshot, mask, &gateway.labelling))
}

/// What is shown beside the sections: links, and what is said about access.
fn around(call: &Call, view: &View) -> Imprint {
    let access = call.access().map(|access| access.to_string()).unwrap_or_default();
    let parts = [view.mark_of_links().as_slice(), access.as_bytes()].concat();
    let mut imprint = Imprint::default();
    imprint.copy_from_slice(&digest(&SHA256, &parts).as_ref()[..16]);
    imprint
}

/// The sections and the sources whose marks are not what they were. What is not shown any more is not told of.
fn difference(gateway: &Gateway, before: &Marks, now: &Marks) -> (Vec<Section>, Vec<Source>) {
    let is_new = |(key, mark): &(&(Section, _), &Imprint)| before.get(*key) != Some(*mark);
    let keys: Vec<_> = now.iter().filter(is_new).map(|(key, _)| key).collect();
    let sections: BTreeSet<Section> = keys.iter().map(|(section, _)| *section).collect();
    let is_named = |id| keys.iter().any(|(_, source)| source == id);
    let sources = gateway.fleet.all().iter().filter(|source| is_named(&source.id));
    (sections.into_iter().collect(), sources.cloned().map(Source).collect())
}

/// The types of both roots, for the schema.
pub(crate) fn register(registry: &mut async_graphql::registry::Registry) -> [String; 2] {
    PatientView::register(registry);
    PatientChange::register(registry);
    [PatientView::type_ref(), PatientChange::type_ref()]
}
