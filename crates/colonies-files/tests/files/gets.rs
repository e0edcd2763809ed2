//! Downloads.

use std::sync::atomic::{AtomicU64, Ordering};

use colonies_files::{Error, Expected, Run, Settings, Storage, Target, write_file};
use sha2::{Digest, Sha256};

use crate::store::{Asked, Folder, Mishap, PART, Running, Store, Switch, content_of, run};

fn expected(content: &[u8]) -> Expected {
    Expected { size: Some(content.len() as u64), sha256: Some(Sha256::digest(content).into()) }
}

fn hold(store: &Running, key: &str, content: &[u8]) {
    store.content(|held| held.objects.insert(key.to_owned(), content.to_owned()));
}

#[test]
fn what_comes_is_what_was_stored() {
    let (store, folder) = (Store::start(), Folder::new("gets"));
    let storage = store.storage();
    for size in [0, 1, PART, 2 * PART, 2 * PART + 1, 9 * PART + 7] {
        let (content, path) = (content_of(size), folder.0.join("file"));
        hold(&store, "key", &content);
        for expected in [expected(&content), Expected::default()] {
            run(|run| storage.get_file("key", &Target::at(&path), &expected, run)).unwrap();
            assert!(std::fs::read(&path).unwrap() == content, "{size}");
            assert!(run(|run| storage.get_bytes("key", &expected, run)).unwrap() == content, "{size}");
        }
        assert_eq!(run(|run| storage.head("key", run)).unwrap(), size as u64);
    }
    assert_eq!(folder.names(), ["file"]);
}

#[test]
fn an_empty_file_needs_no_object() {
    let (store, folder) = (Store::start(), Folder::new("empty"));
    run(|run| store.storage().get_file("none", &Target::at(&folder.0.join("file")), &expected(b""), run))
        .unwrap();
    assert_eq!(folder.names(), ["file"]);
    assert_eq!(store.count(|_| true), 0);
}

#[test]
fn a_transfer_that_breaks_off_goes_on_where_it_was() {
    let store = Store::with(|_, store| (store.count(|_| true) <= 3).then_some(Mishap::CutAfter(30_000)));
    let content = content_of(100_000);
    hold(&store, "key", &content);
    assert!(run(|run| store.storage().get_bytes("key", &expected(&content), run)).unwrap() == content);
    store.content(|held| {
        let ranges: Vec<_> = held.asked.iter().map(|asked| asked.headers.get("range").cloned()).collect();
        assert_eq!((ranges.len(), &ranges[0]), (4, &None));
        assert!(ranges[3].as_ref().unwrap() > ranges[1].as_ref().unwrap());
        assert!(held.asked[1..].iter().all(|asked| asked.headers.contains_key("if-match")));
    });
}

#[test]
fn an_object_that_is_replaced_meanwhile_is_not_mixed_with_the_old_one() {
    for size in [PART, 8 * PART] {
        let folder = Folder::new(&format!("replaced-{size}"));
        let store = Store::with(move |_, store| {
            if store.count(|_| true) == 1 {
                return Some(Mishap::CutAfter(10_000));
            }
            store.content(|held| held.objects.insert("key".into(), vec![1; size]));
            None
        });
        let content = content_of(size);
        hold(&store, "key", &content);
        let fault = run(|run| {
            store.storage().get_file("key", &Target::at(&folder.0.join("file")), &expected(&content), run)
        });
        assert!(matches!(fault, Err(Error::Mismatch { .. })), "{fault:?}");
        assert_eq!(folder.names(), [""; 0]);
    }
}

#[test]
fn wrong_content_is_never_put_in_place() {
    let (store, folder) = (Store::start(), Folder::new("wrong"));
    let path = folder.file("file", b"as it was");
    for size in [10, 8 * PART] {
        let content = content_of(size);
        hold(&store, "key", &content);
        let right = expected(&content);
        for wrong in [
            Expected { sha256: Some([0; 32]), ..right },
            Expected { size: Some(size as u64 + 1), ..right },
            Expected { size: Some(size as u64 - 1), ..right },
        ] {
            let fault =
                run(|run| store.storage().get_file("key", &Target::at(&path), &wrong, run)).unwrap_err();
            assert!(matches!(fault, Error::Mismatch { .. }), "{fault}");
        }
    }
    assert_eq!(std::fs::read(&path).unwrap(), b"as it was");
    assert_eq!(folder.names(), ["file"]);
}

