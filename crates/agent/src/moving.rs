//! How far work is, for whoever waits for it: bytes are told while they move, and none of them twice, however often a file is
//! tried.

use std::pin::Pin;
use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{Arc, Weak};
use std::task::{Context, Poll};

use tokio::io::{AsyncRead, ReadBuf};

use crate::silence::Left;

/// Hears how far work is. Called often and from many threads; must be quick.
pub trait Moving: Send + Sync {
    /// More is known about how much there is to do.
    fn found(&self, files: u64, bytes: u64);

    /// Work was done.
    fn advance(&self, files: u64, bytes: u64);
}

/// One file on its way; told as done when it is dropped, whatever became of it.
pub(crate) struct OneFile {
    moving: Arc<dyn Moving>,
    size: u64,
    told: AtomicU64,
}

impl OneFile {
    pub(crate) fn new(moving: &Arc<dyn Moving>, size: u64) -> Self {
        Self { moving: Arc::clone(moving), size, told: AtomicU64::new(0) }
    }

    /// The bytes before `position` have moved.
    pub(crate) fn at(&self, position: u64) {
        let position = position.min(self.size);
        let before = self.told.fetch_max(position, Ordering::Relaxed);
        if position > before {
            self.moving.advance(0, position - before);
        }
    }
}

impl Drop for OneFile {
    fn drop(&mut self) {
        self.moving.advance(1, self.size - self.told.load(Ordering::Relaxed));
    }
}

/// Tells of what is read through it.
pub(crate) struct Told<R> {
    inner: R,
    /// A request that was given up may go on to be written; it keeps no file from being done.
    file: Weak<OneFile>,
    position: u64,
    left: Left,
}

impl<R> Told<R> {
    /// Reads from `inner`, which stands at `position` of the file; what is read is taken off what is `left`.
    pub(crate) fn new(inner: R, file: &Arc<OneFile>, position: u64, left: &Left) -> Self {
        Self { inner, file: Arc::downgrade(file), position, left: left.clone() }
    }
}

impl<R: AsyncRead + Unpin> AsyncRead for Told<R> {
    fn poll_read(
        mut self: Pin<&mut Self>,
        context: &mut Context<'_>,
        buffer: &mut ReadBuf<'_>,
    ) -> Poll<std::io::Result<()>> {
        let before = buffer.filled().len();
        let polled = Pin::new(&mut self.inner).poll_read(context, buffer);
        let read = (buffer.filled().len() - before) as u64;
        self.position += read;
        if let Some(file) = self.file.upgrade() {
            file.at(self.position);
        }
        self.left.took(read);
        polled
    }
}

#[cfg(test)]
mod tests {
    use std::sync::Mutex;

    use super::*;

    #[derive(Default)]
    struct Heard(Mutex<(u64, u64)>);

    impl Moving for Heard {
        fn found(&self, _: u64, _: u64) {}
        fn advance(&self, files: u64, bytes: u64) {
            let mut heard = self.0.lock().unwrap();
            *heard = (heard.0 + files, heard.1 + bytes);
        }
    }

    #[tokio::test]
    async fn bytes_are_told_while_they_move_and_once_however_often_they_are_sent() {
        let heard = Arc::new(Heard::default());
        let moving: Arc<dyn Moving> = heard.clone();
        let file = Arc::new(OneFile::new(&moving, 10));
        let read = async |bytes: &[u8], from| {
            let mut told = Told::new(bytes, &file, from, &Left::new(10));
            tokio::io::copy(&mut told, &mut tokio::io::sink()).await.unwrap();
        };
        read(b"0123", 0).await;
        assert_eq!(*heard.0.lock().unwrap(), (0, 4));
        read(b"012345", 0).await;
        assert_eq!(*heard.0.lock().unwrap(), (0, 6));
        read(b"67", 6).await;
        assert_eq!(*heard.0.lock().unwrap(), (0, 8));
        drop(file);
        assert_eq!(*heard.0.lock().unwrap(), (1, 10));
    }
}
