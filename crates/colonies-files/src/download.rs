//! Downloads into files: atomic, verified and resumable.

use std::collections::BTreeSet;
use std::io::{Read, Write};
use std::path::{Path, PathBuf};
use std::sync::atomic::Ordering;
use std::sync::{Arc, Condvar, Mutex, OnceLock};
use std::time::Duration;

use sha2::{Digest, Sha256};

use crate::error::Error;
use crate::folder::{Folder, Target};
use crate::get::{Expected, Wanted};
use crate::run::{Pulse, Run, Stop};
use crate::settings::check_key;
use crate::source::{read_at, write_all_at};
use crate::storage::{Storage, Stored};
use crate::temporary::Temporary;

/// Buffer size for hashing content.
const CHUNK: usize = 128 * 1024;
/// Poll interval of the interrupt hook.
const SLICE: Duration = Duration::from_millis(50);

impl Storage {
    /// Fetches an object into a file, which appears under its name at once and complete, or not at all. A file
    /// of that name is replaced, a symbolic link is not followed.
    ///
    /// What came of a large object stays, where the attempt ends early, in a file beside the target whose name
    /// begins with `.colonies-`; the next attempt for the same content goes on from there.
    ///
    /// # Errors
    /// [`Error::Mismatch`] where it is not what was expected; all others but [`Error::Changed`].
    pub fn get_file(
        &self,
        key: &str,
        target: &Target,
        expected: &Expected,
        run: &Run<'_>,
    ) -> Result<Stored, Error> {
        self.get_file_beside(key, target, expected, run, &mut Folder::sweep)
    }

    /// As [`Self::get_file`], with what is to be done first with the directory of the file.
    pub(crate) fn get_file_beside(
        &self,
        key: &str,
        target: &Target,
        expected: &Expected,
        run: &Run<'_>,
        prepare: &mut dyn FnMut(&Folder),
    ) -> Result<Stored, Error> {
        check_key(key)?;
        let shown = target.shown();
        let refuse = Error::local("write", &shown);
        let (folder, name) = target.open().map_err(&refuse)?;
        prepare(&folder);
        if let Some(size) = expected.size.filter(|size| *size > 2 * self.settings.part_bytes) {
            return self.get_in_ranges(
                key,
                &Destination { folder, name, shown: &shown },
                size,
                expected,
                run,
            );
        }
        let mut temporary = Temporary::new(&folder).map_err(&refuse)?;
        let stored =
            self.stream(key, expected, run, &mut |piece| temporary.file.write_all(piece).map_err(&refuse))?;
        temporary.replace(&name).map_err(&refuse)?;
        Ok(stored)
    }

    fn get_in_ranges(
        &self,
        key: &str,
        destination: &Destination<'_>,
        size: u64,
        expected: &Expected,
        run: &Run<'_>,
    ) -> Result<Stored, Error> {
        let Destination { folder, name, shown: path } = destination;
        let refuse = Error::local("write", path);
        let ranges = Ranges { size, bytes: self.settings.part_bytes, ahead: self.settings.parallel };
        let temporary = match expected.sha256 {
            Some(sha256) => Temporary::resumed(folder, &mark(key, &sha256)),
            None => Temporary::new(folder),
        }
        .map_err(&refuse)?;
        let had = ranges.surely_had(temporary.file.metadata().map_err(&refuse)?.len());
        let before = run.moved.load(Ordering::Relaxed);
        match self.fill(key, path, &temporary, &ranges, had, expected, run) {
            // What was there already was not what it seemed to be, as after a power failure.
            Err(Error::Mismatch { .. }) if had > 0 => {
                run.moved.store(before, Ordering::Relaxed);
                drop(temporary);
                let temporary = Temporary::new(folder).map_err(&refuse)?;
                let stored = self.fill(key, path, &temporary, &ranges, 0, expected, run)?;
                temporary.replace(name).map_err(&refuse)?;
                Ok(stored)
            }
            Err(fault) if expected.sha256.is_some() && is_worth_another(&fault) => {
                let length = temporary.file.metadata().map_or(0, |found| found.len());
                if ranges.surely_had(length) > 0 {
                    temporary.keep();
                }
                Err(fault)
            }
            result => {
                let stored = result?;
                temporary.replace(name).map_err(&refuse)?;
                Ok(stored)
            }
        }
    }

