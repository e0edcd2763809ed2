//! Buckets.

use s3s::dto::{Bucket, CreateBucketInput, CreateBucketOutput, ListBucketsOutput};

use super::{Answer, Api, answer};

impl Api {
    pub(super) fn buckets(&self) -> Answer<ListBucketsOutput> {
        let buckets = self.store.buckets()?.into_iter().map(|(name, created)| Bucket {
            name: Some(name),
            creation_date: Some(created.into()),
            ..Bucket::default()
        });
        answer(ListBucketsOutput { buckets: Some(buckets.collect()), ..ListBucketsOutput::default() })
    }

    pub(super) fn make_bucket(&self, input: &CreateBucketInput) -> Answer<CreateBucketOutput> {
        self.store.create_bucket(&input.bucket)?;
        let location = Some(format!("/{}", input.bucket));
        answer(CreateBucketOutput { location })
    }
}
