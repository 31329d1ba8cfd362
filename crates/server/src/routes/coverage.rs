//! Which photos of a space have how many copies, and what it asks for.

use api::{AtRiskInfo, AtRiskPage, AtRiskQuery, CoverageInfo, HeldInfo, RuleInfo, UnprovedInfo};
use axum::http::StatusCode;
use catalog::Rule;
use library::safety::coverage::PAGE;
use model::{Error, ObjectId, SpaceId};
use uuid::Uuid;

use crate::auth::Caller;
use crate::body::{Json, Path, Query};
use crate::openapi::Refusal;
use crate::problem::Answer;

/// How many photos of a space have which copies, exactly, and whether that is what it asks for.
#[utoipa::path(
    get, path = "/api/v1/spaces/{id}/coverage", tag = "safety", params(("id" = Uuid, Path)),
    security(("session" = []), ("bearer" = [])),
    responses(
        (status = 200, body = CoverageInfo),
        Refusal<401>, Refusal<403>, Refusal<404>,
    )
)]
pub(crate) async fn view(caller: Caller, Path(id): Path<Uuid>) -> Answer<Json<CoverageInfo>> {
    let coverage = caller.library.space_coverage(&caller.actor, SpaceId(id)).await?;
    let (objects, at_risk) = coverage.counts();
    let Rule { copies, media, offsite, proof_days } = coverage.rule;
    let held = coverage.held.into_iter().map(|held| HeldInfo {
        copies: held.copies,
        objects: held.objects,
        bytes: held.bytes,
        why: held.why.map(|why| why.as_str().to_owned()),
    });
    let unproved = coverage.unproved.into_iter().map(|(copy, objects)| UnprovedInfo { copy, objects });
    Ok(Json(CoverageInfo {
        rule: RuleInfo { copies, media, offsite, proof_days },
        objects,
        at_risk,
        held: held.collect(),
        unproved: unproved.collect(),
    }))
}

/// Photos of a space that have less than it asks for, by name.
#[utoipa::path(
    get, path = "/api/v1/spaces/{id}/at-risk", tag = "safety", params(("id" = Uuid, Path), AtRiskQuery),
    security(("session" = []), ("bearer" = [])),
    responses(
        (status = 200, body = AtRiskPage),
        Refusal<400>, Refusal<401>, Refusal<403>, Refusal<404>,
    )
)]
pub(crate) async fn at_risk(
    caller: Caller,
    Path(id): Path<Uuid>,
    Query(query): Query<AtRiskQuery>,
) -> Answer<Json<AtRiskPage>> {
    let limit = query.limit.map_or(PAGE, |limit| limit as usize);
    if limit == 0 || limit > PAGE {
        return Err(Error::invalid(format!("a page has 1 to {PAGE} photos")).with_code("malformed").into());
    }
    let after = query.after.map(ObjectId);
    let found = caller.library.at_risk(&caller.actor, SpaceId(id), after, limit).await?;
    let next = found.last().filter(|_| found.len() == limit).map(|last| last.object.0);
    let photos = found.into_iter().map(|found| {
        let (names, mut assets): (Vec<_>, Vec<_>) =
            found.photos.into_iter().map(|(name, asset)| (name.to_string(), asset.0)).unzip();
        assets.sort_unstable();
        assets.dedup();
        AtRiskInfo {
            names,
            assets,
            copies: found.copies,
            unproved: found.unproved,
            why: found.why.as_str().to_owned(),
        }
    });
    Ok(Json(AtRiskPage { photos: photos.collect(), next }))
}

/// Says what a space asks of its copies. For who manages it.
#[utoipa::path(
    put, path = "/api/v1/spaces/{id}/rule", tag = "safety", params(("id" = Uuid, Path)), request_body = RuleInfo,
    security(("session" = []), ("bearer" = [])),
    responses(
        (status = 204),
        Refusal<400>, Refusal<401>, Refusal<403>, Refusal<404>,
    )
)]
pub(crate) async fn set_rule(
    caller: Caller,
    Path(id): Path<Uuid>,
    Json(asked): Json<RuleInfo>,
) -> Answer<StatusCode> {
    let RuleInfo { copies, media, offsite, proof_days } = asked;
    let rule = Rule { copies, media, offsite, proof_days };
    caller.library.rule_set(&caller.actor, SpaceId(id), rule).await?;
    Ok(StatusCode::NO_CONTENT)
}
