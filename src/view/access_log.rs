//! Who looked at a patient's data, as the patient and auditors see it.

use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;

use super::completeness::Completeness;
use super::connection::{Connection, Entry, Window, item};
use super::gate::{Args, Instant, object};
use super::paging::{DEFAULT_PAGE, LARGEST_PAGE};
use crate::access::{AccessMask, Label, Role};
use crate::audit::{self, Place, instant};
use caregraph_connectors::record::FuzzyDate;

object! {
    /// One time that somebody looked at the patient's data, searched for the patient, or changed something of theirs.
    struct PatientAccess {
        /// When.
        at: Option<Instant>, Inherit;
        /// What was done: `READ`, `SEARCH`, `CONSENT_RECORDED`, …
        event: &'static str, Inherit;
        /// What became of it: `DONE`, `DENIED`, `ATTEMPTED`, `FAILED`.
        outcome: &'static str, Inherit;
        /// Who, in the words of the issuer of their token; null for viewers from whom records may be hidden, and for other
        /// patients who were turned away.
        viewer: Option<String>, Inherit;
        /// In which role.
        role: String, Inherit;
        /// For which organisation; null for viewers from whom records may be hidden.
        organization: Option<String>, Inherit;
        /// For which purpose, as an HL7 code.
        purpose: String, Inherit;
        /// Which kinds of data were shown, by the classes of their fields.
        classes: Vec<String>, Inherit;
    }
}
item!(PatientAccess, paged_elsewhere);

object! {
    /// One entry of the audit log, as auditors see it: patients are known by a name that leads to nobody.
    struct AccessLogEntry {
        /// Where it stands: chain and place.
        entry: String, Inherit;
        /// When.
        at: Option<Instant>, Inherit;
        /// What was done: `READ`, `SEARCH`, `LOG_READ`, `CONSENT_RECORDED`, `START`, …
        event: &'static str, Inherit;
        /// What became of it: `DONE`, `DENIED`, `NOT_FOUND`, `ATTEMPTED`, `FAILED`.
        outcome: &'static str, Inherit;
        /// Whose data: the same name for the same patient, and no way to their id.
        patient: Option<String>, Inherit;
        /// Who, in the words of the issuer of their token; of patients and caregivers a name that leads to nobody. Null
        /// for the gateway itself.
        viewer: Option<String>, Inherit;
        /// In which role; null for the gateway itself.
        role: Option<String>, Inherit;
        /// For which organisation.
        organization: Option<String>, Inherit;
        /// Through which client.
        client: Option<String>, Inherit;
        /// For which purpose, as an HL7 code.
        purpose: Option<String>, Inherit;
        /// The name of the operation, when it had one.
        operation: Option<String>, Inherit;
        /// SHA-256 of the document, in hexadecimal.
        document: Option<String>, Inherit;
        /// The id of the request, as it stood in the answer's `X-Request-Id`.
        request: Option<String>, Inherit;
        /// The version of the policy that was in force; of a change, the new one.
        policy: Option<String>, Inherit;
        /// Of a change of policy, the version before it.
        policy_before: Option<String>, Inherit;
        /// Who approved the policy, of the entries that tell of a start or of a change of policy.
        approvers: Vec<String>, Inherit;
        /// Which kinds of data were shown, by the classes of their fields.
        classes: Vec<String>, Inherit;
        /// Which fields were selected and hidden.
        redactions: Vec<String>, Inherit;
        /// Labels that the patient's consent opened; none that the viewer of this list may not see themselves. Of a broken
        /// glass, all that it opens to that role, whatever there is to see.
        labels: Vec<String>, Inherit;
        /// The ids of the sources that were asked.
        sources: Vec<String>, SourceStatus;
    }
}
item!(AccessLogEntry, paged_elsewhere);

/// Which part of a log is asked for.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct LogPage {
    /// How many entries.
    pub(crate) first: usize,
    /// After which.
    pub(crate) after: Option<String>,
}

/// The pages of a patient's log that a query asks for, read before anything is written.
pub(crate) type LogPages = Vec<(LogPage, Connection<PatientAccess>)>;

impl LogPage {
    /// The part that these arguments ask for.
    pub(crate) fn of(args: &Args) -> Self {
        let first = args.get::<i32>("first").and_then(|first| usize::try_from(first).ok());
        Self { first: first.unwrap_or(DEFAULT_PAGE).min(LARGEST_PAGE), after: args.get("after") }
    }

    /// The entry after which it begins; an error when the cursor is not one of a log.
    pub(crate) fn place(&self) -> Result<Option<Place>, NoCursor> {
        self.after.as_deref().map(|cursor| place(cursor).ok_or(NoCursor)).transpose()
    }
}

