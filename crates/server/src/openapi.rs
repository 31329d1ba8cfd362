//! The description of the API.

use utoipa::OpenApi;
use utoipa::openapi::security::{ApiKey, ApiKeyValue, HttpAuthScheme, HttpBuilder, SecurityScheme};

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
        (name = "spaces", description = "Spaces, members, invitations"),
        (name = "albums", description = "Albums, and what opens them to others"),
        (name = "photos", description = "Photos, originals and renditions"),
        (name = "uploads", description = "Files on their way in"),
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

/// The OpenAPI document.
pub fn openapi() -> utoipa::openapi::OpenApi {
    crate::router::operations().into_openapi()
}
