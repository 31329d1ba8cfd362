//! The table of contents.

use std::sync::Arc;

use axum::Router;
use axum::http::{HeaderValue, header};
use axum::middleware::{from_fn, from_fn_with_state};
use axum::response::IntoResponse;
use axum::routing::get;
use tower_http::catch_panic::CatchPanicLayer;
use utoipa::OpenApi;
use utoipa_axum::router::OpenApiRouter;
use utoipa_axum::routes;
use utoipa_swagger_ui::{Config, SwaggerUi};

use crate::app::App;
use crate::openapi::{Description, name_operations};
use crate::problem::{Failure, wrong_method};
use crate::{guard, log, metrics, routes as at, tus, web};

/// Every operation that is in the OpenAPI document.
pub(crate) fn operations() -> OpenApiRouter<App> {
    let mut operations = OpenApiRouter::with_openapi(Description::openapi())
        // account
        .routes(routes!(at::setup::set_up))
        .routes(routes!(at::session::sign_in, at::session::who, at::session::sign_out))
        .routes(routes!(at::session::prove))
        .routes(routes!(at::session::list))
        .routes(routes!(at::session::end))
        .routes(routes!(at::password::change, at::password::remove))
        .routes(routes!(at::passkey::add))
        .routes(routes!(at::passkey::confirm))
        .routes(routes!(at::passkey::ask))
        .routes(routes!(at::passkey::sign_in))
        .routes(routes!(at::token::list, at::token::create))
        .routes(routes!(at::token::revoke))
        .routes(routes!(at::factor::list))
        .routes(routes!(at::factor::totp_add))
        .routes(routes!(at::factor::totp_confirm))
        .routes(routes!(at::factor::remove))
        .routes(routes!(at::factor::renew_codes))
        .routes(routes!(at::invitation::accept))
        .routes(routes!(at::pairing::begin))
        .routes(routes!(at::pairing::collect))
        .routes(routes!(at::pairing::view))
        .routes(routes!(at::pairing::approve))
        .routes(routes!(at::pairing::refuse))
        .routes(routes!(at::device::list, at::device::add))
        .routes(routes!(at::device::report))
        .routes(routes!(at::device::remove))
        .routes(routes!(at::activity::list))
        .routes(routes!(at::activity::check))
        .routes(routes!(at::job::list))
        .routes(routes!(at::job::again))
        .routes(routes!(at::contact::list, at::contact::choose))
        .routes(routes!(at::recovery::begin, at::recovery::list))
        .routes(routes!(at::recovery::view))
        .routes(routes!(at::recovery::finish))
        .routes(routes!(at::recovery::kit))
        .routes(routes!(at::recovery::kit_finish))
        .routes(routes!(at::recovery::vouch, at::recovery::withdraw))
        .routes(routes!(at::recovery::veto))
        .routes(routes!(at::status::view))
        // safety
        .routes(routes!(at::copy::list))
        .routes(routes!(at::copy::care))
        .routes(routes!(at::copy::run))
        .routes(routes!(at::copy::damage))
        .routes(routes!(at::coverage::view))
        .routes(routes!(at::coverage::at_risk))
        .routes(routes!(at::coverage::set_rule))
        .routes(routes!(at::alert::list))
        .routes(routes!(at::drill::list, at::drill::begin))
        .routes(routes!(at::drill::view))
        .routes(routes!(at::review::list, at::review::add))
        .routes(routes!(at::review::change, at::review::end))
        .routes(routes!(at::review::done))
        // notices
        .routes(routes!(at::notice::list))
        .routes(routes!(at::notice::seen))
        .routes(routes!(at::channel::list, at::channel::add))
        .routes(routes!(at::channel::change, at::channel::remove))
        .routes(routes!(at::channel::confirm))
        .routes(routes!(at::channel::test))
        // spaces
        .routes(routes!(at::space::list, at::space::create))
        .routes(routes!(at::space::view, at::space::change))
        .routes(routes!(at::member::list))
        .routes(routes!(at::member::change, at::member::remove))
        .routes(routes!(at::invitation::list, at::invitation::create))
        .routes(routes!(at::invitation::revoke))
        // albums
        .routes(routes!(at::album::list, at::album::create))
        .routes(routes!(at::album::granted))
        .routes(routes!(at::album::view, at::album::rename, at::album::delete))
        .routes(routes!(at::album::undelete))
        .routes(routes!(at::opening::list))
        .routes(routes!(at::opening::grant))
        .routes(routes!(at::opening::grant_end))
        .routes(routes!(at::opening::mirror))
        .routes(routes!(at::opening::mirror_end))
        // photos
        .routes(routes!(at::asset::timeline))
        .routes(routes!(at::asset::months))
        .routes(routes!(at::asset::in_album, at::added::add_many))
        .routes(routes!(at::added::take_out_many))
        .routes(routes!(at::added::add, at::added::take_out))
        .routes(routes!(at::approval::list))
        .routes(routes!(at::approval::approve))
        .routes(routes!(at::approval::decline))
        .routes(routes!(at::approval::approve_many))
        .routes(routes!(at::approval::decline_many))
        .routes(routes!(at::asset::view, at::asset::edit, at::trash::delete))
        .routes(routes!(at::asset::copies))
        .routes(routes!(at::asset::restore))
        .routes(routes!(at::trash::list))
        .routes(routes!(at::trash::undelete))
        .routes(routes!(at::trash::delete_many))
        .routes(routes!(at::trash::undelete_many))
        .routes(routes!(at::asset::rendition))
        .routes(routes!(at::asset::original))
        .routes(routes!(at::change::list))
        .routes(routes!(at::event::listen))
        .routes(routes!(at::search::search))
        .routes(routes!(at::search::facets))
        // uploads
        .routes(routes!(at::file::put))
        .routes(routes!(at::file::known))
        .routes(routes!(at::file::check))
        .routes(routes!(at::upload::list))
        .merge(in_pieces());
    name_operations(operations.get_openapi_mut());
    operations
}

