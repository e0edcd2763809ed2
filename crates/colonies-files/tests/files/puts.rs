//! Uploads.

use std::sync::atomic::{AtomicU64, AtomicUsize, Ordering};

use colonies_files::{Error, Refusal, Run, Settings, Storage, Stored};
use sha2::{Digest, Sha256};

use crate::store::{Asked, Folder, Mishap, PART, Store, Switch, content_of, run};

fn stored(content: &[u8]) -> Stored {
    Stored { size: content.len() as u64, sha256: Sha256::digest(content).into() }
}

#[test]
fn what_is_stored_is_what_was_given() {
    let (store, folder) = (Store::start(), Folder::new("puts"));
    let storage = store.storage();
    for size in [0, 1, PART, 2 * PART, 2 * PART + 1, 5 * PART, 5 * PART + 7, 3 << 20] {
        let content = content_of(size);
        let path = folder.file("file", &content);
        assert_eq!(run(|run| storage.put_file(&path, "from-file", run)).unwrap(), stored(&content));
        assert_eq!(run(|run| storage.put_bytes(&content, "from-memory", run)).unwrap(), stored(&content));
        store.content(|held| {
            assert!(held.objects["from-file"] == content, "{size}");
            assert!(held.objects["from-memory"] == content, "{size}");
            assert!(held.uploads.is_empty());
        });
    }
}

#[test]
fn a_file_that_is_neither_small_nor_large_is_sent_while_it_is_read() {
    let (store, folder) = (Store::start(), Folder::new("streamed"));
    let storage = Storage::new(Settings { part_bytes: 8 << 20, ..store.settings() }).unwrap();
    let content = content_of((1 << 20) + 1);
    let path = folder.file("file", &content);
    assert_eq!(run(|run| storage.put_file(&path, "key", run)).unwrap(), stored(&content));
    assert_eq!(store.count(|asked| asked.method == "PUT"), 1);
    assert!(store.content(|held| held.objects["key"] == content));
}

#[test]
fn requests_are_signed_and_carry_a_checksum() {
    let store = Store::start();
    run(|run| store.storage().put_bytes(b"x", "a key/with ü+&", run)).unwrap();
    store.content(|held| {
        let asked = &held.asked[0];
        assert_eq!(asked.key, "a%20key/with%20%C3%BC%2B%26");
        assert_eq!(asked.query["X-Amz-Signature"].len(), 64);
        assert_eq!(asked.query["X-Amz-SignedHeaders"], "content-md5%3Bhost");
        assert!(asked.headers.contains_key("content-md5"));
        assert!(!format!("{asked:?}").contains(crate::store::SECRET));
    });
}

#[test]
fn progress_counts_each_byte_once_although_parts_are_sent_again() {
    let failed = AtomicUsize::new(0);
    let store = Store::with(move |asked, _| {
        let is_part = asked.query.contains_key("partNumber");
        (is_part && failed.fetch_add(1, Ordering::SeqCst) < 2).then_some(Mishap::Refuse(503, "SlowDown"))
    });
    let (content, moved) = (content_of(5 * PART), AtomicU64::new(0));
    let storage = store.storage();
    storage.put_bytes(&content, "key", &Run { interrupt: &Switch::default(), moved: &moved }).unwrap();
    assert_eq!(moved.into_inner(), content.len() as u64);
    assert!(store.content(|held| held.objects["key"] == content));
}

#[test]
fn a_part_that_fails_ends_the_upload_and_the_store_forgets_the_others() {
    let store = Store::with(|asked, _| {
        (asked.query.get("partNumber")? == "4").then_some(Mishap::Refuse(403, "AccessDenied"))
    });
    let fault = run(|run| store.storage().put_bytes(&content_of(9 * PART), "key", run)).unwrap_err();
    assert!(matches!(fault, Error::Refused { refusal: Refusal::Denied, .. }), "{fault}");
    store.content(|held| assert!(held.uploads.is_empty() && held.objects.is_empty()));
}

#[test]
fn a_lost_answer_to_the_last_request_is_no_failure() {
    let store = Store::with(|asked, store| {
        let completes = |asked: &Asked| asked.method == "POST" && asked.query.contains_key("uploadId");
        (completes(asked) && store.count(completes) == 1).then_some(Mishap::CutAfter(0))
    });
    let content = content_of(4 * PART);
    run(|run| store.storage().put_bytes(&content, "key", run)).unwrap();
    assert!(store.content(|held| held.objects["key"] == content));
}

#[test]
fn a_failure_told_in_an_answer_of_success_is_one() {
    let store = Store::with(|asked, _| {
        let completes = asked.method == "POST" && asked.query.contains_key("uploadId");
        let body = b"<Error><Code>EntityTooSmall</Code></Error>";
        completes.then(|| Mishap::Raw(crate::store::http(200, "", body)))
    });
    let fault = run(|run| store.storage().put_bytes(&content_of(4 * PART), "key", run)).unwrap_err();
    assert!(fault.to_string().contains("EntityTooSmall"), "{fault}");
    assert!(store.content(|held| held.uploads.is_empty()));
}

