//! The metadata of an object, from and to S3 requests.

use s3s::dto::{Checksum, CopyObjectInput, CreateMultipartUploadInput, PutObjectInput};

use crate::store::Metadata;

/// The same fields, of the requests that have them.
macro_rules! from_request {
    ($input:expr) => {
        Metadata {
            content_type: $input.content_type.clone(),
            content_encoding: $input.content_encoding.clone(),
            content_disposition: $input.content_disposition.clone(),
            content_language: $input.content_language.clone(),
            cache_control: $input.cache_control.clone(),
            user: $input.metadata.clone().unwrap_or_default(),
            ..Metadata::default()
        }
    };
}

impl From<&PutObjectInput> for Metadata {
    fn from(input: &PutObjectInput) -> Self {
        from_request!(input)
    }
}

impl From<&CreateMultipartUploadInput> for Metadata {
    fn from(input: &CreateMultipartUploadInput) -> Self {
        from_request!(input)
    }
}

impl From<&CopyObjectInput> for Metadata {
    fn from(input: &CopyObjectInput) -> Self {
        from_request!(input)
    }
}

impl Metadata {
    /// The content type, and its default.
    pub(super) fn content_type(&self) -> String {
        self.content_type.clone().unwrap_or_else(|| "binary/octet-stream".to_owned())
    }

    pub(super) fn keep_checksum(&mut self, checksum: &Checksum) {
        let all = [
            ("crc32", &checksum.checksum_crc32),
            ("crc32c", &checksum.checksum_crc32c),
            ("crc64nvme", &checksum.checksum_crc64nvme),
            ("sha1", &checksum.checksum_sha1),
            ("sha256", &checksum.checksum_sha256),
        ];
        for (algorithm, value) in all {
            if let Some(value) = value {
                self.checksums.insert(algorithm.to_owned(), value.clone());
            }
        }
    }

    pub(super) fn checksum(&self, algorithm: &str) -> Option<String> {
        self.checksums.get(algorithm).cloned()
    }
}
