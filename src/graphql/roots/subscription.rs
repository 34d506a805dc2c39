//! What can be followed.

use std::borrow::Cow;
use std::pin::Pin;

use async_graphql::indexmap::IndexMap;
use async_graphql::registry::Registry;
use async_graphql::{Context, Error, Response, SubscriptionType, Value};
use bytes::Bytes;
use futures_util::stream::{self, Stream};

use crate::access::FieldClass;
use crate::graphql::streams::{patient_changed, patient_view, register};
use crate::view::gate::written;
use crate::view::gate::{ArgMeta, Output, register_fields, registry_field};
use caregraph_connectors::record::Section;

const ID: ArgMeta =
    ArgMeta { name: "id", about: "Our id of the patient.", type_ref: "ID!", default: None };
const SECTIONS: ArgMeta = ArgMeta {
    name: "sections",
    about: "Only these sections; all when absent.",
    type_ref: "[Section!]",
    default: None,
};
const AFTER: ArgMeta = ArgMeta {
    name: "after",
    about: "The cursor of the last event that arrived, when the stream was broken off.",
    type_ref: "String",
    default: None,
};

/// The streams. What a field's stream yields here is one event, as it is now: when there is another one to tell is decided
/// by whoever runs the stream.
pub(crate) struct Subscription;

impl SubscriptionType for Subscription {
    fn type_name() -> Cow<'static, str> {
        "Subscription".into()
    }

    fn create_type_info(registry: &mut Registry) -> String {
        let [view, change] = register(registry);
        Section::register(registry);
        let args = &[ID, SECTIONS, AFTER];
        let fields = [
            registry_field(
                "patientView",
                "One patient, again whenever something else is to be shown: first at once, with what is known; then as \
                 each source answers; then as they change, or who may see them.",
                view,
                FieldClass::Public,
                args,
            ),
            registry_field(
                "patientChanged",
                "That something of a patient has changed, without what. The first event says that the stream has begun, \
                 or what changed since the cursor in \"after\".",
                change,
                FieldClass::Public,
                args,
            ),
        ];
        register_fields(registry, "Subscription", "What can be followed.", fields);
        <Self as SubscriptionType>::qualified_type_name()
    }

    fn create_field_stream<'a>(
        &'a self,
        context: &'a Context<'_>,
    ) -> Option<Pin<Box<dyn Stream<Item = Response> + Send + 'a>>> {
        match context.item.node.name.node.as_str() {
            "patientView" => {
                Some(Box::pin(stream::once(
                    async move { event(context, patient_view(context).await) },
                )))
            }
            "patientChanged" => Some(Box::pin(stream::once(async move {
                event(context, patient_changed(context).await)
            }))),
            _ => None,
        }
    }
}

/// One event; without data when there is nothing to say.
fn event(context: &Context<'_>, outcome: Result<Option<Bytes>, Error>) -> Response {
    match outcome {
        Ok(None) => Response::new(Value::Null),
        Ok(Some(json)) => {
            let key = context.item.node.response_key().node.clone();
            Response::new(Value::Object(IndexMap::from_iter([(key, written(json))])))
        }
        Err(error) => {
            let error = error.into_server_error(context.item.pos);
            Response::from_errors(vec![context.set_error_path(error)])
        }
    }
}
