//! Pages and months of timelines as they were answered last, for as long as nothing changes in their space: at an event many
//! people look at the same photos.
//!
//! Whether somebody may look is asked anew for every request; what they then see is the same for everybody.

use axum::body::Bytes;
use axum::http::header;
use axum::response::{IntoResponse, Response};
use catalog::TimelineCursor;
use model::{Error, Result, SpaceId};
use quick_cache::Weighter;
use quick_cache::sync::Cache;
use serde::Serialize;

/// Bytes of answers that are kept, about.
const MOST: u64 = 8 << 20;
/// Of an answer of usual size.
const USUAL: u64 = 32 << 10;

/// What of a timeline was asked for.
#[derive(Clone, Copy, PartialEq, Eq, Hash)]
pub(crate) enum Asked {
    /// So many photos before this one, or the newest.
    Page(Option<TimelineCursor>, usize),
    /// How many photos there are of each month.
    Months,
}

/// The space, the number of its last change, and what was asked.
type Key = (SpaceId, i64, Asked);

#[derive(Clone)]
struct Size;

impl Weighter<Key, Bytes> for Size {
    fn weight(&self, _: &Key, answer: &Bytes) -> u64 {
        answer.len() as u64
    }
}

/// The answers that are kept.
pub(crate) struct Pages(Cache<Key, Bytes, Size>);

impl Pages {
    pub(crate) fn new() -> Self {
        Self(Cache::with_weighter((MOST / USUAL) as usize, MOST, Size))
    }

    /// The answer that is kept, or else the one that `make` makes; who asks for the same meanwhile waits for it.
    pub(crate) async fn answer<T: Serialize>(
        &self,
        (space, head): (SpaceId, i64),
        asked: Asked,
        make: impl Future<Output = Result<T>>,
    ) -> Result<Kept> {
        let written = async {
            let unwritten = |error| Error::internal("an answer cannot be written").with_source(error);
            Ok(Bytes::from(serde_json::to_vec(&make.await?).map_err(unwritten)?))
        };
        self.0.get_or_insert_async(&(space, head, asked), written).await.map(Kept)
    }
}

/// An answer of JSON that is written already.
pub(crate) struct Kept(Bytes);

impl IntoResponse for Kept {
    fn into_response(self) -> Response {
        ([(header::CONTENT_TYPE, "application/json")], self.0).into_response()
    }
}
