//! How often secrets may be tried: by account, and by whoever tries.

use std::net::IpAddr;
use std::num::NonZeroU32;

use governor::{DefaultKeyedRateLimiter, Quota, RateLimiter};
use model::{Error, ErrorKind, Result};

use crate::network::Peer;

/// Tries that one account can meet at once, and then one every six seconds.
const BY_ACCOUNT: u32 = 10;
/// Tries that one party can make at once, and then one every two seconds.
const BY_PARTY: u32 = 30;

/// Counts tries. Forgets who has not tried for a while.
pub(crate) struct Limits {
    by_account: DefaultKeyedRateLimiter<String>,
    by_party: DefaultKeyedRateLimiter<IpAddr>,
}

impl Limits {
    pub(crate) fn new() -> Self {
        let quota = |burst: u32| {
            let burst = NonZeroU32::new(burst).unwrap_or(NonZeroU32::MIN);
            Quota::per_minute(burst)
        };
        Self {
            by_account: RateLimiter::keyed(quota(BY_ACCOUNT)),
            by_party: RateLimiter::keyed(quota(BY_PARTY)),
        }
    }

    /// Counts a try of a secret.
    ///
    /// # Errors
    /// `TooMany`, whether the account exists or not.
    pub(crate) fn try_secret(&self, account: Option<&str>, peer: &Peer) -> Result<()> {
        self.by_party.retain_recent();
        self.by_account.retain_recent();
        let account = account.map(|account| account.trim().to_lowercase());
        let often = self.by_party.check_key(&peer.party()).is_err()
            || account.is_some_and(|account| self.by_account.check_key(&account).is_err());
        if often {
            return Err(Error::new(ErrorKind::TooMany, "too many tries; wait a minute and try again"));
        }
        Ok(())
    }
}
