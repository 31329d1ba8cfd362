//! Authenticator apps (RFC 6238) and recovery codes.

use catalog::{Factor, FactorKind, Tx};
use model::{Error, FactorId, NoticeKind, Result, Sha256, Timestamp};
use serde_json::json;
use totp_rs::{Algorithm, Builder, Secret as Shared, Totp};
use zeroize::Zeroizing;

use super::passkey::passkeys;
use super::{Secret, label};
use crate::Library;
use crate::access::Actor;

/// How many recovery codes there are.
const CODES: usize = 10;
/// Characters of a recovery code: no two that look alike. 16 of them are 80 bits.
const ALPHABET: &[u8; 32] = b"abcdefghjkmnpqrstuvwxyz023456789";
const CODE_LENGTH: usize = 16;

/// An authenticator app that waits for its first code.
pub struct NewTotp {
    /// The factor.
    pub id: FactorId,
    /// What the app scans: an `otpauth:` address.
    pub url: Zeroizing<String>,
    /// The same to type in, base32.
    pub secret: Zeroizing<String>,
}

/// Recovery codes, shown once.
pub struct RecoveryCodes(pub Vec<Zeroizing<String>>);

impl Library {
    /// Adds an authenticator app. It counts once [`Library::totp_confirm`] has seen a code of it.
    pub async fn totp_add(&self, actor: &Actor, name: &str) -> Result<NewTotp> {
        let now = self.clock.now();
        actor.proved(now)?;
        let shared = Shared::generate();
        let totp = app(shared.as_bytes(), &actor.person().email)?;
        let url = totp
            .to_url()
            .map_err(|error| Error::internal("an otpauth address").with_detail(error.to_string()))?;
        let factor = Factor {
            id: FactorId::generate(),
            person_id: actor.person().id,
            kind: FactorKind::Totp,
            name: label(name, "a second factor's name")?,
            secret: shared.as_bytes().to_vec(),
            created_at: now,
            confirmed_at: None,
            used_at: None,
            counter: 0,
        };
        let mut tx = self.begin_as(actor).await?;
        tx.factor_insert(&factor).await?;
        tx.commit().await?;
        Ok(NewTotp { id: factor.id, url: Zeroizing::new(url), secret: Zeroizing::new(shared.to_base32()) })
    }

    /// Makes an authenticator app count, by a code of it. With the first one come recovery codes.
    pub async fn totp_confirm(
        &self,
        actor: &Actor,
        id: FactorId,
        code: &str,
    ) -> Result<Option<RecoveryCodes>> {
        let now = self.clock.now();
        actor.proved(now)?;
        let person = actor.person();
        let mut tx = self.begin_alone_as(actor).await?;
        let factors = tx.factor_list(person.id).await?;
        let first = factors.iter().all(|factor| factor.confirmed_at.is_none());
        let factor = factors.iter().find(|factor| factor.id == id && factor.confirmed_at.is_none());
        let factor =
            factor.ok_or_else(|| Error::not_found("there is no authenticator app that waits for a code"))?;
        let wrong = || {
            Error::invalid("the code is wrong; is the clock of the phone right?")
                .with_code("second-factor-failed")
        };
        let step = check_totp(&factor.secret, code, now).ok_or_else(wrong)?;
        if !tx.factor_use(id, step, now).await? {
            return Err(wrong());
        }
        tx.factor_confirm(id, now).await?;
        let codes = self.factor_counts(&mut tx, actor, factor, first).await?;
        tx.commit().await?;
        Ok(codes)
    }

    /// Tells that a factor counts from now on; with the first one come recovery codes.
    pub(super) async fn factor_counts(
        &self,
        tx: &mut Tx,
        actor: &Actor,
        factor: &Factor,
        first: bool,
    ) -> Result<Option<RecoveryCodes>> {
        let codes = first.then(new_codes);
        if let Some(codes) = &codes {
            tx.recovery_code_replace(factor.person_id, &hashes(codes)?).await?;
        }
        self.factor_changed(tx, actor, factor, "factor.add", "added").await?;
        Ok(codes)
    }

    /// Tells the person, and the audit log, of a factor that was added or removed.
    async fn factor_changed(
        &self,
        tx: &mut Tx,
        actor: &Actor,
        factor: &Factor,
        action: &str,
        change: &str,
    ) -> Result<()> {
        let session = actor.session()?;
        let facts = json!({"change": change, "kind": factor.kind.as_str(), "name": factor.name,
            "agent": session.agent, "network": session.network});
        self.tell(tx, factor.person_id, NoticeKind::FactorChanged, facts).await?;
        let detail = json!({"kind": factor.kind.as_str(), "name": factor.name});
        let subject = factor.id.to_string();
        tx.audit_append(self.clock.now(), actor.signature(), action, &subject, &detail).await.map(drop)
    }

