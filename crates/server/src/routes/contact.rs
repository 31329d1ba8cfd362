//! Trusted contacts.

use std::time::Duration;

use api::{ContactInfo, ContactsInfo, ContactsRequest, Me};
use axum::http::StatusCode;
use library::accounts::NewContacts;

use crate::auth::Caller;
use crate::body::Json;
use crate::openapi::Refusal;
use crate::problem::Answer;

/// One's trusted contacts, and for whom one may vouch.
#[utoipa::path(
    get, path = "/api/v1/contacts", tag = "account", security(("session" = []), ("bearer" = [])),
    responses(
        (status = 200, body = ContactsInfo),
        Refusal<401>, Refusal<403>,
    )
)]
pub(crate) async fn list(caller: Caller) -> Answer<Json<ContactsInfo>> {
    let found = caller.library.contacts(&caller.actor).await?;
    let contact = |(contact, person): (catalog::Contact, catalog::Person)| ContactInfo {
        id: person.id.0,
        email: person.email,
        name: person.name,
        added_at: contact.added_at.to_string(),
    };
    let me = |person: catalog::Person| Me { id: person.id.0, email: person.email, name: person.name };
    Ok(Json(ContactsInfo {
        contacts: found.contacts.into_iter().map(contact).collect(),
        needed: found.needed,
        wait_hours: found.wait.as_secs() / 3600,
        vouching_for: found.vouching_for.into_iter().map(me).collect(),
    }))
}

/// Chooses one's trusted contacts. Recoveries of one's account that are under way end. Asks for a recent proof.
#[utoipa::path(
    put, path = "/api/v1/contacts", tag = "account", request_body = ContactsRequest,
    security(("session" = []), ("bearer" = [])),
    responses(
        (status = 204),
        Refusal<400>, Refusal<401>, Refusal<403>, Refusal<404>,
    )
)]
pub(crate) async fn choose(caller: Caller, Json(asked): Json<ContactsRequest>) -> Answer<StatusCode> {
    let new = NewContacts {
        emails: asked.emails,
        needed: asked.needed,
        wait: asked.wait_hours.map(|hours| Duration::from_hours(hours.into())),
    };
    caller.library.contacts_choose(&caller.actor, new).await?;
    Ok(StatusCode::NO_CONTENT)
}
