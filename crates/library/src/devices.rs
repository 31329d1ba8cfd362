//! Devices: what sends photos in says what it still owes, and is ended as a whole.

use catalog::{Device, DeviceReport};
use model::{DeviceId, DeviceKind, Error, Result};
use serde_json::json;

use crate::Library;
use crate::access::{Actor, Via};
use crate::accounts::label;

impl Library {
    /// Adds a device. A program that adds itself has its token bound to it: both end together.
    ///
    /// # Errors
    /// `Conflict` for a program that is a device already.
    pub async fn device_add(&self, actor: &Actor, name: &str, kind: DeviceKind) -> Result<Device> {
        let now = self.clock.now();
        let device = Device {
            id: DeviceId::generate(),
            person_id: actor.person().id,
            name: label(name, "a device's name")?,
            kind,
            created_at: now,
            seen_at: None,
            report: DeviceReport::default(),
            removed_at: None,
        };
        let mut tx = self.begin_as(actor).await?;
        tx.device_insert(&device).await?;
        if let Via::Token(token) = actor.via() {
            if token.device_id.is_some() {
                return Err(Error::conflict("this token belongs to a device already"));
            }
            tx.token_set_device(token.id, device.id).await?;
        }
        let detail = json!({"name": device.name, "kind": device.kind});
        tx.audit_append(now, actor.signature(), "device.add", &device.id.to_string(), &detail).await?;
        tx.commit().await?;
        Ok(device)
    }

    /// The actor's devices, oldest first.
    pub async fn devices(&self, actor: &Actor) -> Result<Vec<Device>> {
        self.catalog.read().await?.device_list(actor.person().id).await
    }

    /// Notes what a device says of itself.
    ///
    /// # Errors
    /// `NotFound` for a device that is not the actor's; for a program, for any but the one that it is.
    pub async fn device_report(&self, actor: &Actor, id: DeviceId, report: DeviceReport) -> Result<()> {
        let report = DeviceReport {
            note: report.note.map(|note| label(&note, "what a device says")).transpose()?,
            ..report
        };
        let large =
            [report.waiting, report.waiting_bytes].into_iter().flatten().any(|n| i64::try_from(n).is_err());
        if large {
            return Err(Error::invalid("that is more than there can be"));
        }
        let mut tx = self.begin_as(actor).await?;
        let itself = match actor.via() {
            Via::Session(_) => true,
            Via::Token(token) => token.device_id == Some(id),
        };
        let device = tx.device_get(actor.person().id, id).await?.filter(|_| itself);
        let device = device.ok_or_else(none)?;
        tx.device_report(device.id, &report, self.clock.now()).await?;
        tx.commit().await
    }

    /// Ends a device, and the tokens that it calls with, at once.
    pub async fn device_remove(&self, actor: &Actor, id: DeviceId) -> Result<()> {
        actor.session()?;
        let now = self.clock.now();
        let mut tx = self.begin_as(actor).await?;
        if !tx.device_remove(actor.person().id, id, now).await? {
            return Err(none());
        }
        tx.audit_append(now, actor.signature(), "device.remove", &id.to_string(), &json!({})).await?;
        tx.commit().await
    }
}

fn none() -> Error {
    Error::not_found("there is no such device")
}