    /// The actor's second factors, and how many recovery codes are left.
    pub async fn factors(&self, actor: &Actor) -> Result<(Vec<Factor>, u64)> {
        actor.session()?;
        let mut tx = self.catalog.read().await?;
        let factors = tx.factor_list(actor.person().id).await?;
        Ok((factors, tx.recovery_code_left(actor.person().id).await?))
    }

    /// Removes a second factor, a passkey included.
    ///
    /// # Errors
    /// `Conflict` with the code `last-way-in` for the only passkey of an account that has no password.
    pub async fn factor_remove(&self, actor: &Actor, id: FactorId) -> Result<()> {
        actor.proved(self.clock.now())?;
        let person = actor.person().id;
        let mut tx = self.begin_alone_as(actor).await?;
        let factors = tx.factor_list(person).await?;
        let factor = factors.iter().find(|factor| factor.id == id);
        let factor = factor.ok_or_else(|| Error::not_found("there is no such second factor"))?;
        let password = tx.person_get(person).await?.and_then(|person| person.password_hash);
        let another = passkeys(&factors).any(|passkey| passkey.id != id);
        if factor.kind == FactorKind::Passkey && password.is_none() && !another {
            return Err(Error::conflict(
                "this passkey is the only way into the account; add another one, or a password, first",
            )
            .with_code("last-way-in"));
        }
        tx.factor_delete(person, id).await?;
        // What never counted is no change.
        if factor.confirmed_at.is_some() {
            self.factor_changed(&mut tx, actor, factor, "factor.remove", "removed").await?;
        }
        tx.commit().await
    }

    /// New recovery codes instead of the old ones, which end.
    pub async fn recovery_codes_renew(&self, actor: &Actor) -> Result<RecoveryCodes> {
        let now = self.clock.now();
        let session = actor.proved(now)?;
        let codes = new_codes();
        let mut tx = self.begin_alone_as(actor).await?;
        tx.recovery_code_replace(actor.person().id, &hashes(&codes)?).await?;
        // Whoever has them gets in past every second factor.
        let facts = json!({
            "change": "renewed", "kind": "recovery-codes", "agent": session.agent, "network": session.network
        });
        self.tell(&mut tx, actor.person().id, NoticeKind::FactorChanged, facts).await?;
        tx.audit_append(now, actor.signature(), "recovery-codes.renew", &actor.person().email, &json!({}))
            .await?;
        tx.commit().await?;
        Ok(codes)
    }
}

fn app(secret: &[u8], account: &str) -> Result<Totp> {
    // What every app understands: SHA-1, six digits, thirty seconds.
    let built = Builder::new()
        .with_algorithm(Algorithm::SHA1)
        .with_digits(6)
        .with_skew(1)
        .with_step_duration(30)
        .with_secret(secret.to_vec())
        .with_account_name(account.replace(':', " "))
        .with_issuer(Some("OurPhoto"))
        .build();
    built.map_err(|error| Error::internal("an authenticator app").with_detail(error.to_string()))
}

/// Whether it looks like a code of an authenticator app: no recovery code does.
pub(super) fn is_code(code: &str) -> bool {
    let code: Vec<char> = code.chars().filter(|c| !c.is_whitespace()).collect();
    code.len() == 6 && code.iter().all(char::is_ascii_digit)
}

/// The time step that a code belongs to, if it is right now, or was, or will be half a minute away.
pub(super) fn check_totp(secret: &[u8], code: &str, now: Timestamp) -> Option<i64> {
    let code: String = code.chars().filter(|c| !c.is_whitespace()).collect();
    let seconds = u64::try_from(now.0 / 1000).ok()?;
    let step = app(secret, "account").ok()?.check(&code, seconds)?;
    i64::try_from(step).ok()
}

/// Recovery codes are read off paper: case, spaces and hyphens do not matter.
pub(super) fn recovery_code_hash(code: &str) -> Result<Sha256> {
    let plain: String = code.chars().filter(char::is_ascii_alphanumeric).collect();
    Secret::presented(&plain.to_ascii_lowercase()).hash()
}

fn new_codes() -> RecoveryCodes {
    use argon2::password_hash::rand_core::{OsRng, RngCore};
    let code = |_| {
        let mut bytes = [0; CODE_LENGTH];
        OsRng.fill_bytes(&mut bytes);
        let mut code = Zeroizing::new(String::with_capacity(CODE_LENGTH + 3));
        for (at, byte) in bytes.iter().enumerate() {
            if at > 0 && at % 4 == 0 {
                code.push('-');
            }
            code.push(char::from(ALPHABET[usize::from(byte % 32)]));
        }
        code
    };
    RecoveryCodes((0..CODES).map(code).collect())
}

fn hashes(codes: &RecoveryCodes) -> Result<Vec<Sha256>> {
    codes.0.iter().map(|code| recovery_code_hash(code)).collect()
}