/// A cursor is not one of a log.
pub(crate) struct NoCursor;

/// The page of a patient's log that these arguments ask for.
pub(crate) fn page(pages: &LogPages, args: &Args) -> Connection<PatientAccess> {
    let wanted = LogPage::of(args);
    let found = pages.iter().find(|(page, _)| *page == wanted);
    let unread = || Connection::paged(Vec::new(), Completeness::withheld(), Window::default());
    found.map_or_else(unread, |(_, list)| list.clone())
}

/// A page of entries, the newest first, of which one more than its size may have been found.
pub(crate) fn list<T: super::connection::Item>(
    page: &LogPage,
    mut found: Vec<(Place, audit::Entry)>,
    show: impl Fn(&Place, &audit::Entry) -> T,
) -> Connection<T> {
    let has_next = found.len() > page.first;
    found.truncate(page.first);
    let cursors = found.iter().map(|(place, _)| cursor(place)).collect();
    let window = Window { cursors, has_next, has_previous: page.after.is_some() };
    let entries = found.iter().map(|(place, entry)| {
        let node = show(place, entry);
        Entry { place: (0, [0; 16]), node }
    });
    Connection::paged(entries.collect(), Completeness::whole(), window)
}

impl PatientAccess {
    /// Who looked, and for whom, may tell what the patient suffers from: without `names` neither is shown.
    pub(crate) fn of(entry: &audit::Entry, names: bool) -> Self {
        // Another patient who was turned away stays unnamed.
        let is_professional =
            Role::named(&entry.body.role).is_some_and(|role| !role.is_bound_to_a_patient());
        let was_shown = entry.body.outcome != audit::Outcome::Denied;
        let names = names && (is_professional || was_shown);
        let shown = |text: Option<String>| text.filter(|_| names);
        let audit::Body { event, outcome, role, organization, purpose, classes, .. } =
            entry.body.clone();
        Self {
            at: at(entry),
            event: event.name(),
            outcome: outcome.name(),
            viewer: shown(Some(entry.viewer.clone())),
            role,
            organization: shown(organization),
            purpose,
            classes,
        }
    }
}

impl AccessLogEntry {
    /// As the mask lets it be seen. `patient` and `viewer` are the names by which auditors know them.
    pub(crate) fn of(
        place: &Place,
        entry: &audit::Entry,
        mask: &AccessMask,
        patient: Option<String>,
        viewer: String,
    ) -> Self {
        let body = entry.body.clone();
        let some = |text: String| Some(text).filter(|text| !text.is_empty());
        // What a glass opens follows from the policy, and tells nothing of the patient.
        let is_glass = body.event == audit::Event::BreakGlass;
        let open = |label: &String| {
            let label = Label::named(label);
            is_glass
                || label
                    .is_some_and(|label| mask.lets_through([label].into_iter().collect(), false))
        };
        Self {
            entry: format!("{}.{}", place.1, place.2),
            at: at(entry),
            event: body.event.name(),
            outcome: body.outcome.name(),
            patient,
            viewer: some(viewer),
            role: some(body.role),
            organization: body.organization,
            client: body.client,
            purpose: some(body.purpose),
            operation: body.operation,
            document: some(body.document),
            request: some(body.request),
            policy: some(body.policy),
            policy_before: some(body.policy_before),
            approvers: body.approvers,
            classes: body.classes,
            redactions: body.redactions,
            labels: body.labels.into_iter().filter(open).collect(),
            sources: body.sources.into_iter().map(|source| source.0).collect(),
        }
    }
}

fn at(entry: &audit::Entry) -> Option<Instant> {
    FuzzyDate::parse(&instant::write(entry.at_ms)).map(Instant)
}

fn cursor(place: &Place) -> String {
    URL_SAFE_NO_PAD.encode(format!("{}.{}.{}", place.0, place.1, place.2))
}

fn place(cursor: &str) -> Option<Place> {
    let text = String::from_utf8(URL_SAFE_NO_PAD.decode(cursor).ok()?).ok()?;
    let mut numbers = text.split('.').map(|number| number.parse().ok());
    let place = (numbers.next()??, numbers.next()??, numbers.next()??);
    numbers.next().is_none().then_some(place)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_cursor_comes_back_as_it_went() {
        let there = (1_785_000_000_123, 3, 77);
        assert_eq!(place(&cursor(&there)), Some(there));
        for wrong in ["", "x", "MS4y", "MS4yLjMuNA", "////"] {
            assert_eq!(place(wrong), None, "{wrong}");
        }
    }
}
