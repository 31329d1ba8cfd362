//! What tests, benches and the demo share: photos made from a seed, trees of them, a judge that compares trees, and
//! servers to keep copies on.
//!
//! Photos and trees are a function of their seed, so a failure can be made again on another machine. Nothing here depends
//! on the rooms it helps to test.

pub mod azurite;
pub mod bulk;
pub mod compare;
pub mod cutting;
pub mod photos;
pub mod remotes;
pub mod rng;
#[cfg(feature = "s3")]
pub mod s3;
pub mod smtp;
pub mod testdata;
pub mod tree;

pub use compare::{Difference, compare};
pub use rng::{Rng, bytes};
pub use testdata::{skipped, testdata};
pub use tree::{Entry, Manifest, SampleTree, Shape};
