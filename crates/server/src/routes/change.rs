//! What changed in a space, for clients that come back.

use api::{ChangeInfo, ChangePage};
use model::SpaceId;
use serde::Deserialize;
use utoipa::IntoParams;
use uuid::Uuid;

use crate::auth::Caller;
use crate::body::{Json, Path, Query};
use crate::openapi::Refusal;
use crate::problem::Answer;

/// Since when.
#[derive(Deserialize, IntoParams)]
#[serde(deny_unknown_fields)]
#[into_params(parameter_in = Query)]
pub(crate) struct Since {
    /// `next` of the answer before; 0 at first.
    #[serde(default)]
    after: i64,
}

/// What changed in a space, in order, up to 1,000 at a time.
#[utoipa::path(
    get, path = "/api/v1/spaces/{id}/changes", tag = "photos", params(("id" = Uuid, Path), Since), security(("session" = []), ("bearer" = [])),
    responses(
        (status = 200, body = ChangePage),
        Refusal<400>, Refusal<401>, Refusal<403>, Refusal<404>,
    )
)]
pub(crate) async fn list(
    caller: Caller,
    Path(id): Path<Uuid>,
    Query(since): Query<Since>,
) -> Answer<Json<ChangePage>> {
    let changes = caller.library.changes(&caller.actor, SpaceId(id), since.after).await?;
    let next = changes.last().map_or(since.after, |last| last.seq);
    let info = |change: catalog::Change| ChangeInfo {
        seq: change.seq,
        entity: change.entity,
        id: change.entity_id,
        op: change.op,
        at: change.at.to_string(),
    };
    Ok(Json(ChangePage { changes: changes.into_iter().map(info).collect(), next }))
}