/// Fetches until the store has answered enough, and then no more.
fn interrupted(folder: &Folder, content: &[u8]) -> Running {
    let switch = Switch::default();
    let flipped = switch.clone();
    let store = Store::with(move |_, store| {
        if flipped.0.load(Ordering::SeqCst) {
            return None;
        }
        let is_enough = store.count(|_| true) > 15;
        flipped.0.store(is_enough, Ordering::SeqCst);
        is_enough.then_some(Mishap::Silence)
    });
    hold(&store, "key", content);
    let moved = AtomicU64::new(0);
    let to_be = expected(content);
    let result = store.storage().get_file(
        "key",
        &Target::at(&folder.0.join("file")),
        &to_be,
        &Run { interrupt: &switch, moved: &moved },
    );
    assert!(matches!(result, Err(Error::Interrupted)), "{result:?}");
    store
}

fn asked_from_the_beginning(asked: &Asked) -> bool {
    asked.headers.get("range").is_some_and(|range| range.starts_with("bytes=0-"))
}

#[test]
fn the_next_attempt_goes_on_with_what_an_interrupted_one_left() {
    let (folder, content) = (Folder::new("resumed"), content_of(20 * PART));
    let store = interrupted(&folder, &content);
    assert_eq!(folder.names().len(), 1);
    assert!(folder.names()[0].starts_with(".colonies-"));
    let before = store.count(asked_from_the_beginning);
    let moved = AtomicU64::new(0);
    let run = Run { interrupt: &Switch::default(), moved: &moved };
    store.storage().get_file("key", &Target::at(&folder.0.join("file")), &expected(&content), &run).unwrap();
    assert_eq!(store.count(asked_from_the_beginning), before);
    assert_eq!(moved.into_inner(), content.len() as u64);
    assert!(std::fs::read(folder.0.join("file")).unwrap() == content);
    assert_eq!(folder.names(), ["file"]);
}

#[test]
fn what_was_left_and_is_damaged_is_fetched_again() {
    let (folder, content) = (Folder::new("damaged"), content_of(20 * PART));
    let store = interrupted(&folder, &content);
    folder.file(&folder.names()[0], &vec![0; 18 * PART]);
    run(|run| store.storage().get_file("key", &Target::at(&folder.0.join("file")), &expected(&content), run))
        .unwrap();
    assert!(std::fs::read(folder.0.join("file")).unwrap() == content);
    assert_eq!(folder.names(), ["file"]);
}

#[test]
fn a_file_that_another_transfer_is_writing_is_left_alone() {
    let (folder, content) = (Folder::new("locked"), content_of(20 * PART));
    let store = interrupted(&folder, &content);
    let name = folder.names()[0].clone();
    let others = std::fs::File::open(folder.0.join(&name)).unwrap();
    others.lock().unwrap();
    run(|run| store.storage().get_file("key", &Target::at(&folder.0.join("file")), &expected(&content), run))
        .unwrap();
    assert_eq!(folder.names(), [name, "file".to_owned()]);
}

#[cfg(unix)]
#[test]
fn links_are_replaced_and_not_followed() {
    use std::os::unix::fs::{PermissionsExt, symlink};
    let (store, folder) = (Store::start(), Folder::new("links"));
    let other = folder.file("other", b"precious");
    let path = folder.0.join("file");
    symlink(&other, &path).unwrap();
    hold(&store, "key", b"new");
    run(|run| store.storage().get_file("key", &Target::at(&path), &expected(b"new"), run)).unwrap();
    assert_eq!(std::fs::read(&other).unwrap(), b"precious");
    assert!(path.symlink_metadata().unwrap().is_file());
    std::fs::set_permissions(&path, std::fs::Permissions::from_mode(0o750)).unwrap();
    run(|run| store.storage().get_file("key", &Target::at(&path), &expected(b"new"), run)).unwrap();
    assert_eq!(path.metadata().unwrap().permissions().mode() & 0o777, 0o750);
}

#[test]
fn many_files_have_a_result_each() {
    let (store, folder) = (Store::start(), Folder::new("gets-many"));
    let files: Vec<_> = (0..40_usize)
        .map(|number| {
            let content = content_of(if number == 3 { 5 * PART } else { number });
            if number != 5 {
                hold(&store, &format!("key-{number}"), &content);
            }
            (format!("key-{number}"), Target::at(&folder.0.join(format!("{number}"))), expected(&content))
        })
        .collect();
    let results = run(|run| store.storage().get_files(&files, run)).unwrap();
    assert!(results.iter().enumerate().all(|(number, result)| result.is_err() == (number == 5)));
    assert_eq!(folder.names().len(), 39);
}