#[test]
fn a_file_that_changes_meanwhile_is_noticed() {
    for (name, size, change) in [("small", 10, 20), ("grown", 5 * PART, 6 * PART), ("shrunk", 5 * PART, 10)] {
        let folder = Folder::new(name);
        let path = folder.file("file", &content_of(size));
        let changing = path.clone();
        let store = Store::with(move |asked, _| {
            if asked.method == "PUT" {
                std::fs::write(&changing, content_of(change)).unwrap();
            }
            None
        });
        let fault = run(|run| store.storage().put_file(&path, "key", run)).unwrap_err();
        assert!(matches!(fault, Error::Changed { .. }), "{name}: {fault}");
    }
}

#[test]
fn the_bucket_is_made_where_there_is_none() {
    for size in [1, 5 * PART] {
        let store = Store::start();
        let settings = Settings { bucket: "new".into(), region: "eu-north-1".into(), ..store.settings() };
        run(|run| Storage::new(settings.clone()).unwrap().put_bytes(&content_of(size), "key", run)).unwrap();
        store.content(|held| {
            assert!(held.buckets.contains("new") && held.objects.contains_key("key"));
            let made = held.asked.iter().find(|asked| asked.method == "PUT" && asked.key.is_empty()).unwrap();
            assert!(String::from_utf8_lossy(&made.body).contains("<LocationConstraint>eu-north-1<"));
        });
    }
}

#[test]
fn many_files_have_a_result_each() {
    let (store, folder) = (Store::start(), Folder::new("many"));
    let mut files: Vec<_> = (0..50)
        .map(|number| (folder.file(&format!("{number}"), &content_of(number * 100)), format!("key-{number}")))
        .collect();
    files[7].0 = folder.0.join("missing");
    files[9].0 = folder.file("large", &content_of(4 * PART));
    let results = run(|run| store.storage().put_files(&files, run)).unwrap();
    for (number, result) in results.iter().enumerate() {
        match number {
            7 => assert!(matches!(result, Err(Error::Local { .. }))),
            9 => assert_eq!(result.as_ref().unwrap(), &stored(&content_of(4 * PART))),
            number => assert_eq!(result.as_ref().unwrap(), &stored(&content_of(number * 100))),
        }
    }
    assert_eq!(store.content(|held| held.objects.len()), 49);
}

#[test]
fn files_are_hashed_where_they_can_be_read() {
    let folder = Folder::new("hashes");
    let paths =
        vec![folder.file("a", b"abc"), folder.0.clone(), folder.0.join("missing"), folder.file("b", b"")];
    let results = run(|run| colonies_files::hash_files(&paths, run)).unwrap();
    assert_eq!(results[0].as_ref().unwrap(), &stored(b"abc"));
    assert_eq!(results[3].as_ref().unwrap(), &stored(b""));
    assert!(matches!(results[1], Err(Error::Local { .. })) && matches!(results[2], Err(Error::Local { .. })));
}

#[test]
fn an_interrupt_ends_all_workers() {
    let switch = Switch::default();
    let flipped = switch.clone();
    let store = Store::with(move |asked, _| {
        if asked.query.contains_key("partNumber") {
            flipped.0.store(true, Ordering::SeqCst);
            return Some(Mishap::Silence);
        }
        None
    });
    let moved = AtomicU64::new(0);
    let result =
        store.storage().put_bytes(&content_of(9 * PART), "key", &Run { interrupt: &switch, moved: &moved });
    assert!(matches!(result, Err(Error::Interrupted)));
    assert!(store.content(|held| held.objects.is_empty()));
}

#[test]
fn a_refusal_before_all_was_sent_is_understood() {
    let listener = std::net::TcpListener::bind("127.0.0.1:0").unwrap();
    let address = listener.local_addr().unwrap();
    let server = std::thread::spawn(move || {
        use std::io::{Read, Write};
        let (mut stream, _) = listener.accept().unwrap();
        let mut head = [0; 1024];
        stream.read_exact(&mut head).unwrap();
        stream.write_all(&crate::store::refusal(403, "AccessDenied")).unwrap();
        stream.shutdown(std::net::Shutdown::Both).unwrap();
    });
    let settings = Settings { part_bytes: 32 << 20, ..Settings::new(address.to_string(), "data") };
    let fault =
        run(|run| Storage::new(settings).unwrap().put_bytes(&content_of(20 << 20), "key", run)).unwrap_err();
    assert!(matches!(fault, Error::Refused { refusal: Refusal::Denied, .. }), "{fault}");
    server.join().unwrap();
}