    /// Fetches all ranges except the first `had`, while this thread hashes complete ones.
    #[expect(clippy::too_many_arguments, reason = "one transfer, told apart from its repetition")]
    fn fill(
        &self,
        key: &str,
        path: &Path,
        temporary: &Temporary,
        ranges: &Ranges,
        had: usize,
        expected: &Expected,
        run: &Run<'_>,
    ) -> Result<Stored, Error> {
        let (etag, progress) = (OnceLock::new(), Progress::new(had));
        run.moved.fetch_add(ranges.bounds(had).0.min(ranges.size), Ordering::Relaxed);
        let fetch = |number: usize, run: &Run<'_>| {
            let number = number + had;
            progress.await_turn(number, ranges.ahead, run)?;
            let (from, to) = ranges.bounds(number);
            let wanted = Wanted { key, from, to: Some(to), expected: *expected, etag: &etag };
            let mut at = from;
            self.fetch(&wanted, run, &mut |piece| {
                write_all_at(&temporary.file, piece, at).map_err(Error::local("write", path))?;
                at += piece.len() as u64;
                Ok(())
            })?;
            progress.complete(number);
            Ok(())
        };
        let hash = |stop: &Stop| {
            let mut hash = Sha256::new();
            let mut buffer = vec![0; CHUNK];
            let pulse = run.pulse();
            for number in 0..ranges.count() {
                progress.await_complete(number, stop, &pulse)?;
                let (mut at, to) = ranges.bounds(number);
                while at < to {
                    let wanted = usize::try_from(to - at).unwrap_or(CHUNK).min(CHUNK);
                    let read = read_at(&temporary.file, &mut buffer[..wanted], at);
                    let read = read.map_err(Error::local("read", path))?;
                    if read == 0 {
                        let what = "what was fetched of it was cut off on this machine".to_owned();
                        return Err(Error::Mismatch { key: key.to_owned(), what });
                    }
                    hash.update(&buffer[..read]);
                    at += read as u64;
                    pulse.beat()?;
                }
                progress.note_hashed(number);
            }
            Ok(Stored { size: ranges.size, sha256: hash.finalize().into() })
        };
        let stored = run.crew(self.settings.parallel, ranges.count() - had, fetch, hash)?;
        // An earlier attempt may have left more.
        temporary.file.set_len(ranges.size).map_err(Error::local("write", path))?;
        expected.check(key, &stored)?;
        Ok(stored)
    }
}

/// The open directory of a file, its name, and its path for messages.
struct Destination<'a> {
    folder: Arc<Folder>,
    name: PathBuf,
    shown: &'a Path,
}

/// Replaces a small file below a directory, unless its content is the same already. A link is replaced, and no
/// directory on the way may be one.
///
/// # Errors
/// [`Error::Local`].
pub fn write_file(target: &Target, content: &[u8]) -> Result<(), Error> {
    let shown = target.shown();
    let refuse = Error::local("write", &shown);
    let (folder, name) = target.open().map_err(&refuse)?;
    if let Ok(file) = folder.open(&name) {
        let mut old = Vec::new();
        let read = file.take(content.len() as u64 + 1).read_to_end(&mut old);
        if read.is_ok() && old == content {
            return Ok(());
        }
    }
    let mut temporary = Temporary::new(&folder).map_err(&refuse)?;
    temporary.file.write_all(content).map_err(&refuse)?;
    temporary.replace(&name).map_err(&refuse)
}

fn is_worth_another(fault: &Error) -> bool {
    matches!(fault, Error::Interrupted) || fault.is_transient()
}

/// A name for what an object is to become.
fn mark(key: &str, sha256: &[u8; 32]) -> String {
    let digest = Sha256::new().chain_update(sha256).chain_update(key).finalize();
    data_encoding::HEXLOWER.encode(&digest[..16])
}

/// An object as a row of ranges.
struct Ranges {
    size: u64,
    bytes: u64,
    /// How far fetching may be ahead of hashing.
    ahead: usize,
}

