//! Converts an HTTP response to the payload of a reply, or to the error that it reports.

use std::borrow::Cow;

use colonies_proto::Reply;
use colonies_proto::msgtype::is_reply_to;

use crate::error::Error;

/// The longest piece of a foreign answer that a message shows.
const EXCERPT: usize = 200;

/// The payload in the body of an HTTP answer to a message of type `msgtype`.
///
/// # Errors
/// [`Error::Refused`], [`Error::EmptyReply`], [`Error::Protocol`].
pub fn open(address: &str, msgtype: &str, status: u16, body: &[u8]) -> Result<Vec<u8>, Error> {
    read(address, msgtype, status, body, |replytype| is_reply_to(replytype, msgtype))
}

/// The payload in a message of a subscription. One socket carries several, each with replies of its type.
///
/// # Errors
/// [`Error::Refused`], [`Error::EmptyReply`], [`Error::Protocol`].
pub fn open_event(address: &str, msgtype: &str, body: &[u8]) -> Result<Vec<u8>, Error> {
    read(address, msgtype, 200, body, |_| true)
}

fn read(
    address: &str,
    msgtype: &str,
    status: u16,
    body: &[u8],
    is_expected: impl Fn(&str) -> bool,
) -> Result<Vec<u8>, Error> {
    if body.is_empty() && status == 200 {
        return Err(Error::EmptyReply { address: address.to_owned(), msgtype: msgtype.to_owned() });
    }
    let protocol = |what: Cow<'_, str>| Error::Protocol {
        address: address.to_owned(),
        status: Some(status),
        what: what.into_owned(),
        excerpt: excerpt(body),
    };
    match Reply::from_body(body) {
        Ok(Reply::Done { payloadtype, .. }) if !is_expected(&payloadtype) => {
            Err(protocol("the reply is to another message".into()))
        }
        Ok(Reply::Done { payload, .. }) if status == 200 => Ok(payload),
        Ok(Reply::Done { .. }) => Err(protocol("the reply tells of success, the status does not".into())),
        Ok(Reply::Refused { status, message }) => {
            Err(Error::Refused { address: address.to_owned(), status, msgtype: msgtype.to_owned(), message })
        }
        Err(_) if body.is_empty() => Err(protocol("the answer is empty".into())),
        Err(fault) => Err(protocol(fault.to_string().into())),
    }
}

/// The beginning of an answer in a form that can be shown: one line, printable characters only.
pub(crate) fn excerpt(bytes: &[u8]) -> String {
    // A character takes four bytes at most; one byte more than needed may cut a character, which then is
    // beyond the excerpt.
    let text = String::from_utf8_lossy(&bytes[..bytes.len().min(8 * EXCERPT)]);
    let mut shown = String::new();
    for word in text.split(|c: char| c.is_whitespace() || c.is_control()).filter(|word| !word.is_empty()) {
        if !shown.is_empty() {
            shown.push(' ');
        }
        shown.extend(word.chars().filter(|c| !is_invisible(*c)));
    }
    if shown.chars().count() > EXCERPT {
        shown = shown.chars().take(EXCERPT - 1).chain(['…']).collect();
    }
    shown
}

/// Characters that change how the text around them is shown: marks of direction, joiners, byte order.
fn is_invisible(c: char) -> bool {
    matches!(c, '\u{200B}'..='\u{200F}' | '\u{202A}'..='\u{202E}' | '\u{2060}'..='\u{206F}' | '\u{FEFF}')
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]

    use super::*;

    fn open_it(status: u16, body: &[u8]) -> Result<Vec<u8>, Error> {
        open("localhost:1", "getcoloniesmsg", status, body)
    }

    #[test]
    fn a_payload_comes_out() {
        let body = Reply::Done { payloadtype: "getcoloniesmsg".into(), payload: b"null".to_vec() }.to_body();
        assert_eq!(open_it(200, &body).unwrap(), b"null");
        assert!(matches!(open_it(201, &body), Err(Error::Protocol { status: Some(201), .. })));
    }

    #[test]
    fn a_reply_to_another_message_is_refused() {
        let body = Reply::Done { payloadtype: "getprocessmsg".into(), payload: b"null".to_vec() }.to_body();
        let fault = open_it(200, &body).unwrap_err();
        assert!(matches!(&fault, Error::Protocol { what, .. } if what == "the reply is to another message"));
        assert_eq!(open_event("localhost:1", "getcoloniesmsg", &body).unwrap(), b"null");
    }

    #[test]
    fn the_status_of_a_refusal_is_that_of_the_envelope() {
        let body = Reply::Refused { status: 403, message: "no".into() }.to_body();
        for status in [200, 403, 500] {
            let refused = open_it(status, &body).unwrap_err();
            assert_eq!(refused.to_string(), "localhost:1 refused getcoloniesmsg with status 403: no");
        }
    }

    #[test]
    fn empty_bodies_are_told_apart_by_status() {
        assert!(matches!(open_it(200, b""), Err(Error::EmptyReply { .. })));
        assert!(matches!(open_it(500, b""), Err(Error::Protocol { status: Some(500), .. })));
    }

    #[test]
    fn an_excerpt_is_short_and_printable() {
        assert_eq!(excerpt(b" <html>\r\n\t<b>\x00\x1b[31mx\xff</b>"), "<html> <b> [31mx\u{FFFD}</b>");
        assert_eq!(excerpt("a\u{202E}b".as_bytes()), "ab");
        let long = excerpt("ä".repeat(10_000).as_bytes());
        assert_eq!(long.chars().count(), 200);
        assert!(long.ends_with('…'));
    }
}
