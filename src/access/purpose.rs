//! Why somebody looks: HL7 v3 `ActReason` codes.

use serde::{Deserialize, Serialize};

/// Declares the enum once, with its HL7 codes.
macro_rules! purposes {
    ($($(#[doc = $doc:literal])+ $variant:ident = $code:literal),+ $(,)?) => {
        /// The purpose for which data are used (HL7 v3 `PurposeOfUse`).
        #[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
        #[serde(rename_all = "UPPERCASE")]
        pub enum PurposeOfUse {
            $($(#[doc = $doc])+ $variant),+
        }

        impl PurposeOfUse {
            /// Every purpose.
            pub const ALL: &'static [Self] = &[$(Self::$variant),+];

            /// Its HL7 code.
            pub const fn code(self) -> &'static str {
                match self { $(Self::$variant => $code),+ }
            }

            /// What it means, in a few words.
            pub const fn about(self) -> &'static str {
                match self { $(Self::$variant => concat!($($doc),+)),+ }
            }
        }
    };
}

purposes! {
    /// Treatment.
    Treat = "TREAT",
    /// Emergency treatment.
    Etreat = "ETREAT",
    /// Break the glass.
    Btg = "BTG",
    /// Care management.
    Caremgt = "CAREMGT",
    /// Coordination of care.
    Coc = "COC",
    /// Payment.
    Hpaymt = "HPAYMT",
    /// Health-care operations.
    Hoperat = "HOPERAT",
    /// Quality improvement.
    Hqualimp = "HQUALIMP",
    /// Patient administration.
    Patadmin = "PATADMIN",
    /// At the patient's request.
    Patrqt = "PATRQT",
    /// At the family's request.
    Famrqt = "FAMRQT",
    /// Under a power of attorney.
    Pwatrny = "PWATRNY",
    /// Support network.
    Supnwk = "SUPNWK",
    /// Public health.
    Pubhlth = "PUBHLTH",
    /// Research.
    Hresch = "HRESCH",
    /// System administration.
    Hsysadmin = "HSYSADMIN",
}

impl PurposeOfUse {
    /// The purpose with that code.
    pub fn of_code(code: &str) -> Option<Self> {
        Self::ALL.iter().copied().find(|purpose| purpose.code() == code)
    }
}