/// tus, whose requests and answers all say its version.
fn in_pieces() -> OpenApiRouter<App> {
    OpenApiRouter::new()
        .routes(routes!(at::upload::abilities, at::upload::begin))
        .routes(routes!(at::upload::state, at::upload::go_on, at::upload::end, at::upload::overridden))
        .layer(from_fn(tus::version))
}

/// The description of the API as pages to try it on.
fn documentation() -> Router<App> {
    let pages = Config::new(["/api/openapi.json"]).validator_url("none").persist_authorization(false);
    Router::from(SwaggerUi::new("/api/docs").config(pages)).layer(from_fn(guard::documentation))
}

/// Everything that the server answers.
pub fn router(app: App) -> Router {
    let (api, openapi) = operations().split_for_parts();
    let document: Arc<[u8]> = serde_json::to_vec(&openapi).unwrap_or_default().into();
    let describe = move || {
        let document = axum::body::Bytes::from_owner(Arc::clone(&document));
        async move { ([(header::CONTENT_TYPE, HeaderValue::from_static("application/json"))], document) }
    };
    Router::new()
        .merge(api)
        .merge(documentation())
        .route("/api/openapi.json", get(describe))
        .route("/healthz", get(at::health::alive))
        .route("/readyz", get(at::health::ready))
        .route("/metrics", get(metrics::answer))
        .fallback(web::answer)
        .method_not_allowed_fallback(wrong_method)
        .layer(from_fn(guard::cross_site))
        .layer(CatchPanicLayer::custom(|_| {
            Failure(model::Error::internal("a handler panicked")).into_response()
        }))
        .layer(from_fn_with_state(app.clone(), guard::headers))
        .layer(from_fn_with_state(app.clone(), log::request))
        .with_state(app)
}
