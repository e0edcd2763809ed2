//! Requests that the store refuses.

use colonies_client::Tls;
use colonies_files::{Error, Expected, Refusal, Settings, Storage};

use crate::store::{Mishap, SECRET, Store, http, run};

fn refusal(status: u16, code: &'static str) -> (Error, usize) {
    let store = Store::with(move |_, _| Some(Mishap::Refuse(status, code)));
    let fault = run(|run| store.storage().get_bytes("key", &Expected::default(), run)).unwrap_err();
    (fault, store.count(|_| true))
}

#[test]
fn each_refusal_has_its_cause_and_remedy_and_is_not_asked_again() {
    for (status, code, wanted, remedy) in [
        (404, "NoSuchKey", Refusal::NoSuchKey, "upload it again"),
        (404, "NoSuchBucket", Refusal::NoSuchBucket, "AWS_S3_BUCKET"),
        (403, "AccessDenied", Refusal::Denied, "no right"),
        (403, "InvalidAccessKeyId", Refusal::UnknownAccessKey, "AWS_S3_ACCESSKEY"),
        (403, "SignatureDoesNotMatch", Refusal::WrongSignature, "AWS_S3_SECRETKEY"),
        (403, "RequestTimeTooSkewed", Refusal::ClockSkew, "clock"),
        (301, "PermanentRedirect", Refusal::WrongRegion, "AWS_S3_REGION"),
        (501, "NotImplemented", Refusal::Other, "log"),
    ] {
        let (fault, requests) = refusal(status, code);
        let message = fault.to_string();
        assert!(matches!(fault, Error::Refused { refusal, .. } if refusal == wanted), "{message}");
        assert!(
            message.contains(remedy) && message.contains(code) && message.contains("says <so>"),
            "{message}"
        );
        assert!(!message.contains(SECRET) && !message.contains("X-Amz"), "{message}");
        assert_eq!(requests, 1, "{code}");
    }
}

#[test]
fn a_busy_store_is_asked_several_times() {
    std::thread::scope(|scope| {
        for (status, code) in [(503, "SlowDown"), (500, "InternalError"), (502, "")] {
            scope.spawn(move || {
                let (fault, requests) = refusal(status, code);
                assert!(
                    matches!(fault, Error::Refused { refusal: Refusal::Unavailable, .. }) && requests > 3,
                    "{requests}: {fault}"
                );
            });
        }
    });
}

#[test]
fn clocks_that_differ_are_told_from_a_right_that_lacks() {
    let store = Store::with(|_, _| {
        let body = b"<Error><Code>AccessDenied</Code><Message>Request has expired</Message></Error>";
        Some(Mishap::Raw(http(403, "Date: Sun, 06 Nov 1994 08:49:37 GMT\r\n", body)))
    });
    let fault = run(|run| store.storage().head("key", run)).unwrap_err();
    assert!(matches!(fault, Error::Refused { refusal: Refusal::ClockSkew, .. }), "{fault}");
}

#[test]
fn refusals_without_a_body_are_told_by_their_status() {
    let store = Store::with(|_, _| Some(Mishap::Raw(http(404, "", b""))));
    let fault = run(|run| store.storage().head("key", run)).unwrap_err();
    assert!(matches!(fault, Error::Refused { refusal: Refusal::NoSuchKey, .. }), "{fault}");
}

#[test]
fn a_server_that_is_no_store_is_told() {
    let store = Store::with(|_, _| Some(Mishap::Raw(b"SSH-2.0-OpenSSH\r\n\r\n".to_vec())));
    let fault = run(|run| store.storage().get_bytes("key", &Expected::default(), run)).unwrap_err();
    assert!(fault.to_string().contains("does not answer like an S3 store"), "{fault}");
}

#[test]
fn removing_what_is_gone_is_no_failure() {
    let store = Store::start();
    store.content(|held| held.objects.insert("key".into(), vec![1]));
    for _ in 0..2 {
        run(|run| store.storage().delete("key", run)).unwrap();
    }
    assert!(store.content(|held| held.objects.is_empty()));
}

#[test]
fn endpoints_may_have_a_scheme_and_a_port() {
    for (endpoint, tls) in [
        ("localhost", Tls::Off),
        ("localhost:9000", Tls::SkipVerify),
        ("http://localhost:9000/", Tls::Off),
        ("HTTPS://s3.example.org", Tls::SkipVerify),
        ("[::1]:9000", Tls::Off),
        ("::1", Tls::Off),
    ] {
        Storage::new(Settings { tls, ..Settings::new(endpoint, "data") }).unwrap();
    }
}

#[test]
fn settings_that_cannot_be_right_are_refused_with_the_reason() {
    let refused = |settings: Settings| match Storage::new(settings) {
        Err(Error::Settings { what }) => what,
        other => panic!("{other:?}"),
    };
    for (endpoint, reason) in [
        ("", "must have a host"),
        ("ftp://localhost", "the scheme http or https"),
        ("localhost/bucket", "without a path"),
        ("user:hidden@localhost", "credentials"),
        ("localhost:0", "port"),
        ("localhost:http", "port"),
        ("local host", "must be a name"),
    ] {
        let message = refused(Settings::new(endpoint, "data"));
        assert!(message.contains(reason) && !message.contains("hidden"), "{endpoint}: {message}");
    }
    for bucket in ["", "..", "a/b", "a b"] {
        assert!(refused(Settings::new("localhost", bucket)).contains("bucket"));
    }
    let tls = Settings { tls: Tls::SkipVerify, ..Settings::new("http://localhost", "data") };
    assert!(refused(tls).contains("https://"));
}

#[test]
fn keys_that_name_other_objects_are_refused() {
    let store = Store::start();
    for key in ["", "..", "a/../b", "./a", &"x".repeat(1025)] {
        let fault = run(|run| store.storage().delete(key, run)).unwrap_err();
        assert!(matches!(fault, Error::Settings { .. }), "{key}");
    }
    assert_eq!(store.count(|_| true), 0);
}

#[test]
fn secrets_are_not_shown() {
    let shown = format!("{:?}", Store::start().storage());
    assert!(!shown.contains(SECRET) && shown.contains("hidden"), "{shown}");
}
