//! Conditional requests: `If-Match`, `If-None-Match` and dates.

use std::time::{Duration, SystemTime, UNIX_EPOCH};

use s3s::dto::{ETagCondition, Timestamp};
use s3s::{S3Result, s3_error};

use crate::store::Object;

/// The conditions of a request for an object.
pub(super) struct Conditions<'a> {
    pub(super) matches: Option<&'a ETagCondition>,
    pub(super) matches_not: Option<&'a ETagCondition>,
    pub(super) modified_since: Option<&'a Timestamp>,
    pub(super) unmodified_since: Option<&'a Timestamp>,
}

impl Conditions<'_> {
    /// In the order of RFC 9110: an entity tag that is given counts instead of a time.
    pub(super) fn check(&self, object: &Object) -> S3Result<()> {
        let is = |condition: &ETagCondition| match condition {
            ETagCondition::Any => true,
            ETagCondition::ETag(etag) => etag.value() == object.etag,
        };
        let modified = Timestamp::from(whole_seconds(object.modified));
        let may = match (self.matches, self.unmodified_since) {
            (Some(condition), _) => is(condition),
            (None, Some(time)) => modified <= *time,
            (None, None) => true,
        };
        if !may {
            return Err(s3_error!(PreconditionFailed));
        }
        let is_news = match (self.matches_not, self.modified_since) {
            (Some(condition), _) => !is(condition),
            (None, Some(time)) => modified > *time,
            (None, None) => true,
        };
        if is_news { Ok(()) } else { Err(s3_error!(NotModified)) }
    }
}

/// Times in headers have no fractions.
fn whole_seconds(time: SystemTime) -> SystemTime {
    let since = time.duration_since(UNIX_EPOCH).unwrap_or_default();
    UNIX_EPOCH + Duration::from_secs(since.as_secs())
}
