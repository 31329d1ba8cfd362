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
        (name = "safety", description = "Copies, what they hold, and the proof of it"),
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

/// Calls each operation by its method and path: the specification wants names that are unique in the whole document.
pub(crate) fn name_operations(openapi: &mut utoipa::openapi::OpenApi) {
    for (path, item) in &mut openapi.paths.paths {
        let parts = path.trim_start_matches("/api/v1").split(['/', '-']).filter(|part| !part.is_empty());
        let name: Vec<String> = parts
            .map(|part| match part.strip_prefix('{').and_then(|part| part.strip_suffix('}')) {
                Some(parameter) => format!("by_{parameter}"),
                None => part.to_owned(),
            })
            .collect();
        let name = name.join("_");
        let operations = [
            ("get", &mut item.get),
            ("put", &mut item.put),
            ("post", &mut item.post),
            ("delete", &mut item.delete),
            ("options", &mut item.options),
            ("head", &mut item.head),
            ("patch", &mut item.patch),
        ];
        for (method, operation) in operations {
            if let Some(operation) = operation {
                operation.operation_id = Some(format!("{method}_{name}"));
            }
        }
    }
}

/// The OpenAPI document.
pub fn openapi() -> utoipa::openapi::OpenApi {
    crate::router::operations().into_openapi()
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeSet;

    #[test]
    fn no_two_operations_have_the_same_name() {
        let document = serde_json::to_value(super::openapi()).unwrap();
        let operations = document["paths"].as_object().unwrap().values();
        let names: Vec<&str> = operations
            .flat_map(|methods| methods.as_object().unwrap().values())
            .map(|operation| operation["operationId"].as_str().unwrap())
            .collect();
        assert!(names.contains(&"get_spaces_by_id_assets"), "{names:?}");
        assert_eq!(names.iter().collect::<BTreeSet<_>>().len(), names.len(), "{names:?}");
    }
}
