//! Finding photos.

use api::{AssetPage, Facet, FacetQuery, Facets, SearchQuery};
use axum::extract::State;
use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use catalog::SearchKey;
use model::{Error, Result, SpaceId};

use super::asset::{info, page_size};
use crate::app::App;
use crate::auth::Caller;
use crate::body::{Json, Query};
use crate::network::Peer;
use crate::openapi::Refusal;
use crate::problem::Answer;
use crate::spending::SEARCH;

/// Where a page ends: the place in the index, which gives nobody any right.
fn cursor(key: SearchKey) -> String {
    URL_SAFE_NO_PAD.encode(key.0.to_be_bytes())
}

fn read_cursor(text: &str) -> Result<SearchKey> {
    let wrong = || Error::invalid("this cursor is none of this server's").with_code("malformed");
    let bytes = URL_SAFE_NO_PAD.decode(text).map_err(|_| wrong())?;
    Ok(SearchKey(i64::from_be_bytes(bytes.try_into().map_err(|_| wrong())?)))
}

/// Photos that one may look at and that are what was asked for, newest first.
///
/// A page may be short, or empty, and not be the last: that is where `next` is null.
#[utoipa::path(
    get, path = "/api/v1/search", tag = "photos", params(SearchQuery), security(("session" = []), ("bearer" = [])),
    responses(
        (status = 200, body = AssetPage),
        Refusal<400>, Refusal<401>, Refusal<404>, Refusal<429>,
    )
)]
pub(crate) async fn search(
    State(app): State<App>,
    peer: Peer,
    caller: Caller,
    Query(query): Query<SearchQuery>,
) -> Answer<Json<AssetPage>> {
    let _asking = app.limits().costly(&caller.actor, &peer, SEARCH)?;
    let limit = page_size(query.limit)?;
    let before = query.cursor.as_deref().map(read_cursor).transpose()?;
    let space = query.space.map(SpaceId);
    let (found, more) = caller.library.search(&caller.actor, space, &query.q, before, limit).await?;
    Ok(Json(AssetPage { assets: found.iter().map(info).collect(), next: more.map(cursor) }))
}

/// How many photos of which sort a search finds.
#[utoipa::path(
    get, path = "/api/v1/search/facets", tag = "photos", params(FacetQuery),
    security(("session" = []), ("bearer" = [])),
    responses(
        (status = 200, body = Facets),
        Refusal<400>, Refusal<401>, Refusal<404>, Refusal<429>,
    )
)]
pub(crate) async fn facets(
    State(app): State<App>,
    peer: Peer,
    caller: Caller,
    Query(query): Query<FacetQuery>,
) -> Answer<Json<Facets>> {
    let _asking = app.limits().costly(&caller.actor, &peer, SEARCH)?;
    let found = caller.library.facets(&caller.actor, query.space.map(SpaceId), &query.q).await?;
    let told = |ranked: Vec<(String, u64)>| {
        ranked.into_iter().map(|(name, count)| Facet { name, count }).collect::<Vec<_>>()
    };
    Ok(Json(Facets {
        counted: found.counted,
        all: found.all,
        types: told(found.types),
        kinds: told(found.kinds),
        years: told(found.years),
        cameras: told(found.cameras),
        lenses: told(found.lenses),
        places: told(found.places),
        people: told(found.people),
        tiers: told(found.tiers),
        ratings: told(found.ratings),
        keywords: told(found.keywords),
        missing: told(found.missing),
    }))
}
