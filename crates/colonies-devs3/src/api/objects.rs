//! Objects: put, get, copy, delete.

use std::ops::Range;
use std::time::SystemTime;

use s3s::dto::{
    Checksum, CopyObjectInput, CopyObjectOutput, CopyObjectResult, CopySource, DeleteObjectsInput,
    DeleteObjectsOutput, DeletedObject, ETag, Error, GetObjectInput, GetObjectOutput, HeadObjectInput,
    HeadObjectOutput, MetadataDirective, PutObjectInput, PutObjectOutput,
};
use s3s::{S3Request, s3_error};

use super::conditions::Conditions;
use super::receive::{Announced, receive};
use super::send::send;
use super::{Answer, Api, answer, signed};
use crate::store::{Condition, Metadata, Object};

impl Api {
    pub(super) async fn put(&self, request: S3Request<PutObjectInput>) -> Answer<PutObjectOutput> {
        let S3Request { mut input, trailing_headers, .. } = request;
        self.store.check_bucket(&input.bucket)?;
        let mut metadata = Metadata::from(&input);
        let announced = Announced {
            body: input.body.take(),
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
        metadata.keep_checksum(&received.checksum);
        let object = Object {
            id: 0,
            key: input.key,
            size: received.size,
            etag: received.etag(),
            modified: SystemTime::now(),
            metadata,
        };
        let condition = Condition { if_match: input.if_match, if_none_match: input.if_none_match };
        self.store.put(&input.bucket, &object, received.draft, &condition)?;
        answer(PutObjectOutput {
            e_tag: Some(ETag::Strong(object.etag)),
            checksum_crc32: received.checksum.checksum_crc32,
            checksum_crc32c: received.checksum.checksum_crc32c,
            checksum_crc64nvme: received.checksum.checksum_crc64nvme,
            checksum_sha1: received.checksum.checksum_sha1,
            checksum_sha256: received.checksum.checksum_sha256,
            ..PutObjectOutput::default()
        })
    }

    pub(super) fn get(&self, input: &GetObjectInput) -> Answer<GetObjectOutput> {
        let found = self.store.find(&input.bucket, &input.key)?;
        let object = found.object.clone();
        Conditions {
            matches: input.if_match.as_ref(),
            matches_not: input.if_none_match.as_ref(),
            modified_since: input.if_modified_since.as_ref(),
            unmodified_since: input.if_unmodified_since.as_ref(),
        }
        .check(&object)?;
        let whole = Range { start: 0, end: object.size };
        let range = input.range.map(|range| range.check(object.size)).transpose()?;
        let content_range = range
            .as_ref()
            .map(|range| format!("bytes {}-{}/{}", range.start, range.end.saturating_sub(1), object.size));
        let range = range.unwrap_or(whole);
        // A checksum is that of the whole, and so is of no use to who gets less.
        let checked = content_range.is_none() && input.checksum_mode.is_some();
        let metadata = object.metadata;
        let checksum = |algorithm| metadata.checksum(algorithm).filter(|_| checked);
        answer(GetObjectOutput {
            accept_ranges: Some("bytes".to_owned()),
            content_length: signed(range.end - range.start),
            content_range,
            content_type: Some(metadata.content_type()),
            last_modified: Some(object.modified.into()),
            e_tag: Some(ETag::Strong(object.etag)),
            checksum_crc32: checksum("crc32"),
            checksum_crc32c: checksum("crc32c"),
            checksum_crc64nvme: checksum("crc64nvme"),
            checksum_sha1: checksum("sha1"),
            checksum_sha256: checksum("sha256"),
            body: Some(send(found, range)),
            content_encoding: metadata.content_encoding,
            content_disposition: metadata.content_disposition,
            content_language: metadata.content_language,
            cache_control: metadata.cache_control,
            metadata: Some(metadata.user),
            ..GetObjectOutput::default()
        })
    }

    pub(super) fn head(&self, input: &HeadObjectInput) -> Answer<HeadObjectOutput> {
        let object = self.store.object(&input.bucket, &input.key)?;
        Conditions {
            matches: input.if_match.as_ref(),
            matches_not: input.if_none_match.as_ref(),
            modified_since: input.if_modified_since.as_ref(),
            unmodified_since: input.if_unmodified_since.as_ref(),
        }
        .check(&object)?;
        let metadata = object.metadata;
        let checksum = |algorithm| metadata.checksum(algorithm).filter(|_| input.checksum_mode.is_some());
        answer(HeadObjectOutput {
            accept_ranges: Some("bytes".to_owned()),
            content_length: signed(object.size),
            content_type: Some(metadata.content_type()),
            last_modified: Some(object.modified.into()),
            e_tag: Some(ETag::Strong(object.etag)),
            checksum_crc32: checksum("crc32"),
            checksum_crc32c: checksum("crc32c"),
            checksum_crc64nvme: checksum("crc64nvme"),
            checksum_sha1: checksum("sha1"),
            checksum_sha256: checksum("sha256"),
            content_encoding: metadata.content_encoding,
            content_disposition: metadata.content_disposition,
            content_language: metadata.content_language,
            cache_control: metadata.cache_control,
            metadata: Some(metadata.user),
            ..HeadObjectOutput::default()
        })
    }

    pub(super) fn copy(&self, input: CopyObjectInput) -> Answer<CopyObjectOutput> {
        let CopySource::Bucket { bucket, key, .. } = &input.copy_source else {
            return Err(s3_error!(NotImplemented, "objects are copied from buckets only"));
        };
        let found = self.store.find(bucket, key)?;
        Conditions {
            matches: input.copy_source_if_match.as_ref(),
            matches_not: input.copy_source_if_none_match.as_ref(),
            modified_since: input.copy_source_if_modified_since.as_ref(),
            unmodified_since: input.copy_source_if_unmodified_since.as_ref(),
        }
        .check(&found.object)?;
        let source = &found.object;
        let replaces = input
            .metadata_directive
            .as_ref()
            .is_some_and(|directive| directive.as_str() == MetadataDirective::REPLACE);
        let metadata = if replaces {
            Metadata { checksums: source.metadata.checksums.clone(), ..Metadata::from(&input) }
        } else {
            source.metadata.clone()
        };
        let copy = Object { key: input.key, modified: SystemTime::now(), metadata, ..source.clone() };
        self.store.copy(&found, &input.bucket, &copy)?;
        answer(CopyObjectOutput {
            copy_object_result: Some(CopyObjectResult {
                e_tag: Some(ETag::Strong(copy.etag)),
                last_modified: Some(copy.modified.into()),
                ..CopyObjectResult::default()
            }),
            ..CopyObjectOutput::default()
        })
    }

    pub(super) fn delete_all(&self, input: DeleteObjectsInput) -> Answer<DeleteObjectsOutput> {
        self.store.check_bucket(&input.bucket)?;
        let quiet = input.delete.quiet.unwrap_or_default();
        let mut output = DeleteObjectsOutput::default();
        for object in input.delete.objects {
            match self.store.delete(&input.bucket, &object.key) {
                Ok(()) if quiet => {}
                Ok(()) => output
                    .deleted
                    .get_or_insert_default()
                    .push(DeletedObject { key: Some(object.key), ..DeletedObject::default() }),
                Err(fault) => output.errors.get_or_insert_default().push(Error {
                    key: Some(object.key),
                    code: Some(fault.code().as_str().to_owned()),
                    message: fault.message().map(str::to_owned),
                    ..Error::default()
                }),
            }
        }
        answer(output)
    }
}
