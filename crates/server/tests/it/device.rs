//! A device that keeps passkeys, and a browser in front of it: 1Password's authenticator and client, which know nothing
//! of this server. A browser that lies is played by the test.

use std::sync::{Arc, Mutex};

use async_trait::async_trait;
use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD as BASE64;
use passkey::authenticator::{
    Authenticator, CredentialStore, DiscoverabilitySupport, StoreInfo, UiHint, UserCheck,
    UserValidationMethod,
};
use passkey::client::{Client, DefaultClientData};
use passkey::crypto::rust_crypto::RustCryptoBackend;
use passkey::types::ctap2::make_credential::{
    Options, PublicKeyCredentialRpEntity, PublicKeyCredentialUserEntity,
};
use passkey::types::ctap2::{Aaguid, Ctap2Error, StatusCode, get_assertion};
use passkey::types::webauthn::PublicKeyCredentialDescriptor;
use passkey::types::{Bytes, Passkey};
use serde_json::{Value, json};

/// What a device keeps, which may be copied.
#[derive(Clone, Default)]
pub(crate) struct Keys(Arc<Mutex<Vec<Passkey>>>);

#[async_trait]
impl CredentialStore for Keys {
    type PasskeyItem = Passkey;

    async fn find_credentials(
        &self,
        ids: Option<&[PublicKeyCredentialDescriptor]>,
        rp_id: &str,
        _user_handle: Option<&[u8]>,
    ) -> Result<Vec<Passkey>, StatusCode> {
        let keys = self.0.lock().unwrap();
        let wanted = |key: &&Passkey| {
            key.rp_id == rp_id && ids.is_none_or(|ids| ids.iter().any(|id| id.id == key.credential_id))
        };
        let mut found: Vec<Passkey> = keys.iter().filter(wanted).cloned().collect();
        found.reverse();
        if found.is_empty() { Err(Ctap2Error::NoCredentials.into()) } else { Ok(found) }
    }

    async fn save_credential(
        &mut self,
        key: Passkey,
        _user: PublicKeyCredentialUserEntity,
        _rp: PublicKeyCredentialRpEntity,
        _options: Options,
    ) -> Result<(), StatusCode> {
        self.0.lock().unwrap().push(key);
        Ok(())
    }

    async fn update_credential(&mut self, key: &Passkey) -> Result<(), StatusCode> {
        let mut keys = self.0.lock().unwrap();
        let kept = keys.iter_mut().find(|kept| kept.credential_id == key.credential_id);
        *kept.unwrap() = key.clone();
        Ok(())
    }

    async fn get_info(&self) -> StoreInfo {
        StoreInfo { discoverability: DiscoverabilitySupport::Full }
    }
}

/// Whoever holds the device: there, and known to it when it asks.
struct Finger;

#[async_trait]
impl UserValidationMethod for Finger {
    type PasskeyItem = Passkey;

    async fn check_user<'a>(
        &self,
        _hint: UiHint<'a, Passkey>,
        presence: bool,
        verification: bool,
    ) -> Result<UserCheck, Ctap2Error> {
        Ok(UserCheck { presence, verification })
    }

    fn is_presence_enabled(&self) -> bool {
        true
    }

    fn is_verification_enabled(&self) -> Option<bool> {
        Some(true)
    }
}

/// A phone, or a key on a ring.
#[derive(Clone, Default)]
pub(crate) struct Device {
    keys: Keys,
    /// Whether it counts what it signs.
    counts: bool,
}

impl Device {
    /// One that counts what it signs.
    pub(crate) fn counting() -> Self {
        Self { keys: Keys::default(), counts: true }
    }

    /// The same keys with the same counters, from now on apart.
    pub(crate) fn copied(&self) -> Self {
        let keys = self.keys.0.lock().unwrap().clone();
        Self { keys: Keys(Arc::new(Mutex::new(keys))), counts: self.counts }
    }

