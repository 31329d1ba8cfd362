//! What people are told, and where.

use serde::{Deserialize, Serialize};
use utoipa::{IntoParams, ToSchema};
use uuid::Uuid;

use crate::{ChannelKind, NoticeKind};

/// A notice.
#[derive(Debug, Serialize, Deserialize, ToSchema)]
pub struct NoticeInfo {
    /// Id; later ones are larger.
    pub id: Uuid,
    /// What of.
    pub kind: NoticeKind,
    /// One line of plain text.
    pub title: String,
    /// A few sentences of plain text, with empty lines between paragraphs.
    pub text: String,
    /// When it happened.
    pub at: String,
    /// When one saw it.
    pub seen_at: Option<String>,
}

/// A page of notices, newest first.
#[derive(Debug, Serialize, Deserialize, ToSchema)]
pub struct NoticePage {
    /// The notices.
    pub notices: Vec<NoticeInfo>,
    /// How many of all were not seen yet.
    pub unseen: u64,
}

/// Which notices.
#[derive(Debug, Serialize, Deserialize, IntoParams)]
#[serde(deny_unknown_fields)]
pub struct NoticeQuery {
    /// The last notice of the page before.
    pub before: Option<Uuid>,
    /// Notices on the page, up to 200.
    #[param(minimum = 1, maximum = 200)]
    pub limit: Option<u32>,
}

/// What one has seen.
#[derive(Serialize, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct NoticesSeen {
    /// The newest notice that was seen; older ones were too.
    pub until: Uuid,
}

/// Where one is told outside the app.
#[derive(Debug, Serialize, Deserialize, ToSchema)]
pub struct ChannelInfo {
    /// Id.
    pub id: Uuid,
    /// What sort of address.
    pub kind: ChannelKind,
    /// The address.
    pub address: String,
    /// What goes there besides what is always told; without it, everything.
    pub kinds: Option<Vec<NoticeKind>>,
    /// Whether it counts: somebody there has given the code that was sent.
    pub confirmed: bool,
    /// When it was added.
    pub created_at: String,
    /// When something last arrived.
    pub told_at: Option<String>,
    /// When it last failed, if nothing has arrived since.
    pub failed_at: Option<String>,
    /// Why.
    pub last_error: Option<String>,
}

/// A channel to be added.
#[derive(Serialize, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct ChannelRequest {
    /// What sort of address.
    pub kind: ChannelKind,
    /// An e-mail address, or the https address of a webhook or of an ntfy topic.
    pub address: String,
    /// What goes there besides what is always told; without it, everything.
    pub kinds: Option<Vec<NoticeKind>>,
    /// What signs the messages of a webhook (made by the server if it is not given), or the access token of a topic.
    pub secret: Option<String>,
}

/// A channel that was added.
#[derive(Serialize, Deserialize, ToSchema)]
pub struct ChannelMade {
    /// The channel.
    #[serde(flatten)]
    pub channel: ChannelInfo,
    /// The secret of a webhook, if the server made it; shown only now.
    pub secret: Option<String>,
}

/// The code that was sent to a channel.
#[derive(Serialize, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct ChannelCode {
    /// The code, however it is typed.
    pub code: String,
}

/// What shall go to a channel.
#[derive(Serialize, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct ChannelPatch {
    /// What goes there besides what is always told; `null` for everything.
    pub kinds: Option<Vec<NoticeKind>>,
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn words_are_spelled_as_everywhere() {
        for kind in model::NoticeKind::ALL {
            assert_eq!(serde_json::json!(NoticeKind::from(*kind)), kind.as_str());
        }
        for kind in model::ChannelKind::ALL {
            assert_eq!(serde_json::json!(ChannelKind::from(*kind)), kind.as_str());
        }
    }
}
