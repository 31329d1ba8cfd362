//! The description of the API.

use std::collections::BTreeMap;

use utoipa::openapi::content::ContentBuilder;
use utoipa::openapi::response::{Response, ResponseBuilder};
use utoipa::openapi::security::{ApiKey, ApiKeyValue, HttpAuthScheme, HttpBuilder, SecurityScheme};
use utoipa::openapi::{Ref, RefOr};
use utoipa::{IntoResponses, OpenApi};

/// What is true of the whole API; the operations add themselves in the router.
#[derive(OpenApi)]
#[openapi(
    info(
        title = "OurPhoto",
        description = "Secure photo backup. Errors are problem documents (RFC 9457); their `type` is stable.",
        license(name = "Apache-2.0", identifier = "Apache-2.0")
    ),
    servers((url = "/")),
    modifiers(&Security),
    components(schemas(api::Problem, api::RenditionKind)),
    tags(
        (name = "account", description = "Who one is, and how one proves it"),
        (name = "notices", description = "What one is told, and where"),
        (name = "spaces", description = "Spaces, members, invitations"),
        (name = "albums", description = "Albums, and what opens them to others"),
        (name = "photos", description = "Photos, originals and renditions"),
        (name = "uploads", description = "Files on their way in"),
        (name = "devices", description = "What sends photos in, and what it still owes"),
        (name = "activity", description = "Who did what, and what work was given up"),
        (name = "server", description = "The server itself"),
    )
)]
pub(crate) struct Description;

struct Security;

impl utoipa::Modify for Security {
    fn modify(&self, openapi: &mut utoipa::openapi::OpenApi) {
        let components = openapi.components.get_or_insert_with(Default::default);
        let bearer = HttpBuilder::new().scheme(HttpAuthScheme::Bearer).build();
        components.add_security_scheme("bearer", SecurityScheme::Http(bearer));
        let cookie = ApiKey::Cookie(ApiKeyValue::new("ourphoto"));
        components.add_security_scheme("session", SecurityScheme::ApiKey(cookie));
    }
}

/// An answer that says what is wrong as a problem document, with this status.
pub(crate) struct Refusal<const STATUS: u16>;

impl<const STATUS: u16> IntoResponses for Refusal<STATUS> {
    fn responses() -> BTreeMap<String, RefOr<Response>> {
        let problem = ContentBuilder::new().schema(Some(Ref::from_schema_name("Problem"))).build();
        let meaning = match STATUS {
            400 => "the request cannot be right",
            401 => "who asks is not known",
            403 => "not allowed",
            404 => "there is no such thing, or not for who asks",
            409 => "it exists already, or changed meanwhile",
            412 => "another version of tus",
            415 => "another kind of content",
            429 => "asked too often",
            460 => "the checksum does not match",
            503 => "not possible now",
            507 => "there is no room",
            _ => "refused",
        };
        let response =
            ResponseBuilder::new().description(meaning).content("application/problem+json", problem);
        BTreeMap::from([(STATUS.to_string(), response.build().into())])
    }
}

/// The OpenAPI document.
pub fn openapi() -> utoipa::openapi::OpenApi {
    crate::router::operations().into_openapi()
}
