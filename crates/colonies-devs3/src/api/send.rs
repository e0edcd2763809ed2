//! Sends the content of an object: the files of its pieces, in order.

use std::collections::VecDeque;
use std::io;
use std::ops::Range;
use std::path::PathBuf;

use futures_util::stream;
use s3s::dto::StreamingBlob;
use tokio::fs::File;
use tokio::io::{AsyncReadExt, AsyncSeekExt};

use crate::store::Found;

/// How much is read from the disk at once, in bytes.
const BLOCK: usize = 256 << 10;

struct Reader {
    /// Files to be read, from where, and how much of them.
    ahead: VecDeque<(PathBuf, u64, u64)>,
    open: Option<(File, u64)>,
    found: Found,
}

/// The bytes of a content; it stays as long as it is being read.
pub(super) fn send(found: Found, range: Range<u64>) -> StreamingBlob {
    let mut ahead = VecDeque::new();
    let mut begin = 0;
    for (index, piece) in found.pieces.iter().enumerate() {
        let end = begin + piece.size;
        let (from, to) = (range.start.max(begin), range.end.min(end));
        if from < to {
            ahead.push_back((found.lease.path(index), from - begin, to - from));
        }
        begin = end;
    }
    let reader = Reader { ahead, open: None, found };
    StreamingBlob::wrap(stream::try_unfold(reader, |mut reader| async {
        Ok::<_, io::Error>(reader.read().await?.map(|block| (block.into(), reader)))
    }))
}

impl Reader {
    async fn read(&mut self) -> io::Result<Option<Vec<u8>>> {
        if self.open.is_none() {
            let Some((path, from, length)) = self.ahead.pop_front() else { return Ok(None) };
            let mut file = File::open(path).await?;
            file.set_max_buf_size(BLOCK);
            if from > 0 {
                file.seek(io::SeekFrom::Start(from)).await?;
            }
            self.open = Some((file, length));
        }
        let Some((mut file, left)) = self.open.take() else { return Ok(None) };
        let size = usize::try_from(left).unwrap_or(BLOCK).min(BLOCK);
        let mut block = vec![0; size];
        let read = file.read(&mut block).await?;
        if read == 0 {
            let key = &self.found.object.key;
            return Err(io::Error::new(io::ErrorKind::UnexpectedEof, format!("{key:?} has lost a part")));
        }
        block.truncate(read);
        let left = left - read as u64;
        if left > 0 {
            self.open = Some((file, left));
        }
        Ok(Some(block))
    }
}
