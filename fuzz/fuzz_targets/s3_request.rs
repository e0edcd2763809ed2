//! What the S3 endpoint reads: any request, and signed requests with any XML.
#![no_main]

use std::cell::LazyCell;
use std::iter::empty;
use std::panic;
use std::sync::Arc;
use std::time::Duration;

use colonies_devs3::{Body, Credentials, Service, Store, operation, service};
use http::Request;
use jiff::Timestamp;
use libfuzzer_sys::fuzz_target;
use rusty_s3::signing::sign;
use rusty_s3::{Bucket, Method, UrlStyle};
use tokio::runtime::{self, Runtime};

struct Endpoint {
    runtime: Runtime,
    service: Service,
}

thread_local! {
    static ENDPOINT: LazyCell<Endpoint> = LazyCell::new(|| {
        // The service answers requests that the library panics at; the hook of libFuzzer would abort before.
        panic::set_hook(Box::new(|_| {}));
        let store = Store::open(None).expect("there is a temporary directory");
        store.ensure_bucket("bucket").expect("the store is in memory");
        let credentials = Credentials { access_key: "key", secret_key: "secret" };
        Endpoint {
            runtime: runtime::Builder::new_current_thread().enable_time().build().expect("there are threads"),
            service: service(Arc::new(store), credentials, Duration::from_secs(1)),
        }
    });
}

/// The URL of a signed request whose body is XML.
fn signed(which: u8) -> String {
    let origin = "http://localhost".parse().expect("it is a URL");
    let bucket = Bucket::new(origin, UrlStyle::Path, "bucket", "us-east-1").expect("it is a bucket");
    let (url, query) = match which % 2 {
        0 => (bucket.object_url("a"), ("uploadId", "00000000000000000000000000000000")),
        _ => (bucket.base_url().clone(), ("delete", "")),
    };
    let now = Timestamp::now();
    let query = [query].into_iter();
    sign(&now, Method::Post, url, "key", "secret", None, "us-east-1", 900, query, empty()).to_string()
}

fuzz_target!(|bytes: &[u8]| {
    let [which, rest @ ..] = bytes else { return };
    let request = if which & 1 == 0 {
        let text = String::from_utf8_lossy(rest);
        let (head, body) = text.split_once("\n\n").unwrap_or((&text, ""));
        let mut lines = head.lines();
        let (method, target) = lines.next().unwrap_or_default().split_once(' ').unwrap_or(("GET", "/"));
        let mut request = Request::builder().method(method).uri(target);
        for (name, value) in lines.filter_map(|line| line.split_once(": ")) {
            request = request.header(name, value);
        }
        request.body(Body::from(body.to_owned()))
    } else {
        let request = Request::builder().method("POST").uri(signed(which >> 1)).header("host", "localhost");
        request.header("content-length", rest.len()).body(Body::from(rest.to_vec()))
    };
    let Ok(request) = request else { return };
    let (head, body) = request.into_parts();
    let _ = operation(&head);
    ENDPOINT.with(|endpoint| {
        // What cannot be answered is an error of the service, which closes the connection.
        let _ = endpoint.runtime.block_on(endpoint.service.call(Request::from_parts(head, body)));
    });
});
