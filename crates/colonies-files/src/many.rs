//! Many transfers at the same time.

use std::collections::HashSet;
use std::path::{Path, PathBuf};
use std::sync::Mutex;
use std::thread;

use sha2::{Digest, Sha256};

use crate::error::Error;
use crate::folder::Target;
use crate::get::Expected;
use crate::put::walk;
use crate::run::Run;
use crate::source::Source;
use crate::storage::{Storage, Stored};

impl Storage {
    /// Stores many files. One that fails stops no other; an interrupt stops all.
    ///
    /// # Errors
    /// [`Error::Interrupted`].
    pub fn put_files(
        &self,
        files: &[(PathBuf, String)],
        run: &Run<'_>,
    ) -> Result<Vec<Result<Stored, Error>>, Error> {
        let is_large = |number: usize| {
            files[number].0.metadata().is_ok_and(|found| found.len() > 2 * self.settings.part_bytes)
        };
        self.many(files.len(), is_large, run, |number, run| {
            let (path, key) = &files[number];
            self.put_file(path, key, run)
        })
    }

    /// Fetches many files. One that fails stops no other; an interrupt stops all.
    ///
    /// # Errors
    /// [`Error::Interrupted`].
    pub fn get_files(
        &self,
        files: &[(String, Target, Expected)],
        run: &Run<'_>,
    ) -> Result<Vec<Result<Stored, Error>>, Error> {
        let swept = Mutex::new(HashSet::new());
        let is_large =
            |number: usize| files[number].2.size.is_some_and(|size| size > 2 * self.settings.part_bytes);
        self.many(files.len(), is_large, run, |number, run| {
            let (key, target, expected) = &files[number];
            let directory = target.shown().parent().map(Path::to_owned);
            self.get_file_beside(key, target, expected, run, &mut |folder| {
                let is_first = swept.lock().is_ok_and(|mut swept| swept.insert(directory.clone()));
                if is_first {
                    folder.sweep();
                }
            })
        })
    }

    /// Small files at the same time, then large ones one by one, as each of them uses all connections.
    fn many(
        &self,
        count: usize,
        is_large: impl Fn(usize) -> bool,
        run: &Run<'_>,
        transfer: impl Fn(usize, &Run<'_>) -> Result<Stored, Error> + Sync,
    ) -> Result<Vec<Result<Stored, Error>>, Error> {
        let (large, small): (Vec<usize>, Vec<usize>) = (0..count).partition(|number| is_large(*number));
        let mut results = each(self.settings.parallel, &small, count, run, &transfer)?;
        for number in large {
            match transfer(number, run) {
                Err(Error::Interrupted) => return Err(Error::Interrupted),
                result => results[number] = Some(result),
            }
        }
        Ok(results.into_iter().flatten().collect())
    }
}

/// Does the chosen ones of `count` tasks in parallel.
fn each<T: Send>(
    threads: usize,
    chosen: &[usize],
    count: usize,
    run: &Run<'_>,
    task: impl Fn(usize, &Run<'_>) -> Result<T, Error> + Sync,
) -> Result<Vec<Option<Result<T, Error>>>, Error> {
    let results: Mutex<Vec<Option<Result<T, Error>>>> = Mutex::new((0..count).map(|_| None).collect());
    let work = |place: usize, run: &Run<'_>| match task(chosen[place], run) {
        Err(Error::Interrupted) => Err(Error::Interrupted),
        result => {
            if let Ok(mut results) = results.lock() {
                results[chosen[place]] = Some(result);
            }
            Ok(())
        }
    };
    run.crew(threads, chosen.len(), work, |_| Ok(()))?;
    Ok(results.into_inner().unwrap_or_default())
}

/// Sizes and checksums of many files, made on all processors.
///
/// # Errors
/// [`Error::Interrupted`]. What is wrong with a single file stands in its place.
pub fn hash_files(paths: &[PathBuf], run: &Run<'_>) -> Result<Vec<Result<Stored, Error>>, Error> {
    let threads = thread::available_parallelism().map_or(1, usize::from);
    let all: Vec<usize> = (0..paths.len()).collect();
    let results = each(threads, &all, paths.len(), run, |number, run| hash_file(&paths[number], run))?;
    Ok(results.into_iter().flatten().collect())
}

fn hash_file(path: &Path, run: &Run<'_>) -> Result<Stored, Error> {
    let source = Source::open(path)?;
    let mut hash = Sha256::new();
    walk(&source, 0, source.size(), run, |bytes| {
        hash.update(bytes);
        Ok(())
    })?;
    source.check_unchanged()?;
    Ok(Stored { size: source.size(), sha256: hash.finalize().into() })
}
