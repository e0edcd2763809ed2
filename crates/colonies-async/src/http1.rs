//! One HTTP/1.1 exchange over an open connection. What the bytes mean is decided by `ureq-proto`, the protocol of the
//! blocking client; this module moves them.

use std::io;

use colonies_client::Phase;
use colonies_client::http_types::header::{CONTENT_LENGTH, HeaderValue};
use colonies_client::http_types::{Request, StatusCode};
use colonies_client::rules::{Attempt, Failure, MAX_HEAD, is_hung_up};
use tokio::io::AsyncWriteExt;
use ureq_proto::BodyMode;
use ureq_proto::client::state::{Cleanup, RecvBody, RecvResponse, Redirect};
use ureq_proto::client::{Call, RecvBodyResult, RecvResponseResult, SendRequestResult};

use crate::stream::Stream;

/// Head and body of a request up to this size leave in one write.
const GATHERED: usize = 64 * 1024;
/// What is only announced is not worth more memory than this.
const RESERVED: u64 = 1 << 20;

/// An answer, and whether its connection can take another request.
pub(crate) struct Answer {
    pub(crate) status: u16,
    pub(crate) body: Vec<u8>,
    pub(crate) keep: bool,
}

/// A failure, with the status of the answer where it came that far.
pub(crate) type Failed = (Failure, Option<u16>);

/// A request that is ready to be written.
pub(crate) struct Outgoing {
    head: Vec<u8>,
    /// In a box, as it is moved from one future into another.
    call: Box<Call<RecvResponse>>,
}

impl Outgoing {
    /// Writes the head of a POST request with a body of this length. `origin` is put in front of the path, where a
    /// proxy reads the request.
    pub(crate) fn new(head: &Request<()>, length: usize, origin: Option<&str>) -> Result<Self, Failed> {
        Self::written(head, length, origin)
            .map_err(|fault| (Failure::Malformed(format!("the request cannot be written: {fault}")), None))
    }

    fn written(head: &Request<()>, length: usize, origin: Option<&str>) -> Result<Self, ureq_proto::Error> {
        let mut request = head.clone();
        request.headers_mut().insert(CONTENT_LENGTH, HeaderValue::from(length));
        let mut bytes = vec![0; room_for(&request)];
        let mut call = Call::new(request)?.proceed();
        let written = call.write(&mut bytes)?;
        bytes.truncate(written);
        if let Some(origin) = origin
            && let Some(space) = bytes.iter().position(|byte| *byte == b' ')
        {
            bytes.splice(space + 1..=space, origin.bytes());
        }
        let call = match call.proceed()? {
            Some(SendRequestResult::SendBody(mut call)) => {
                call.consume_direct_write(length)?;
                call.proceed()
            }
            Some(SendRequestResult::RecvResponse(call)) => Some(call),
            _ => None,
        };
        let call = call.ok_or(ureq_proto::Error::OutputOverflow)?;
        Ok(Self { head: bytes, call: Box::new(call) })
    }

    /// Writes head and body. An error of a server that no longer reads is returned, not raised: it may have answered.
    pub(crate) async fn write(&mut self, stream: &mut Stream, body: &[u8]) -> io::Result<Option<io::Error>> {
        let mut head = std::mem::take(&mut self.head);
        let written = async {
            if head.len() + body.len() <= GATHERED {
                head.extend_from_slice(body);
                stream.write_all(&head).await?;
            } else {
                stream.write_all(&head).await?;
                stream.write_all(body).await?;
            }
            stream.flush().await
        };
        match written.await {
            Err(fault) if is_hung_up(fault.kind()) => Ok(Some(fault)),
            written => written.map(|()| None),
        }
    }