    fn authenticator(&self) -> Authenticator<Keys, Finger, RustCryptoBackend> {
        let mut device =
            Authenticator::new(Aaguid::new_empty(), self.keys.clone(), Finger, RustCryptoBackend);
        device.set_make_credentials_with_signature_counter(self.counts);
        device
    }

    /// Has a browser that is at `origin` make a passkey.
    pub(crate) async fn make(&self, origin: &str, options: &Value) -> Result<Value, String> {
        let mut browser = Client::new(self.authenticator()).allows_insecure_localhost(true);
        let origin = url(origin);
        let asked = serde_json::from_value(options.clone()).unwrap();
        let made = browser.register(&origin, asked, DefaultClientData).await;
        made.map(|made| as_browsers_write(serde_json::to_value(made).unwrap()))
            .map_err(|error| format!("{error:?}"))
    }

    /// Has a browser that is at `origin` show a passkey.
    pub(crate) async fn show(&self, origin: &str, options: &Value) -> Result<Value, String> {
        let mut browser = Client::new(self.authenticator()).allows_insecure_localhost(true);
        let origin = url(origin);
        let asked = serde_json::from_value(options.clone()).unwrap();
        let shown = browser.authenticate(&origin, asked, DefaultClientData).await;
        shown
            .map(|shown| as_browsers_write(serde_json::to_value(shown).unwrap()))
            .map_err(|error| format!("{error:?}"))
    }

    /// Signs whatever a browser that keeps to no rule wants: this client data, for this site.
    pub(crate) async fn sign(&self, client_data: &Value, rp_id: &str, verified: bool) -> Value {
        let client_data = client_data.to_string();
        // To ask for a key of one site with the name of another, it has to be known under both.
        let device = self.copied();
        for key in device.keys.0.lock().unwrap().iter_mut() {
            rp_id.clone_into(&mut key.rp_id);
        }
        let request = get_assertion::Request {
            rp_id: rp_id.to_owned(),
            client_data_hash: Bytes::from(hash(client_data.as_bytes())),
            allow_list: None,
            extensions: None,
            options: get_assertion::Options { up: true, uv: verified },
            pin_auth: None,
            pin_protocol: None,
        };
        let signed = device.authenticator().get_assertion(request).await.unwrap();
        let id = BASE64.encode(&*signed.credential.unwrap().id);
        json!({
            "id": id, "rawId": id, "type": "public-key", "clientExtensionResults": {},
            "response": {
                "clientDataJSON": BASE64.encode(client_data),
                "authenticatorData": BASE64.encode(signed.auth_data.to_vec()),
                "signature": BASE64.encode(&*signed.signature),
                "userHandle": signed.user.map(|user| BASE64.encode(&*user.id)),
            }
        })
    }
}

/// What a browser says that it was asked.
pub(crate) fn client_data(kind: &str, options: &Value, origin: &str) -> Value {
    let challenge = &options["publicKey"]["challenge"];
    json!({"type": kind, "challenge": challenge, "origin": origin, "crossOrigin": false})
}

/// Bytes in base64, as `toJSON()` of a browser has them.
fn as_browsers_write(value: Value) -> Value {
    match value {
        Value::Array(items) => {
            let bytes = items.iter().map(|item| item.as_u64().and_then(|byte| u8::try_from(byte).ok()));
            match bytes.collect::<Option<Vec<u8>>>() {
                Some(bytes) if !bytes.is_empty() => BASE64.encode(bytes).into(),
                _ => items.into_iter().map(as_browsers_write).collect(),
            }
        }
        Value::Object(fields) => {
            fields.into_iter().map(|(name, value)| (name, as_browsers_write(value))).collect()
        }
        other => other,
    }
}

fn url(text: &str) -> reqwest::Url {
    text.parse().unwrap()
}

fn hash(bytes: &[u8]) -> Vec<u8> {
    vault::hash_bytes(&mut &*bytes).unwrap().0.0.to_vec()
}
