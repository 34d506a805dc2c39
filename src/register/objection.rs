//! Why something may not be done to a connector.

/// Why something may not be done.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum Objection {
    /// The id is taken.
    #[error("a connector of this id is registered already; choose another id, or update that one")]
    Taken,
    /// It is retired.
    #[error("the connector is retired; register a new one under another id")]
    Retired,
    /// It belongs to somebody else.
    #[error("the connector belongs to another organisation")]
    NotYours,
    /// Approving is for administrators.
    #[error("only an administrator of the gateway may approve a connector")]
    NotAdmin,
    /// There is no such version.
    #[error("the connector has no version {0}")]
    NoSuchVersion(u32),
    /// It was not tried, or did not pass.
    #[error("version {0} has not passed its test; call testConnector, and mend what it reports")]
    NotTested(u32),
    /// Whoever wrote a version does not approve it.
    #[error("version {0} must be approved by somebody else than who wrote it")]
    OwnWork(u32),
    /// Nor does anybody of the organisation that wrote it.
    #[error(
        "version {0} must be approved by somebody of another organisation than the one that wrote it"
    )]
    OwnOrganization(u32),
    /// It is in force already.
    #[error("version {0} is in force already")]
    InForce(u32),
    /// It is not in force.
    #[error("the connector is not in use")]
    NotInForce,
    /// No version of that number is asked in the shadow.
    #[error("version {0} is not asked in the shadow of the one in use")]
    NotShadowed(u32),
    /// So much cannot be asked.
    #[error("the share must lie between 0 and 1")]
    NoShare,
    /// It has nothing but a directory.
    #[error(
        "the connector is asked about no patient, so there is nothing to compare; approve the version"
    )]
    NoPatients,
    /// Its patients may be others than those who have the same ids by the version that was approved last.
    #[error(
        "version {version} cannot follow: {path} {what}; retire this connector and register another one"
    )]
    AnotherSystem {
        /// The version.
        version: u32,
        /// The setting that says so.
        path: &'static str,
        /// What is wrong with it.
        what: &'static str,
    },
    /// An entry of it is not ours.
    #[error(
        "an entry of the connector cannot be opened with the store's key; retire it and register a new one"
    )]
    Distrusted,
}
