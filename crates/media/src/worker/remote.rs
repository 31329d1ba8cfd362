//! The photo as the worker sees it: ranges that the parent is asked for.

use std::io::{Read, Stdin, Stdout, Write};

use crate::bytes::Bytes;
use crate::protocol::{self, MAX_READ, Tag};

/// Small reads are widened to this, since directories and boxes lie close together.
const BLOCK: usize = 64 << 10;
/// Blocks kept, the most recently used last.
const KEPT: usize = 32;

/// Bytes on the other side of the pipes.
pub(super) struct Remote {
    size: u64,
    input: Stdin,
    output: Stdout,
    blocks: Vec<(u64, Vec<u8>)>,
}

impl Remote {
    pub(super) fn new(size: u64) -> Self {
        Self { size, input: std::io::stdin(), output: std::io::stdout(), blocks: Vec::new() }
    }

    /// Appends `len` bytes from `offset` to `into`, in as few questions as the protocol allows.
    fn fetch(&mut self, offset: u64, len: usize, into: &mut Vec<u8>) {
        let mut done = 0;
        while done < len {
            let part = (len - done).min(MAX_READ);
            let at = (offset + done as u64).to_le_bytes();
            let question = [&at[..], &(part as u32).to_le_bytes()].concat();
            if protocol::write(&mut self.output, Tag::Read, &[&question]).is_err() {
                super::lost();
            }
            let mut input = self.input.lock();
            let mut raw = [0; 5];
            let header = input.read_exact(&mut raw).ok().and_then(|()| protocol::parse_header(raw));
            let Some((Tag::Data, told)) = header else { super::lost() };
            if told != part {
                super::lost();
            }
            let before = into.len();
            into.resize(before + part, 0);
            if input.read_exact(&mut into[before..]).is_err() {
                super::lost();
            }
            done += part;
        }
        let _ = self.output.flush();
    }

    fn block(&mut self, index: u64) -> &[u8] {
        if let Some(at) = self.blocks.iter().position(|(held, _)| *held == index) {
            let block = self.blocks.remove(at);
            self.blocks.push(block);
        } else {
            let start = index * BLOCK as u64;
            let len = (self.size - start).min(BLOCK as u64) as usize;
            let mut data = Vec::with_capacity(len);
            self.fetch(start, len, &mut data);
            if self.blocks.len() >= KEPT {
                self.blocks.remove(0);
            }
            self.blocks.push((index, data));
        }
        self.blocks.last().map(|(_, data)| data.as_slice()).unwrap_or_default()
    }
}

impl Bytes for Remote {
    fn size(&self) -> u64 {
        self.size
    }

    fn read_at(&mut self, offset: u64, len: usize) -> Vec<u8> {
        let len = usize::try_from(self.size.saturating_sub(offset)).unwrap_or(usize::MAX).min(len);
        let mut data = Vec::with_capacity(len);
        if len >= BLOCK {
            self.fetch(offset, len, &mut data);
            return data;
        }
        while data.len() < len {
            let at = offset + data.len() as u64;
            let within = (at % BLOCK as u64) as usize;
            let left = len - data.len();
            let block = self.block(at / BLOCK as u64);
            let end = (within + left).min(block.len());
            data.extend_from_slice(&block[within..end]);
        }
        data
    }
}
