//! Decoders of bytes from stores, for the targets in `fuzz/`.

use crate::reply::{Said, root, seconds_ahead, text_of};

/// Reads the XML of a store.
pub fn xml(status: u16, body: &str) {
    for name in ["Code", "Message", "UploadId", "ETag"] {
        if let Some(text) = text_of(body, name) {
            assert!(text.len() <= body.len());
        }
    }
    let _ = root(body);
    let said = Said { status, body: body.to_owned(), seconds_ahead: None, of_object: true };
    assert!(!said.into_error("read".to_owned(), "host:1".to_owned()).to_string().is_empty());
}

/// Reads the date in a header.
pub fn date(text: &str) {
    let _ = seconds_ahead(text);
}