#[test]
fn what_cannot_be_written_is_told_with_its_path() {
    let (store, folder) = (Store::start(), Folder::new("unwritable"));
    hold(&store, "key", b"x");
    let path = folder.0.join("no/such/folder");
    let fault =
        run(|run| store.storage().get_file("key", &Target::at(&path), &expected(b"x"), run)).unwrap_err();
    assert!(fault.to_string().contains(&path.display().to_string()), "{fault}");
}

#[test]
fn silence_ends_with_the_limit() {
    let store = Store::with(|_, _| Some(Mishap::Silence));
    let settings = Settings { timeout: std::time::Duration::from_secs(2), ..store.settings() };
    let fault =
        run(|run| Storage::new(settings).unwrap().get_bytes("key", &Expected::default(), run)).unwrap_err();
    assert!(matches!(fault, Error::Unreachable { .. }) && fault.to_string().contains("2s"), "{fault}");
    assert_eq!(store.count(|_| true), 2);
}

#[cfg(unix)]
#[test]
fn no_directory_on_the_way_may_be_a_link() {
    let (store, folder, outside) = (Store::start(), Folder::new("links"), Folder::new("links-outside"));
    std::os::unix::fs::symlink(&outside.0, folder.0.join("link")).unwrap();
    for content in [content_of(10), content_of(5 * PART)] {
        hold(&store, "key", &content);
        for path in ["link/file", "link/new/file"] {
            let target = Target { root: folder.0.clone(), path: path.into() };
            let fault = run(|run| store.storage().get_file("key", &target, &expected(&content), run));
            assert!(matches!(fault, Err(Error::Local { .. })), "{fault:?}");
            assert!(write_file(&target, b"x").is_err());
        }
    }
    assert_eq!(outside.names(), [""; 0]);
}

#[test]
fn directories_on_the_way_are_made() {
    let (store, folder) = (Store::start(), Folder::new("made"));
    hold(&store, "key", b"x");
    let target = Target { root: folder.0.clone(), path: "a/b/file".into() };
    run(|run| store.storage().get_file("key", &target, &expected(b"x"), run)).unwrap();
    write_file(&Target { path: "a/note".into(), ..target }, b"note").unwrap();
    assert_eq!(std::fs::read(folder.0.join("a/b/file")).unwrap(), b"x");
    assert_eq!(std::fs::read(folder.0.join("a/note")).unwrap(), b"note");
}

#[test]
fn paths_that_lead_out_are_refused() {
    let folder = Folder::new("out");
    for path in ["", "..", "../x", "a/../../x", "/x", "."] {
        let target = Target { root: folder.0.join("in"), path: path.into() };
        assert!(write_file(&target, b"x").is_err(), "{path}");
    }
    assert_eq!(folder.names(), [""; 0]);
}

/// Pretends that a file was last written so many days ago.
fn age(path: &std::path::Path, days: u64) {
    let time = std::time::SystemTime::now() - std::time::Duration::from_secs(days * 24 * 3600);
    std::fs::File::options().write(true).open(path).unwrap().set_modified(time).unwrap();
}

#[test]
fn what_killed_downloads_left_is_removed_unless_it_can_be_resumed() {
    let (store, folder) = (Store::start(), Folder::new("swept"));
    hold(&store, "key", b"x");
    let mark = "0".repeat(32);
    folder.file(".colonies-1f-0.part", b"killed");
    folder.file(".colonies-2f-0.part", b"still written");
    folder.file(&format!(".colonies-{mark}.part"), b"resumable");
    folder.file(".colonies-old.part", b"resumable, but old");
    age(&folder.0.join(".colonies-old.part"), 8);
    let held = std::fs::File::open(folder.0.join(".colonies-2f-0.part")).unwrap();
    held.lock().unwrap();
    run(|run| store.storage().get_file("key", &Target::at(&folder.0.join("file")), &expected(b"x"), run))
        .unwrap();
    let mut names = folder.names();
    names.sort();
    let kept = format!(".colonies-{mark}.part");
    assert_eq!(names, [kept.as_str(), ".colonies-2f-0.part", "file"]);
}

#[test]
fn sizes_that_no_object_has_are_a_mismatch() {
    let (store, folder) = (Store::start(), Folder::new("sizes"));
    hold(&store, "key", b"small");
    for size in [1 << 40, 1 << 53, 1 << 60, i64::MAX as u64, u64::MAX] {
        for sha256 in [None, Some([0; 32])] {
            let expected = Expected { size: Some(size), sha256 };
            let target = Target::at(&folder.0.join("file"));
            let fault = run(|run| store.storage().get_file("key", &target, &expected, run)).unwrap_err();
            assert!(matches!(fault, Error::Mismatch { .. }), "{fault:?}");
        }
    }
    assert_eq!(folder.names(), [""; 0]);
}
