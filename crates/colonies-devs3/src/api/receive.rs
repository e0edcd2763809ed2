//! Receives a body into a file, and computes its checksums.

use std::time::Duration;

use data_encoding::{BASE64, HEXLOWER};
use futures_util::StreamExt;
use s3s::checksum::ChecksumHasher;
use s3s::crypto::{Checksum as _, Md5};
use s3s::dto::{Checksum, ChecksumAlgorithm, StreamingBlob};
use s3s::{S3Error, S3Result, TrailingHeaders, s3_error};

use crate::store::{Draft, Store, unwritable};

/// The client's announcements about its body.
pub(super) struct Announced {
    pub(super) body: Option<StreamingBlob>,
    pub(super) length: Option<i64>,
    pub(super) md5: Option<String>,
    /// Those known before the body came; others may come after it.
    pub(super) checksum: Checksum,
    pub(super) algorithm: Option<ChecksumAlgorithm>,
    pub(super) trailers: Option<TrailingHeaders>,
}

/// A complete body that matches the client's announcements.
pub(super) struct Received {
    pub(super) draft: Draft,
    pub(super) size: u64,
    pub(super) md5: [u8; 16],
    pub(super) checksum: Checksum,
}

impl Received {
    pub(super) fn etag(&self) -> String {
        HEXLOWER.encode(&self.md5)
    }
}

pub(super) async fn receive(
    store: &Store,
    announced: Announced,
    silence_limit: Duration,
) -> S3Result<Received> {
    let Announced { body, length, md5: announced_md5, checksum: announced, algorithm, trailers } = announced;
    let mut hasher = hasher(&announced, algorithm.as_ref())?;
    let mut md5 = Md5::new();
    let mut size = 0_u64;
    let mut draft = store.contents.create().await.map_err(unwritable)?;
    if let Some(mut body) = body {
        loop {
            let Ok(bytes) = tokio::time::timeout(silence_limit, body.next()).await else {
                return Err(s3_error!(RequestTimeout, "nothing of the body came for {silence_limit:?}"));
            };
            let Some(bytes) = bytes else { break };
            let bytes = bytes.map_err(broken_off)?;
            md5.update(&bytes);
            hasher.update(&bytes);
            size += bytes.len() as u64;
            draft.write(&bytes).await.map_err(unwritable)?;
        }
    }
    draft.flush().await.map_err(unwritable)?;
    if length.is_some_and(|length| u64::try_from(length) != Ok(size)) {
        return Err(s3_error!(IncompleteBody));
    }
    let md5 = md5.finalize();
    if announced_md5.is_some_and(|announced| announced != BASE64.encode(&md5)) {
        return Err(s3_error!(BadDigest, "the body is not what Content-MD5 says"));
    }
    let checksum = hasher.finalize();
    check(&announced, &checksum)?;
    if let Some(trailers) = trailers.and_then(|trailers| trailers.take()) {
        let trailing = |name: &str| Some(trailers.get(name)?.to_str().ok()?.to_owned());
        check(
            &Checksum {
                checksum_crc32: trailing("x-amz-checksum-crc32"),
                checksum_crc32c: trailing("x-amz-checksum-crc32c"),
                checksum_crc64nvme: trailing("x-amz-checksum-crc64nvme"),
                checksum_sha1: trailing("x-amz-checksum-sha1"),
                checksum_sha256: trailing("x-amz-checksum-sha256"),
                ..Checksum::default()
            },
            &checksum,
        )?;
    }
    Ok(Received { draft, size, md5, checksum })
}

/// Computes the announced checksums.
fn hasher(announced: &Checksum, algorithm: Option<&ChecksumAlgorithm>) -> S3Result<ChecksumHasher> {
    let algorithm = algorithm.map(ChecksumAlgorithm::as_str);
    let known = ["CRC32", "CRC32C", "CRC64NVME", "SHA1", "SHA256"];
    if let Some(unknown) = algorithm.filter(|algorithm| !known.contains(algorithm)) {
        return Err(s3_error!(NotImplemented, "no checksums of type {unknown} here"));
    }
    let wanted = |name: &str, value: &Option<String>| value.is_some() || algorithm == Some(name);
    Ok(ChecksumHasher {
        crc32: wanted("CRC32", &announced.checksum_crc32).then(Default::default),
        crc32c: wanted("CRC32C", &announced.checksum_crc32c).then(Default::default),
        crc64nvme: wanted("CRC64NVME", &announced.checksum_crc64nvme).then(Default::default),
        sha1: wanted("SHA1", &announced.checksum_sha1).then(Default::default),
        sha256: wanted("SHA256", &announced.checksum_sha256).then(Default::default),
    })
}

fn check(announced: &Checksum, computed: &Checksum) -> S3Result<()> {
    for (announced, computed) in [
        (&announced.checksum_crc32, &computed.checksum_crc32),
        (&announced.checksum_crc32c, &computed.checksum_crc32c),
        (&announced.checksum_crc64nvme, &computed.checksum_crc64nvme),
        (&announced.checksum_sha1, &computed.checksum_sha1),
        (&announced.checksum_sha256, &computed.checksum_sha256),
    ] {
        if announced.is_some() && announced != computed {
            return Err(s3_error!(BadDigest, "the body does not have the checksum that came with it"));
        }
    }
    Ok(())
}

/// The body ended early, or does not match its signature.
fn broken_off(fault: s3s::StdError) -> S3Error {
    match fault.downcast::<S3Error>() {
        Ok(refusal) => *refusal,
        Err(fault) => {
            let mut error = s3_error!(IncompleteBody, "the body cannot be read: {fault}");
            error.set_source(fault);
            error
        }
    }
}
