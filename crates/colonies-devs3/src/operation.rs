//! The operation of a request.

use hyper::Method;
use hyper::http::request::Parts;

/// The names that [`operation`] gives.
pub const OPERATIONS: [&str; 19] = [
    "AbortMultipartUpload",
    "CompleteMultipartUpload",
    "CopyObject",
    "CreateBucket",
    "CreateMultipartUpload",
    "DeleteBucket",
    "DeleteObject",
    "DeleteObjects",
    "GetBucketLocation",
    "GetObject",
    "HeadBucket",
    "HeadObject",
    "ListBuckets",
    "ListMultipartUploads",
    "ListObjects",
    "ListObjectsV2",
    "ListParts",
    "PutObject",
    "UploadPart",
];

/// The name of the operation that a request asks for, as S3 has it: `PutObject`. `None` for the rare ones.
pub fn operation(request: &Parts) -> Option<&'static str> {
    let query = request.uri.query().unwrap_or_default();
    let has = |name: &str| query.split('&').any(|pair| pair.split('=').next() == Some(name));
    let path = request.uri.path().trim_start_matches('/');
    let is_object = path.split_once('/').is_some_and(|(_, key)| !key.is_empty());
    let method = &request.method;
    Some(match (method, is_object) {
        (&Method::PUT, true) if has("uploadId") => "UploadPart",
        (&Method::PUT, true) if request.headers.contains_key("x-amz-copy-source") => "CopyObject",
        (&Method::PUT, true) => "PutObject",
        (&Method::GET, true) if has("uploadId") => "ListParts",
        (&Method::GET, true) => "GetObject",
        (&Method::HEAD, true) => "HeadObject",
        (&Method::DELETE, true) if has("uploadId") => "AbortMultipartUpload",
        (&Method::DELETE, true) => "DeleteObject",
        (&Method::POST, true) if has("uploads") => "CreateMultipartUpload",
        (&Method::POST, true) if has("uploadId") => "CompleteMultipartUpload",
        (&Method::POST, false) if has("delete") => "DeleteObjects",
        (&Method::GET, false) if path.is_empty() => "ListBuckets",
        (&Method::GET, false) if has("location") => "GetBucketLocation",
        (&Method::GET, false) if has("uploads") => "ListMultipartUploads",
        (&Method::GET, false) if has("list-type") => "ListObjectsV2",
        (&Method::GET, false) => "ListObjects",
        (&Method::HEAD, false) => "HeadBucket",
        (&Method::PUT, false) => "CreateBucket",
        (&Method::DELETE, false) => "DeleteBucket",
        _ => return None,
    })
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]

    use hyper::Request;

    use super::*;

    #[test]
    fn each_operation_is_told_by_its_request() {
        let told = [
            ("DELETE", "/b/k?uploadId=1"),
            ("POST", "/b/k?uploadId=1"),
            ("PUT", "/b/copy"),
            ("PUT", "/b"),
            ("POST", "/b/a/k?uploads"),
            ("DELETE", "/b/"),
            ("DELETE", "/b/k"),
            ("POST", "/b?delete"),
            ("GET", "/b?location"),
            ("GET", "/b/k?X-Amz-Signature=1"),
            ("HEAD", "/b"),
            ("HEAD", "/b/k"),
            ("GET", "/"),
            ("GET", "/b?uploads"),
            ("GET", "/b?prefix=a"),
            ("GET", "/b?list-type=2"),
            ("GET", "/b/k?uploadId=1&max-parts=2"),
            ("PUT", "/b/uploads"),
            ("PUT", "/b/k?partNumber=1&uploadId=1"),
        ]
        .map(|(method, address)| {
            let mut request = Request::builder().method(method).uri(address);
            if address.ends_with("copy") {
                request = request.header("x-amz-copy-source", "b/k");
            }
            operation(&request.body(()).unwrap().into_parts().0)
        });
        assert_eq!(told, OPERATIONS.map(Some));
        let odd = Request::builder().method("PATCH").uri("/b/k").body(()).unwrap();
        assert_eq!(operation(&odd.into_parts().0), None);
    }
}
