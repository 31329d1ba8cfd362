//! `admin token`.

use std::time::Duration;

use library::accounts::NewToken;
use model::{Permission, Permissions};
use serde_json::json;

use crate::Outcome;
use crate::args::Data;
use crate::open::with_library;
use crate::output::Output;

/// The token that is wanted.
pub(crate) struct Asked {
    pub(crate) email: String,
    pub(crate) name: String,
    pub(crate) scopes: Vec<Permission>,
    pub(crate) space: Option<String>,
    pub(crate) days: u32,
}

pub(crate) async fn run(data: &Data, asked: Asked, output: &Output) -> Outcome {
    with_library(data, async |library| {
        let space = match &asked.space {
            Some(name) => Some(library.space(name).await?.id),
            None => None,
        };
        let new = NewToken {
            name: asked.name,
            permissions: Permissions::of(&asked.scopes),
            space,
            lasts: Some(Duration::from_hours(24 * u64::from(asked.days))),
        };
        let (secret, token) = library.token_create_for(&asked.email, new).await?;
        output.document(&json!({
            "token": secret.reveal(), "id": token.id, "permissions": token.permissions.to_string(),
            "expires_at": token.expires_at.map(|at| at.to_string()),
        }));
        output.line(secret.reveal());
        Ok(true)
    })
    .await
}
