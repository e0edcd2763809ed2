//! Listings of a bucket: keys in byte order, grouped by prefixes.

use data_encoding::HEXLOWER;
use s3s::dto::{
    CommonPrefix, ETag, EncodingType, ListObjectsInput, ListObjectsOutput, ListObjectsV2Input,
    ListObjectsV2Output, Object as Entry, ObjectStorageClass,
};
use s3s::{S3Result, s3_error};

use super::{Answer, Api, answer, signed};
use crate::store::Store;

/// The most that a page has.
const PAGE: i32 = 1000;

/// Part of a listing.
#[derive(Default)]
struct Page {
    entries: Vec<Entry>,
    prefixes: Vec<CommonPrefix>,
    count: i32,
    /// The start of the next page; `None` after the last.
    next: Option<Vec<u8>>,
    /// The last key or prefix of this page.
    last: Option<String>,
}

/// What is asked for.
struct Wanted<'a> {
    bucket: &'a str,
    prefix: &'a str,
    delimiter: Option<&'a str>,
    max_keys: i32,
    /// Writes keys as the client asked for: as they are, or percent-encoded.
    encode: fn(&str) -> String,
}

impl Api {
    pub(super) fn list_with_token(&self, input: ListObjectsV2Input) -> Answer<ListObjectsV2Output> {
        let after = input.start_after.as_deref().unwrap_or_default();
        let from = match &input.continuation_token {
            Some(token) => HEXLOWER
                .decode(token.as_bytes())
                .map_err(|_| s3_error!(InvalidArgument, "the continuation token is none of this server"))?,
            None if after.is_empty() => Vec::new(),
            None => following(after),
        };
        let wanted = Wanted {
            bucket: &input.bucket,
            prefix: input.prefix.as_deref().unwrap_or_default(),
            delimiter: input.delimiter.as_deref().filter(|delimiter| !delimiter.is_empty()),
            max_keys: max_keys(input.max_keys)?,
            encode: encoder(input.encoding_type.as_ref()),
        };
        let page = self.store.page(&wanted, from)?;
        let encode = |text: Option<String>| text.map(|text| (wanted.encode)(&text));
        answer(ListObjectsV2Output {
            is_truncated: Some(page.next.is_some()),
            next_continuation_token: page.next.map(|next| HEXLOWER.encode(&next)),
            key_count: Some(page.count),
            max_keys: Some(wanted.max_keys),
            contents: Some(page.entries),
            common_prefixes: Some(page.prefixes),
            prefix: encode(Some(input.prefix.clone().unwrap_or_default())),
            delimiter: encode(input.delimiter.clone()),
            start_after: encode(input.start_after.clone()),
            name: Some(input.bucket.clone()),
            continuation_token: input.continuation_token,
            encoding_type: input.encoding_type,
            ..ListObjectsV2Output::default()
        })
    }

    pub(super) fn list_with_marker(&self, input: ListObjectsInput) -> Answer<ListObjectsOutput> {
        let wanted = Wanted {
            bucket: &input.bucket,
            prefix: input.prefix.as_deref().unwrap_or_default(),
            delimiter: input.delimiter.as_deref().filter(|delimiter| !delimiter.is_empty()),
            max_keys: max_keys(input.max_keys)?,
            encode: encoder(input.encoding_type.as_ref()),
        };
        let marker = input.marker.as_deref().unwrap_or_default();
        let from = if marker.is_empty() {
            Some(Vec::new())
        } else if wanted.common_prefix(marker) == Some(marker) {
            beyond(marker.as_bytes())
        } else {
            Some(following(marker))
        };
        let page = match from {
            Some(from) => self.store.page(&wanted, from)?,
            None => Page::default(),
        };
        let encode = |text: Option<String>| text.map(|text| (wanted.encode)(&text));
        answer(ListObjectsOutput {
            is_truncated: Some(page.next.is_some()),
            next_marker: encode(page.last.filter(|_| page.next.is_some())),
            max_keys: Some(wanted.max_keys),
            contents: Some(page.entries),
            common_prefixes: Some(page.prefixes),
            prefix: encode(Some(input.prefix.clone().unwrap_or_default())),
            delimiter: encode(input.delimiter.clone()),
            marker: encode(Some(marker.to_owned())),
            name: Some(input.bucket.clone()),
            encoding_type: input.encoding_type,
            ..ListObjectsOutput::default()
        })
    }
}

impl Store {
    /// Lists keys from `from` on.
    fn page(&self, wanted: &Wanted<'_>, from: Vec<u8>) -> S3Result<Page> {
        self.check_bucket(wanted.bucket)?;
        let mut page = Page::default();
        let mut from = Some(from.max(wanted.prefix.as_bytes().to_vec()));
        while let Some(position) = from {
            let Some(object) = self.object_from(wanted.bucket, &position)? else { break };
            if !object.key.starts_with(wanted.prefix) {
                break;
            }
            if page.count == wanted.max_keys {
                page.next = Some(object.key.into_bytes()).filter(|_| wanted.max_keys > 0);
                break;
            }
            page.count += 1;
            if let Some(prefix) = wanted.common_prefix(&object.key) {
                page.prefixes.push(CommonPrefix { prefix: Some((wanted.encode)(prefix)) });
                page.last = Some(prefix.to_owned());
                from = beyond(prefix.as_bytes());
            } else {
                from = Some(following(&object.key));
                page.entries.push(Entry {
                    key: Some((wanted.encode)(&object.key)),
                    size: signed(object.size),
                    e_tag: Some(ETag::Strong(object.etag)),
                    last_modified: Some(object.modified.into()),
                    storage_class: Some(ObjectStorageClass::from_static(ObjectStorageClass::STANDARD)),
                    ..Entry::default()
                });
                page.last = Some(object.key);
            }
        }
        Ok(page)
    }
}

impl Wanted<'_> {
    /// What a key is listed as together with others, where it is: up to the first delimiter after the prefix.
    fn common_prefix<'k>(&self, key: &'k str) -> Option<&'k str> {
        let delimiter = self.delimiter?;
        let rest = key.strip_prefix(self.prefix)?;
        let end = self.prefix.len() + rest.find(delimiter)? + delimiter.len();
        Some(&key[..end])
    }
}

pub(super) fn max_keys(asked: Option<i32>) -> S3Result<i32> {
    match asked.unwrap_or(PAGE) {
        ..0 => Err(s3_error!(InvalidArgument, "a page has no fewer than 0 entries")),
        asked => Ok(asked.min(PAGE)),
    }
}

pub(super) fn encoder(encoding: Option<&EncodingType>) -> fn(&str) -> String {
    match encoding {
        Some(encoding) if encoding.as_str() == EncodingType::URL => {
            |text| urlencoding::encode(text).into_owned()
        }
        _ => str::to_owned,
    }
}

/// The first key after this one.
fn following(key: &str) -> Vec<u8> {
    [key.as_bytes(), &[0]].concat()
}

/// The first key after all keys with this prefix; `None` if all its bits are ones.
fn beyond(prefix: &[u8]) -> Option<Vec<u8>> {
    let last = prefix.iter().rposition(|byte| *byte != u8::MAX)?;
    let mut beyond = prefix[..=last].to_vec();
    beyond[last] += 1;
    Some(beyond)
}
