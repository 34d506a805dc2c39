//! Variations that FHIR allows.
