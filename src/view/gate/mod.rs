//! The gate: the one place where patient data become output.
//!
//! Before anything is fetched, [`compile`] turns the selection of a query into a [`Shape`], asking the
//! [`AccessMask`](crate::access::AccessMask) once for every selected field: what is not allowed is never read later,
//! and what the answer says about hidden fields is a function of mask and query alone. Afterwards a shape is walked
//! over the view, synchronously, straight into JSON. Aliases, fragments, interfaces and `node` all become shapes
//! first, so there is no path around it.
//!
//! Types are declared once, by [`object!`](object), with the class of every field; the GraphQL registry is filled from
//! the same declaration.

mod compile;
mod object;
mod output;
mod plan;
mod registry;
mod root;
mod serial;
mod writer;
mod written;

pub(crate) use compile::{Compiler, Selections, bad_input};
pub(crate) use object::{
    AnyObject, ArgMeta, FieldMeta, Needs, Object, ObjectMeta, choice, object, variants,
};
pub(crate) use output::{Decimal, Id, Instant, Output};
pub(crate) use plan::{Args, Plan, PlanField, PlanKind, Shape};
pub(crate) use registry::{
    TypeKind, access_directive, add_type, camel, field as registry_field, register_access,
    register_fields, register_node,
};
pub(crate) use root::{Rendered, written};
pub(crate) use serial::Serial;
pub(crate) use writer::Writer;
pub(crate) use written::{Fragments, Written, roots};