impl Ranges {
    fn count(&self) -> usize {
        usize::try_from(self.size.div_ceil(self.bytes)).unwrap_or(usize::MAX)
    }

    fn bounds(&self, number: usize) -> (u64, u64) {
        let from = number as u64 * self.bytes;
        (from, from.saturating_add(self.bytes).min(self.size))
    }

    /// How many ranges are complete at the beginning of a file of this length, however it came to be cut off:
    /// behind them there may be holes.
    fn surely_had(&self, length: u64) -> usize {
        let written = usize::try_from(length.min(self.size) / self.bytes).unwrap_or(0);
        written.saturating_sub(2 * self.ahead)
    }
}

/// Which ranges are on disk, and how many of them are hashed.
///
/// The number of ranges comes from a record that any member can write, so nothing is allocated by it: fetching is
/// at most `2 * ahead` ranges ahead of hashing, and only those are kept.
struct Progress {
    state: Mutex<State>,
    changed: Condvar,
}

struct State {
    /// The ranges before this one were complete from the start.
    had: usize,
    /// Complete ranges that are not hashed yet.
    complete: BTreeSet<usize>,
    hashed: usize,
}

impl State {
    fn is_complete(&self, number: usize) -> bool {
        number < self.had.max(self.hashed) || self.complete.contains(&number)
    }
}

impl Progress {
    fn new(had: usize) -> Self {
        let state = State { had, complete: BTreeSet::new(), hashed: had };
        Self { state: Mutex::new(state), changed: Condvar::new() }
    }

    fn change(&self, change: impl FnOnce(&mut State)) {
        if let Ok(mut state) = self.state.lock() {
            change(&mut state);
        }
        self.changed.notify_all();
    }

    fn complete(&self, number: usize) {
        self.change(|state| {
            state.complete.insert(number);
        });
    }

    fn note_hashed(&self, number: usize) {
        self.change(|state| {
            state.hashed = state.hashed.max(number + 1);
            state.complete.remove(&number);
        });
    }

    /// Waits for `is_time`, asking in between whether to go on.
    fn wait(
        &self,
        is_time: impl Fn(&State) -> bool,
        check: impl Fn() -> Result<(), Error>,
    ) -> Result<(), Error> {
        loop {
            // The hook may take its time and other locks, so none is held while it is asked.
            check()?;
            let Ok(state) = self.state.lock() else { return Err(Error::Interrupted) };
            let waited = self.changed.wait_timeout_while(state, SLICE, |state| !is_time(state));
            if waited.is_ok_and(|(state, _)| is_time(&state)) {
                return Ok(());
            }
        }
    }

    fn await_turn(&self, number: usize, ahead: usize, run: &Run<'_>) -> Result<(), Error> {
        self.wait(|state| number < state.hashed + 2 * ahead, || run.check())
    }

    fn await_complete(&self, number: usize, stop: &Stop, pulse: &Pulse<'_>) -> Result<(), Error> {
        let check = || if stop.is_set() { Err(Error::Interrupted) } else { pulse.beat() };
        self.wait(|state| state.is_complete(number), check)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn ranges_of_any_size_stay_within_the_object() {
        for size in [1, 8 << 20, (8 << 20) + 1, 1 << 60, u64::MAX] {
            let ranges = Ranges { size, bytes: 8 << 20, ahead: 16 };
            let last = ranges.count() - 1;
            assert_eq!(ranges.bounds(last).1, size);
            assert_eq!(ranges.bounds(0).0, 0);
            assert!(ranges.surely_had(u64::MAX) <= ranges.count());
        }
    }

    #[test]
    fn only_ranges_between_fetching_and_hashing_are_kept() {
        let progress = Progress::new(2);
        for number in 2..5 {
            progress.complete(number);
        }
        progress.note_hashed(2);
        progress.note_hashed(3);
        let state = progress.state.lock().map(|state| {
            let complete = (0..6).map(|number| state.is_complete(number)).collect::<Vec<_>>();
            (complete, state.complete.len())
        });
        assert_eq!(state.ok(), Some((vec![true, true, true, true, true, false], 1)));
    }
}
