//! Uploads in parts.

use std::time::SystemTime;

use data_encoding::HEXLOWER;
use s3s::crypto::{Checksum as _, Md5};
use s3s::dto::{
    Checksum, CompleteMultipartUploadInput, CompleteMultipartUploadOutput, CompletedPart,
    CreateMultipartUploadInput, CreateMultipartUploadOutput, ETag, ListMultipartUploadsInput,
    ListMultipartUploadsOutput, ListPartsInput, ListPartsOutput, MultipartUpload, Part, UploadPartInput,
    UploadPartOutput,
};
use s3s::{S3Request, S3Result, s3_error};

use super::listing::{encoder, max_keys};
use super::receive::{Announced, receive};
use super::{Answer, Api, answer, signed};
use crate::store::{Condition, Metadata, Object, Piece, Upload, random_name, unwritable};

/// The least that a part has, unless it is the last one, in bytes.
const LEAST: u64 = 5 << 20;

const MOST_PARTS: i32 = 10_000;

impl Api {
    pub(super) fn begin(&self, input: CreateMultipartUploadInput) -> Answer<CreateMultipartUploadOutput> {
        let metadata = Metadata::from(&input);
        let id = random_name().map_err(unwritable)?;
        let upload = Upload { id, key: input.key, begun: SystemTime::now(), metadata };
        self.store.begin_upload(&input.bucket, &upload)?;
        answer(CreateMultipartUploadOutput {
            bucket: Some(input.bucket),
            key: Some(upload.key),
            upload_id: Some(upload.id),
            checksum_algorithm: input.checksum_algorithm,
            ..CreateMultipartUploadOutput::default()
        })
    }

    pub(super) async fn part(&self, request: S3Request<UploadPartInput>) -> Answer<UploadPartOutput> {
        let S3Request { input, trailing_headers, .. } = request;
        if !(1..=MOST_PARTS).contains(&input.part_number) {
            return Err(s3_error!(InvalidArgument, "parts have numbers from 1 to {MOST_PARTS}"));
        }
        self.store.check_upload(&input.bucket, &input.key, &input.upload_id)?;
        let announced = Announced {
            body: input.body,
            length: input.content_length,
            md5: input.content_md5,
            checksum: Checksum {
                checksum_crc32: input.checksum_crc32,
                checksum_crc32c: input.checksum_crc32c,
                checksum_crc64nvme: input.checksum_crc64nvme,
                checksum_sha1: input.checksum_sha1,
                checksum_sha256: input.checksum_sha256,
                ..Checksum::default()
            },
            algorithm: input.checksum_algorithm,
            trailers: trailing_headers,
        };
        let received = receive(&self.store, announced, self.silence_limit).await?;
        let etag = received.etag();
        let part = Piece {
            content: String::new(),
            number: input.part_number,
            size: received.size,
            etag: etag.clone(),
            modified: SystemTime::now(),
        };
        self.store.add_part(&input.bucket, &input.key, &input.upload_id, part, received.draft)?;
        answer(UploadPartOutput {
            e_tag: Some(ETag::Strong(etag)),
            checksum_crc32: received.checksum.checksum_crc32,
            checksum_crc32c: received.checksum.checksum_crc32c,
            checksum_crc64nvme: received.checksum.checksum_crc64nvme,
            checksum_sha1: received.checksum.checksum_sha1,
            checksum_sha256: received.checksum.checksum_sha256,
            ..UploadPartOutput::default()
        })
    }

    pub(super) fn parts(&self, input: ListPartsInput) -> Answer<ListPartsOutput> {
        let after = input.part_number_marker.unwrap_or_default();
        let most = max_keys(input.max_parts)?;
        let mut parts = self.store.parts(&input.bucket, &input.key, &input.upload_id)?;
        parts.retain(|part| part.number > after);
        let page = usize::try_from(most).unwrap_or_default();
        let is_truncated = parts.len() > page;
        parts.truncate(page);
        answer(ListPartsOutput {
            next_part_number_marker: parts.last().map(|part| part.number).filter(|_| is_truncated),
            is_truncated: Some(is_truncated),
            part_number_marker: Some(after),
            max_parts: Some(most),
            parts: Some(parts.into_iter().map(listed).collect()),
            bucket: Some(input.bucket),
            key: Some(input.key),
            upload_id: Some(input.upload_id),
            ..ListPartsOutput::default()
        })
    }

