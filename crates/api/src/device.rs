//! Devices that send photos in.

use serde::{Deserialize, Serialize};
use utoipa::ToSchema;
use uuid::Uuid;

use crate::DeviceKind;

/// A device to be added.
#[derive(Debug, Serialize, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct DeviceRequest {
    /// What it is called.
    pub name: String,
    /// What sort of thing it is.
    pub kind: DeviceKind,
}

/// What a device says of itself.
#[derive(Debug, Default, Serialize, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct DeviceReport {
    /// Files that wait on it.
    pub waiting: Option<u64>,
    /// And their bytes.
    pub waiting_bytes: Option<u64>,
    /// Since when the oldest of them waits, milliseconds since 1970.
    pub oldest_ms: Option<i64>,
    /// What else it has to say, as in "battery low, paused".
    pub note: Option<String>,
}

/// A phone, laptop or card reader that sends photos in.
#[derive(Debug, Serialize, Deserialize, ToSchema)]
pub struct DeviceInfo {
    /// Id.
    pub id: Uuid,
    /// What it is called.
    pub name: String,
    /// What sort of thing it is.
    pub kind: DeviceKind,
    /// When it was added.
    pub created_at: String,
    /// When it last reported.
    pub seen_at: Option<String>,
    /// Files that waited on it then.
    pub waiting: Option<u64>,
    /// And their bytes.
    pub waiting_bytes: Option<u64>,
    /// Since when the oldest of them waits.
    pub oldest_at: Option<String>,
    /// What else it said.
    pub note: Option<String>,
}
