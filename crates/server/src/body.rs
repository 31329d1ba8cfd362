//! Extractors that refuse with a problem document.

use std::time::Duration;

use axum::extract::{FromRequest, FromRequestParts, Request};
use axum::http::request::Parts;
use axum::response::{IntoResponse, Response};
use model::Error;
use serde::Serialize;
use serde::de::DeserializeOwned;

use crate::problem::Failure;

/// How long a body of JSON may take.
const PATIENCE: Duration = Duration::from_secs(30);

/// JSON, in and out.
pub(crate) struct Json<T>(pub(crate) T);

impl<S: Send + Sync, T: DeserializeOwned> FromRequest<S> for Json<T> {
    type Rejection = Failure;

    async fn from_request(request: Request, state: &S) -> Result<Self, Failure> {
        let late = || Error::invalid("the request did not arrive in half a minute").with_code("too-slow");
        let read = tokio::time::timeout(PATIENCE, axum::Json::<T>::from_request(request, state)).await;
        match read.map_err(|_| late())? {
            Ok(axum::Json(value)) => Ok(Self(value)),
            Err(refused) => Err(Failure(Error::invalid(refused.body_text()).with_code("malformed"))),
        }
    }
}

impl<T: Serialize> IntoResponse for Json<T> {
    fn into_response(self) -> Response {
        axum::Json(self.0).into_response()
    }
}

/// Parts of the path.
pub(crate) struct Path<T>(pub(crate) T);

impl<S: Send + Sync, T: DeserializeOwned + Send> FromRequestParts<S> for Path<T> {
    type Rejection = Failure;

    async fn from_request_parts(parts: &mut Parts, state: &S) -> Result<Self, Failure> {
        match axum::extract::Path::<T>::from_request_parts(parts, state).await {
            Ok(axum::extract::Path(value)) => Ok(Self(value)),
            // An id that is none names nothing.
            Err(_) => Err(Failure(Error::not_found("there is nothing at this address"))),
        }
    }
}

/// The query.
pub(crate) struct Query<T>(pub(crate) T);

impl<S: Send + Sync, T: DeserializeOwned> FromRequestParts<S> for Query<T> {
    type Rejection = Failure;

    async fn from_request_parts(parts: &mut Parts, state: &S) -> Result<Self, Failure> {
        match axum::extract::Query::<T>::from_request_parts(parts, state).await {
            Ok(axum::extract::Query(value)) => Ok(Self(value)),
            Err(refused) => Err(Failure(Error::invalid(refused.body_text()).with_code("malformed"))),
        }
    }
}