    pub(super) fn uploads(&self, input: ListMultipartUploadsInput) -> Answer<ListMultipartUploadsOutput> {
        let encode = encoder(input.encoding_type.as_ref());
        let prefix = input.prefix.unwrap_or_default();
        let mut uploads = self.store.uploads(&input.bucket)?;
        uploads.retain(|upload| upload.key.starts_with(&prefix));
        let uploads = uploads.into_iter().map(|upload| MultipartUpload {
            key: Some(encode(&upload.key)),
            upload_id: Some(upload.id),
            initiated: Some(upload.begun.into()),
            ..MultipartUpload::default()
        });
        answer(ListMultipartUploadsOutput {
            uploads: Some(uploads.collect()),
            is_truncated: Some(false),
            prefix: Some(encode(&prefix)),
            bucket: Some(input.bucket),
            encoding_type: input.encoding_type,
            ..ListMultipartUploadsOutput::default()
        })
    }

    pub(super) fn complete(
        &self,
        input: CompleteMultipartUploadInput,
    ) -> Answer<CompleteMultipartUploadOutput> {
        let CompleteMultipartUploadInput { bucket, key, upload_id, if_match, if_none_match, .. } = input;
        let named = input.multipart_upload.and_then(|upload| upload.parts).unwrap_or_default();
        let condition = Condition { if_match, if_none_match };
        let object = self.store.complete(&bucket, &key, &upload_id, &condition, |parts, metadata| {
            let chosen = choose(parts, &named)?;
            let object = Object {
                id: 0,
                key: key.clone(),
                size: chosen.iter().map(|part| part.size).sum(),
                etag: etag(&chosen)?,
                modified: SystemTime::now(),
                metadata,
            };
            Ok((object, chosen))
        })?;
        answer(CompleteMultipartUploadOutput {
            location: Some(format!("/{bucket}/{key}")),
            bucket: Some(bucket),
            key: Some(key),
            e_tag: Some(ETag::Strong(object.etag)),
            ..CompleteMultipartUploadOutput::default()
        })
    }
}

fn listed(part: Piece) -> Part {
    Part {
        part_number: Some(part.number),
        size: signed(part.size),
        e_tag: Some(ETag::Strong(part.etag)),
        last_modified: Some(part.modified.into()),
        ..Part::default()
    }
}

/// The parts that the client names, which must be there, in order, and large enough.
fn choose(parts: &[Piece], named: &[CompletedPart]) -> S3Result<Vec<Piece>> {
    if named.is_empty() {
        return Err(s3_error!(MalformedXML, "an object has one part or more"));
    }
    let mut chosen: Vec<Piece> = Vec::with_capacity(named.len());
    for name in named {
        let number = name.part_number.ok_or_else(|| s3_error!(InvalidPart, "a part has no number"))?;
        if chosen.last().is_some_and(|last| last.number >= number) {
            return Err(s3_error!(InvalidPartOrder));
        }
        let Ok(index) = parts.binary_search_by_key(&number, |part| part.number) else {
            return Err(s3_error!(InvalidPart, "part {number} was not uploaded"));
        };
        let part = &parts[index];
        if name.e_tag.as_ref().is_some_and(|etag| etag.value() != part.etag) {
            return Err(s3_error!(InvalidPart, "part {number} is another one"));
        }
        if chosen.last().is_some_and(|last| last.size < LEAST) {
            return Err(s3_error!(EntityTooSmall));
        }
        chosen.push(part.clone());
    }
    Ok(chosen)
}

/// As Amazon's service makes it: of the sums of the parts, and how many they are.
fn etag(parts: &[Piece]) -> S3Result<String> {
    let mut md5 = Md5::new();
    for part in parts {
        md5.update(&HEXLOWER.decode(part.etag.as_bytes()).map_err(|_| s3_error!(InternalError))?);
    }
    Ok(format!("{}-{}", HEXLOWER.encode(&md5.finalize()), parts.len()))
}