    /// Reads the answer, whose body may have up to `max` bytes. `unread` is the error of a server that no longer reads.
    pub(crate) async fn read(
        self,
        stream: &mut Stream,
        attempt: &mut Attempt,
        max: u64,
        mut unread: Option<io::Error>,
    ) -> Result<Answer, Failed> {
        let is_cut = unread.is_some();
        let mut call = self.call;
        let mut input = Vec::new();
        let status = loop {
            match more(stream, attempt, &mut input).await {
                Ok(()) => {}
                Err(fault) => return Err((Failure::Io(unread.take().unwrap_or(fault)), None)),
            }
            if let Some(status) = head(&mut call, &mut input)? {
                break status;
            }
        };
        attempt.enter(Phase::Body);
        let failed = |failure| (failure, Some(status.as_u16()));
        let (body, keep) = match call.proceed() {
            Some(RecvResponseResult::RecvBody(call)) => {
                // In a box, so that a call that waits for its answer does not carry the state of reading it.
                Box::pin(body(call, stream, attempt, &mut input, max)).await.map_err(failed)?
            }
            Some(RecvResponseResult::Cleanup(call)) => (Vec::new(), can_keep(&call)),
            Some(RecvResponseResult::Redirect(call)) => (Vec::new(), can_keep_redirect(&call)),
            None => return Err(failed(Failure::Malformed("the head of the answer is incomplete".into()))),
        };
        Ok(Answer { status: status.as_u16(), body, keep: keep && input.is_empty() && !is_cut })
    }
}

/// More bytes than the head of a request has.
fn room_for(request: &Request<()>) -> usize {
    let headers = request.headers().iter().map(|(name, value)| name.as_str().len() + value.len() + 4);
    // The host stands in a header, too.
    256 + 2 * request.uri().to_string().len() + headers.sum::<usize>()
}

/// Reads more of the answer.
async fn more(stream: &mut Stream, attempt: &mut Attempt, input: &mut Vec<u8>) -> io::Result<()> {
    let read = stream.read_some(input).await?;
    if read == 0 {
        return Err(io::ErrorKind::UnexpectedEof.into());
    }
    attempt.note_received(&input[input.len() - read..]);
    Ok(())
}

/// The status, once the head is complete. Informational answers before it are skipped.
fn head(call: &mut Call<RecvResponse>, input: &mut Vec<u8>) -> Result<Option<StatusCode>, Failed> {
    loop {
        let (used, response) = call.try_response(input, false).map_err(malformed)?;
        input.drain(..used);
        if let Some(response) = response {
            return Ok(Some(response.status()));
        }
        if input.len() > MAX_HEAD {
            let what = format!("the head of the answer is longer than {MAX_HEAD} bytes");
            return Err((Failure::Malformed(what), None));
        }
        if used == 0 || input.is_empty() {
            return Ok(None);
        }
    }
}

async fn body(
    mut call: Call<RecvBody>,
    stream: &mut Stream,
    attempt: &mut Attempt,
    input: &mut Vec<u8>,
    max: u64,
) -> Result<(Vec<u8>, bool), Failure> {
    let framing = call.body_mode();
    let announced = if let BodyMode::LengthDelimited(length) = framing { length } else { 0 };
    if announced > max {
        return Err(Failure::TooLong(max));
    }
    let mut body = Vec::with_capacity(usize::try_from(announced.min(RESERVED)).unwrap_or(0));
    let mut is_over = false;
    loop {
        // Taking chunks apart never makes a body longer.
        let (filled, room) = (body.len(), input.len());
        body.resize(filled + room, 0);
        let (used, produced) =
            call.read(input, &mut body[filled..]).map_err(|fault| Failure::Malformed(fault.to_string()))?;
        body.truncate(filled + produced);
        input.drain(..used);
        if body.len() as u64 > max {
            return Err(Failure::TooLong(max));
        }
        let ends_by_close = matches!(framing, BodyMode::CloseDelimited);
        if call.can_proceed() && (!ends_by_close || is_over) {
            break;
        }
        if used > 0 && !input.is_empty() {
            continue;
        }
        match more(stream, attempt, input).await {
            Ok(()) => {}
            Err(fault) if ends_by_close && fault.kind() == io::ErrorKind::UnexpectedEof => is_over = true,
            // Some servers close after the last chunk without the empty line that ends the body.
            Err(_) if call.is_ended_chunked() => return Ok((body, false)),
            Err(fault) => return Err(Failure::Io(fault)),
        }
    }
    let keep = match call.proceed() {
        Some(RecvBodyResult::Cleanup(call)) => can_keep(&call),
        Some(RecvBodyResult::Redirect(call)) => can_keep_redirect(&call),
        None => false,
    };
    Ok((body, keep))
}

fn can_keep(call: &Call<Cleanup>) -> bool {
    !call.must_close_connection()
}

fn can_keep_redirect(call: &Call<Redirect>) -> bool {
    !call.must_close_connection()
}

#[expect(clippy::needless_pass_by_value, reason = "it is the function of a map_err")]
fn malformed(fault: ureq_proto::Error) -> Failed {
    (Failure::Malformed(fault.to_string()), None)
}
