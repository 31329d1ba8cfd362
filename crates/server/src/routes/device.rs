//! Devices that send photos in.

use api::{DeviceInfo, DeviceReport, DeviceRequest};
use axum::http::StatusCode;
use model::{DeviceId, Timestamp};
use uuid::Uuid;

use crate::auth::Caller;
use crate::body::{Json, Path};
use crate::openapi::Refusal;
use crate::problem::Answer;

fn info(device: catalog::Device) -> DeviceInfo {
    DeviceInfo {
        id: device.id.0,
        name: device.name,
        kind: device.kind.into(),
        created_at: device.created_at.to_string(),
        seen_at: device.seen_at.map(|at| at.to_string()),
        waiting: device.report.waiting,
        waiting_bytes: device.report.waiting_bytes,
        oldest_at: device.report.oldest_at.map(|at| at.to_string()),
        note: device.report.note,
    }
}

/// One's devices, oldest first.
#[utoipa::path(
    get, path = "/api/v1/devices", tag = "devices", security(("session" = []), ("bearer" = [])),
    responses(
        (status = 200, body = Vec<DeviceInfo>),
        Refusal<401>,
    )
)]
pub(crate) async fn list(caller: Caller) -> Answer<Json<Vec<DeviceInfo>>> {
    let devices = caller.library.devices(&caller.actor).await?;
    Ok(Json(devices.into_iter().map(info).collect()))
}

/// Adds a device. A program that adds itself has its token bound to it: both end together.
#[utoipa::path(
    post, path = "/api/v1/devices", tag = "devices", request_body = DeviceRequest, security(("session" = []), ("bearer" = [])),
    responses(
        (status = 201, body = DeviceInfo),
        Refusal<400>, Refusal<401>, Refusal<403>, Refusal<409>,
    )
)]
pub(crate) async fn add(
    caller: Caller,
    Json(asked): Json<DeviceRequest>,
) -> Answer<(StatusCode, Json<DeviceInfo>)> {
    let device = caller.library.device_add(&caller.actor, &asked.name, asked.kind.into()).await?;
    Ok((StatusCode::CREATED, Json(info(device))))
}

/// A device says what it still owes.
#[utoipa::path(
    put, path = "/api/v1/devices/{id}/report", tag = "devices", params(("id" = Uuid, Path)), request_body = DeviceReport,
    security(("session" = []), ("bearer" = [])),
    responses(
        (status = 204),
        Refusal<400>, Refusal<401>, Refusal<403>, Refusal<404>,
    )
)]
pub(crate) async fn report(
    caller: Caller,
    Path(id): Path<Uuid>,
    Json(said): Json<DeviceReport>,
) -> Answer<StatusCode> {
    let report = catalog::DeviceReport {
        waiting: said.waiting,
        waiting_bytes: said.waiting_bytes,
        oldest_at: said.oldest_ms.map(Timestamp),
        note: said.note,
    };
    caller.library.device_report(&caller.actor, DeviceId(id), report).await?;
    Ok(StatusCode::NO_CONTENT)
}

/// Ends a device, and the tokens that it calls with, at once.
#[utoipa::path(
    delete, path = "/api/v1/devices/{id}", tag = "devices", params(("id" = Uuid, Path)), security(("session" = []), ("bearer" = [])),
    responses(
        (status = 204),
        Refusal<401>, Refusal<403>, Refusal<404>,
    )
)]
pub(crate) async fn remove(caller: Caller, Path(id): Path<Uuid>) -> Answer<StatusCode> {
    caller.library.device_remove(&caller.actor, DeviceId(id)).await?;
    Ok(StatusCode::NO_CONTENT)
}
