//! People, sessions, tokens and second factors.

use serde::{Deserialize, Serialize};
use utoipa::ToSchema;
use uuid::Uuid;

use crate::{PasskeyShown, Permission};

/// The first start: who the library is made for.
#[derive(Serialize, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct SetUpRequest {
    /// The secret of the address that the server printed when it started.
    pub secret: String,
    /// E-mail address of the first person.
    pub email: String,
    /// Their name.
    #[serde(default)]
    pub name: String,
    /// Their password.
    pub password: String,
}

/// A library that was set up.
#[derive(Serialize, Deserialize, ToSchema)]
pub struct SetUpDone {
    /// The recovery kit as text: shown only now, to be printed.
    pub recovery_kit: String,
}

/// How a session's secret is kept.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[serde(rename_all = "lowercase")]
pub enum Agent {
    /// In a cookie that scripts cannot read.
    #[default]
    Browser,
    /// By a program, which presents it as a bearer token.
    Program,
}

/// Somebody who signs in.
#[derive(Serialize, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct SignInRequest {
    /// E-mail address.
    pub email: String,
    /// Password.
    pub password: String,
    /// A code of the authenticator app, or a recovery code, where there is a second factor.
    pub code: Option<String>,
    /// A passkey in place of a code.
    pub passkey: Option<PasskeyShown>,
    /// How the session's secret is kept.
    #[serde(default)]
    pub agent: Agent,
}

/// Somebody who has signed in.
#[derive(Serialize, Deserialize, ToSchema)]
pub struct SignedIn {
    /// Who.
    pub me: Me,
    /// The session's secret, for a program; a browser has it in its cookie.
    pub secret: Option<String>,
}

/// Who one is.
#[derive(Clone, Debug, Serialize, Deserialize, ToSchema)]
pub struct Me {
    /// Id.
    pub id: Uuid,
    /// E-mail address.
    pub email: String,
    /// Name.
    pub name: String,
}

/// A proof of who one is, for what asks for a recent one.
#[derive(Serialize, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct ProofRequest {
    /// Password; not needed with a passkey.
    pub password: Option<String>,
    /// A code, where there is a second factor.
    pub code: Option<String>,
    /// A passkey in place of a code, or of all of it.
    pub passkey: Option<PasskeyShown>,
}

/// A new password.
#[derive(Serialize, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct PasswordChange {
    /// At least twelve characters, and hard to guess.
    pub password: String,
}

/// A browser or program that one has signed in with.
#[derive(Debug, Serialize, Deserialize, ToSchema)]
pub struct SessionInfo {
    /// Id.
    pub id: Uuid,
    /// Whether it is the one that asks.
    pub current: bool,
    /// What it says it is.
    pub agent: String,
    /// Network address it was last seen at.
    pub network: String,
    /// When it began.
    pub created_at: String,
    /// When it was last used, to a few minutes.
    pub seen_at: String,
    /// When it ends.
    pub expires_at: String,
}

/// A token to be made.
#[derive(Serialize, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct TokenRequest {
    /// What one calls it.
    pub name: String,
    /// What it may do, as far as its owner may.
    pub permissions: Vec<Permission>,
    /// The only space that it opens.
    pub space: Option<Uuid>,
    /// Seconds until it ends; two years at most.
    pub lasts: Option<u64>,
}

/// A token, without its secret.
#[derive(Debug, Serialize, Deserialize, ToSchema)]
pub struct TokenInfo {
    /// Id.
    pub id: Uuid,
    /// What one calls it.
    pub name: String,
    /// What it may do.
    pub permissions: Vec<Permission>,
    /// The only space that it opens.
    pub space: Option<Uuid>,
    /// Network address it was last seen at; empty if never.
    pub network: String,
    /// When it was made.
    pub created_at: String,
    /// When it was last used.
    pub seen_at: Option<String>,
    /// When it ends.
    pub expires_at: Option<String>,
}

/// A token that was made.
#[derive(Serialize, Deserialize, ToSchema)]
pub struct TokenMade {
    /// The token.
    pub token: TokenInfo,
    /// Its secret, shown only now.
    pub secret: String,
}

/// An authenticator app to be added.
#[derive(Serialize, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct TotpRequest {
    /// What one calls it.
    pub name: String,
}

/// An authenticator app that waits for its first code.
#[derive(Serialize, Deserialize, ToSchema)]
pub struct TotpMade {
    /// Id.
    pub id: Uuid,
    /// What the app scans.
    pub url: String,
    /// The same to type in, base32.
    pub secret: String,
}

/// The first code of an authenticator app.
#[derive(Serialize, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct TotpConfirmRequest {
    /// Six digits.
    pub code: String,
}

/// An authenticator app that counts from now on.
#[derive(Serialize, Deserialize, ToSchema)]
pub struct TotpConfirmed {
    /// With the first second factor come recovery codes, shown only now.
    pub recovery_codes: Option<Vec<String>>,
}

/// Recovery codes, shown only now.
#[derive(Serialize, Deserialize, ToSchema)]
pub struct RecoveryCodes {
    /// Each can be used once.
    pub recovery_codes: Vec<String>,
}

/// One second factor.
#[derive(Debug, Serialize, Deserialize, ToSchema)]
pub struct FactorInfo {
    /// Id.
    pub id: Uuid,
    /// `totp` or `passkey`.
    pub kind: String,
    /// What one calls it.
    pub name: String,
    /// When it was added.
    pub created_at: String,
    /// Whether it counts: its owner has shown that it works.
    pub confirmed: bool,
    /// When it was last used.
    pub used_at: Option<String>,
}

/// One's second factors.
#[derive(Debug, Serialize, Deserialize, ToSchema)]
pub struct Factors {
    /// Each.
    pub factors: Vec<FactorInfo>,
    /// Recovery codes that were not used yet.
    pub recovery_codes_left: u64,
    /// Whether there is a password too.
    pub password: bool,
}
