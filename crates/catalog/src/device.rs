//! Devices: phones, laptops and card readers that send photos in, and what they said last.

use model::{DeviceId, DeviceKind, PersonId, Result, Timestamp};

use crate::sql::{Row, Tx, args, built, exactly_one, get_word};

/// Something that sends photos in.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Device {
    /// Its id.
    pub id: DeviceId,
    /// Whose it is.
    pub person_id: PersonId,
    /// What its owner calls it.
    pub name: String,
    /// What sort of thing it is.
    pub kind: DeviceKind,
    /// When it was added.
    pub created_at: Timestamp,
    /// When it last reported.
    pub seen_at: Option<Timestamp>,
    /// What it said then.
    pub report: DeviceReport,
    /// Since when it is none any more.
    pub removed_at: Option<Timestamp>,
}

/// What a device says of itself.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct DeviceReport {
    /// Files that wait on it.
    pub waiting: Option<u64>,
    /// And their bytes.
    pub waiting_bytes: Option<u64>,
    /// How long the oldest of them has waited.
    pub oldest_at: Option<Timestamp>,
    /// What else it has to say, as in "battery low, paused".
    pub note: Option<String>,
}

const COLUMNS: &str =
    "id, person_id, name, kind, created_at, seen_at, waiting, waiting_bytes, oldest_at, note, removed_at";

fn device(row: &Row) -> Result<Device> {
    Ok(Device {
        id: row.get(0)?,
        person_id: row.get(1)?,
        name: row.get(2)?,
        kind: get_word(row, 3)?,
        created_at: row.get(4)?,
        seen_at: row.get(5)?,
        report: DeviceReport {
            waiting: row.get(6)?,
            waiting_bytes: row.get(7)?,
            oldest_at: row.get(8)?,
            note: row.get(9)?,
        },
        removed_at: row.get(10)?,
    })
}

impl Tx {
    /// Adds a device that has not reported yet.
    pub async fn device_insert(&mut self, device: &Device) -> Result<()> {
        let sql = "INSERT INTO device (id, person_id, name, kind, created_at) VALUES ($1, $2, $3, $4, $5)";
        let args = args![device.id, device.person_id, &device.name, device.kind.as_str(), device.created_at];
        exactly_one(self.execute(sql, args).await?, "the device")
    }

    /// One of someone's devices, if it still is one.
    pub async fn device_get(&mut self, person_id: PersonId, id: DeviceId) -> Result<Option<Device>> {
        let sql = built(format!(
            "SELECT {COLUMNS} FROM device WHERE id = $1 AND person_id = $2 AND removed_at IS NULL"
        ));
        self.fetch_optional(sql, args![id, person_id], device).await
    }

    /// Someone's devices, oldest first.
    pub async fn device_list(&mut self, person_id: PersonId) -> Result<Vec<Device>> {
        let sql = built(format!(
            "SELECT {COLUMNS} FROM device WHERE person_id = $1 AND removed_at IS NULL ORDER BY id"
        ));
        self.fetch_all(sql, args![person_id], device).await
    }

    /// Notes what a device says.
    pub async fn device_report(&mut self, id: DeviceId, report: &DeviceReport, at: Timestamp) -> Result<()> {
        let sql = "UPDATE device SET seen_at = $1, waiting = $2, waiting_bytes = $3, oldest_at = $4, note = $5 \
                   WHERE id = $6 AND removed_at IS NULL";
        let args =
            args![at, report.waiting, report.waiting_bytes, report.oldest_at, report.note.as_deref(), id];
        exactly_one(self.execute(sql, args).await?, "the device")
    }

    /// Calls a device something else.
    pub async fn device_rename(&mut self, id: DeviceId, name: &str) -> Result<()> {
        let sql = "UPDATE device SET name = $1 WHERE id = $2 AND removed_at IS NULL";
        exactly_one(self.execute(sql, args![name, id]).await?, "the device")
    }

    /// Ends a device, and the tokens that it called with. Says whether there was one.
    pub async fn device_remove(&mut self, person_id: PersonId, id: DeviceId, at: Timestamp) -> Result<bool> {
        let sql = "UPDATE device SET removed_at = $1 WHERE id = $2 AND person_id = $3 AND removed_at IS NULL";
        let removed = self.execute(sql, args![at, id, person_id]).await? == 1;
        if removed {
            self.execute("DELETE FROM token WHERE device_id = $1", args![id]).await?;
        }
        Ok(removed)
    }
}
