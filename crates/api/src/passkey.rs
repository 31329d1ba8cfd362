//! Passkeys.

use serde::{Deserialize, Serialize};
use serde_json::Value;
use utoipa::ToSchema;
use uuid::Uuid;

use crate::Agent;

/// A passkey to be added.
#[derive(Serialize, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct PasskeyRequest {
    /// What one calls it.
    pub name: String,
}

/// What a passkey is asked for.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[serde(rename_all = "kebab-case")]
pub enum PasskeyPurpose {
    /// To sign in, or to accept an invitation: whoever has one is found by it.
    SignIn,
    /// To prove again who one is, in the session that asks.
    Proof,
}

/// A question for a passkey. It names nobody.
#[derive(Serialize, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct PasskeyAsk {
    /// What for. Without it, a proof for whoever has signed in, and a sign-in for whoever has not.
    #[serde(rename = "for")]
    pub purpose: Option<PasskeyPurpose>,
}

/// What a browser is asked.
#[derive(Serialize, Deserialize, ToSchema)]
pub struct PasskeyAsked {
    /// By what the answer is known: good for one answer, for five minutes.
    pub ceremony: Uuid,
    /// What `navigator.credentials` takes, in the JSON form of WebAuthn: `{"publicKey": …}`.
    #[schema(value_type = Object)]
    pub options: Value,
}

/// The passkey that a browser has made.
#[derive(Serialize, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct PasskeyConfirmRequest {
    /// What the browser answered, as `PublicKeyCredential.toJSON()` gives it.
    #[schema(value_type = Object)]
    pub credential: Value,
}

/// A passkey that counts from now on.
#[derive(Serialize, Deserialize, ToSchema)]
pub struct PasskeyConfirmed {
    /// With the first second factor come recovery codes, shown only now.
    pub recovery_codes: Option<Vec<String>>,
}

/// A passkey in place of something else.
#[derive(Serialize, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct PasskeyShown {
    /// In which it was asked for.
    pub ceremony: Uuid,
    /// What the browser answered, as `PublicKeyCredential.toJSON()` gives it.
    #[schema(value_type = Object)]
    pub credential: Value,
}

/// Somebody who signs in by passkey alone.
#[derive(Serialize, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct PasskeySignIn {
    /// What the browser answered, as `PublicKeyCredential.toJSON()` gives it.
    #[schema(value_type = Object)]
    pub credential: Value,
    /// How the session's secret is kept.
    #[serde(default)]
    pub agent: Agent,
}
