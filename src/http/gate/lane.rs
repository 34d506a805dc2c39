//! In which order requests are let in when not all can be.

use axum::http::{HeaderMap, header};

use crate::access::{PurposeOfUse, Role, Viewer};

/// The header in which a client says why it asks.
const PURPOSE: &str = "x-purpose-of-use";

/// The header in which a client says how urgent a request is (RFC 9218): `u=0` to `u=7`, and 3 when it says nothing.
const PRIORITY: &str = "priority";

/// From this urgency on, a request is one that may wait.
const LATER: u8 = 4;

/// Who goes first. The order is that of the variants.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Lane {
    /// Somebody's life may depend on it.
    Emergency,
    /// Somebody sits before a screen.
    Interactive,
    /// Somebody wants to be told what changes.
    Subscription,
    /// Nobody waits for it.
    Batch,
}

impl Lane {
    /// All of them, in their order.
    pub const ALL: [Self; 4] =
        [Self::Emergency, Self::Interactive, Self::Subscription, Self::Batch];

    /// The name in metrics.
    pub fn name(self) -> &'static str {
        match self {
            Self::Emergency => "emergency",
            Self::Interactive => "interactive",
            Self::Subscription => "subscription",
            Self::Batch => "batch",
        }
    }

    pub(super) fn place(self) -> usize {
        self as usize
    }

    /// The lane that a request's headers ask for. Whether it gets it is another matter.
    pub(super) fn asked(headers: &HeaderMap) -> Self {
        if is_emergency(headers) {
            Self::Emergency
        } else if may_wait(headers) {
            Self::Batch
        } else if is_subscription(headers) {
            Self::Subscription
        } else {
            Self::Interactive
        }
    }

    /// The lane that somebody gets who asks for this one: a partner's system and a client of that sort never more than
    /// the last.
    pub(super) fn of(self, viewer: &Viewer, is_batch_client: bool) -> Self {
        if self == Self::Emergency {
            self
        } else if is_batch_client || viewer.role == Role::Partner {
            Self::Batch
        } else {
            self
        }
    }
}

/// The purpose that a request names, if it is that of an emergency.
pub(super) fn emergency(headers: &HeaderMap) -> Option<PurposeOfUse> {
    let purpose = headers.get(PURPOSE)?.to_str().ok().and_then(PurposeOfUse::of_code)?;
    matches!(purpose, PurposeOfUse::Etreat | PurposeOfUse::Btg).then_some(purpose)
}

fn is_emergency(headers: &HeaderMap) -> bool {
    emergency(headers).is_some()
}

fn may_wait(headers: &HeaderMap) -> bool {
    let values = headers.get_all(PRIORITY).iter().filter_map(|value| value.to_str().ok());
    let mut parts = values.flat_map(|value| value.split(',')).map(str::trim);
    let urgency: Option<u8> = parts.find_map(|part| part.strip_prefix("u=")?.parse().ok());
    urgency.is_some_and(|urgency| urgency >= LATER)
}

fn is_subscription(headers: &HeaderMap) -> bool {
    let says = |name, word: &str| {
        let values = headers.get_all(name).iter().filter_map(|value| value.to_str().ok());
        values.into_iter().any(|value| value.to_ascii_lowercase().contains(word))
    };
    says(header::UPGRADE, "websocket") || says(header::ACCEPT, "text/event-stream")
}

#[cfg(test)]
mod tests {
    use axum::http::{HeaderName, HeaderValue};

    use super::*;

    #[test]
    fn headers_ask_for_a_lane() {
        for (name, value, expected) in [
            ("accept", "application/json", Lane::Interactive),
            ("x-purpose-of-use", "BTG", Lane::Emergency),
            ("x-purpose-of-use", "ETREAT", Lane::Emergency),
            ("x-purpose-of-use", "TREAT", Lane::Interactive),
            ("x-purpose-of-use", "btg", Lane::Interactive),
            ("priority", "u=7, i", Lane::Batch),
            ("priority", "i, u=4", Lane::Batch),
            ("priority", "u=3", Lane::Interactive),
            ("priority", "u=0", Lane::Interactive),
            ("priority", "u=often", Lane::Interactive),
            ("accept", "Text/Event-Stream", Lane::Subscription),
            ("upgrade", "websocket", Lane::Subscription),
        ] {
            let headers: HeaderMap =
                [(HeaderName::from_static(name), HeaderValue::from_static(value))]
                    .into_iter()
                    .collect();
            assert_eq!(Lane::asked(&headers), expected, "{name}: {value}");
        }
    }

    #[test]
    fn a_partner_and_a_client_of_that_sort_come_last_but_in_an_emergency() {
        let (partner, clinician) =
            (Viewer::somebody(Role::Partner), Viewer::somebody(Role::PrimaryCare));
        assert_eq!(Lane::Interactive.of(&partner, false), Lane::Batch);
        assert_eq!(Lane::Subscription.of(&clinician, true), Lane::Batch);
        assert_eq!(Lane::Interactive.of(&clinician, false), Lane::Interactive);
        assert_eq!(Lane::Emergency.of(&clinician, true), Lane::Emergency);
        assert!(Lane::ALL.is_sorted());
    }
}
