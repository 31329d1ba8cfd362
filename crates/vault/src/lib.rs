//! Everything between a photo's bytes and the places that hold them: the object format, keys and stores.
//!
//! An object is an [age v1](https://age-encryption.org/v1) file, encrypted to its space's key and named by the SHA-256
//! of its own encrypted bytes. So any store can be proved with `sha256sum`, without a key and without a catalog, and
//! copying, scrubbing and healing are the same few lines for every store. `docs/format.md` is the specification.

mod armor;
mod crypt;
mod fetch;
mod hash;
pub mod keys;
mod lanes;
mod object;
pub mod store;

pub use armor::{open_text, seal_text};
pub use crypt::{Encrypting, decrypt, encrypt};
pub use fetch::{FetchError, fetch};
pub use hash::{ContentHasher, ContentId, HashingReader, HashingWriter, hash_bytes, hash_content};
pub use lanes::in_lanes;
pub use object::{ObjectReader, Sealed, encrypt_object, open_object, seal_object, verify_object};
pub use store::{Created, Draft, Entry, PacedStore, Room, Spool, Store, StorePath};
