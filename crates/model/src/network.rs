//! Networks: one address, or all that begin with the same bits.

use std::net::IpAddr;
use std::str::FromStr;

use crate::Error;

/// An address, or all that begin with the same bits.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Network {
    address: u128,
    bits: u8,
}

impl Network {
    /// Whether this address is in it; one of IPv4 is the same when it is written as IPv6.
    pub fn contains(self, address: IpAddr) -> bool {
        let shift = 128 - u32::from(self.bits);
        (self.address ^ number(address)).checked_shr(shift).unwrap_or(0) == 0
    }
}

/// IPv4 as it is mapped into IPv6, so that one rule fits both.
fn number(address: IpAddr) -> u128 {
    match address {
        IpAddr::V4(address) => address.to_ipv6_mapped().to_bits(),
        IpAddr::V6(address) => address.to_bits(),
    }
}

impl FromStr for Network {
    type Err = Error;

    fn from_str(text: &str) -> Result<Self, Error> {
        let wrong = || Error::invalid(format!("'{text}' is not a network, as in 10.0.0.0/8 or ::1"));
        let (address, bits) = match text.split_once('/') {
            Some((address, bits)) => (address, Some(bits.parse::<u8>().map_err(|_| wrong())?)),
            None => (text, None),
        };
        let address: IpAddr = address.parse().map_err(|_| wrong())?;
        let (own, offset) = if address.is_ipv4() { (32, 96) } else { (128, 0) };
        let bits = bits.unwrap_or(own);
        if bits > own {
            return Err(wrong());
        }
        Ok(Self { address: number(address), bits: bits + offset })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn ip(text: &str) -> IpAddr {
        text.parse().unwrap()
    }

    #[test]
    fn networks_are_read_and_nonsense_is_refused() {
        let network: Network = "192.168.0.0/16".parse().unwrap();
        assert!(network.contains(ip("192.168.7.1")) && !network.contains(ip("192.169.0.1")));
        let all: Network = "::/0".parse().unwrap();
        assert!(all.contains(ip("2001:db8::1")) && all.contains(ip("1.2.3.4")));
        for wrong in ["", "10.0.0.0/33", "host", "::1/129", "10.0.0.1/x"] {
            wrong.parse::<Network>().unwrap_err();
        }
    }
}
