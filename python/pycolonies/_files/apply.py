"""Carries out a synchronisation of a directory and a label."""

from __future__ import annotations

import hashlib
import json
import os
from collections.abc import Callable, Iterable, Iterator, Sequence
from contextlib import suppress
from dataclasses import dataclass, field
from pathlib import Path

from pycolonies import _core
from pycolonies._files import names, walk
from pycolonies._files.parallel import Calls
from pycolonies._files.plan import SyncFile, SyncPlan
from pycolonies._files.progress import Meter
from pycolonies._files.records import Records, expected, new_key
from pycolonies._files.settings import S3Settings, storage
from pycolonies._records import FileVersion
from pycolonies.errors import (
    BucketNotFoundError,
    ColoniesError,
    ConnectError,
    FileChangedError,
    PermissionDeniedError,
    StorageAccessError,
    StorageConnectError,
    TransferError,
    TransferFailure,
)

#: Number of files, and bytes, that the native module gets at once.
_FILES, _BYTES = 256, 1 << 28
#: Where nothing else comes of a whole batch, the next one would fare no better.
_HOPELESS = (
    StorageAccessError,
    StorageConnectError,
    BucketNotFoundError,
    ConnectError,
    PermissionDeniedError,
)
_EMPTY = hashlib.sha256().hexdigest()


@dataclass(frozen=True)
class _Sent:
    """A file whose content is in the store, and that is not recorded yet."""

    file: SyncFile
    key: str
    size: int
    checksum: str


@dataclass
class Transfer:
    """Transfers files between a directory and the store.

    A failure stops no other file: `finish` reports all failures.

    Args:
        directory: The directory.
        records: The files that the server has recorded.
        settings: The store.
        meter: Counts the progress.
    """

    directory: Path
    records: Records
    settings: S3Settings
    meter: Meter
    failures: list[TransferFailure] = field(default_factory=list)
    done: int = 0
    _labelled: set[str] = field(default_factory=set)

    def upload(self, files: Iterable[SyncFile]) -> None:
        """Store files, then record them: what is recorded is there."""
        batches = list(_batches(files, size_here))
        with Calls[_Sent, FileVersion](self._record) as recording:
            for number, batch in enumerate(batches):
                before = len(self.failures)
                recording.begin(self._store(batch))
                fault = self._why_hopeless(before, len(batch)) or self._settle(recording)
                if fault is not None:
                    self._give_up("upload", batches[number + 1 :], fault)
                    break
            self._settle(recording)

    def download(self, files: Iterable[SyncFile], *, label_files: bool = True) -> None:
        """Fetch files. Each appears under its name when it is complete and verified.

        Args:
            files: Those to fetch.
            label_files: Leave a note of the label in each directory, as all tools do.
        """
        batches = list(_batches(files, size_there))
        for number, batch in enumerate(batches):
            before = len(self.failures)
            self._fetch(batch, label_files=label_files)
            fault = self._why_hopeless(before, len(batch))
            if fault is not None:
                self._give_up("download", batches[number + 1 :], fault)
                break

    def finish(self) -> None:
        """Report the failures.

        Raises:
            TransferError: Files failed.
        """
        if self.failures:
            raise TransferError(tuple(self.failures), self.done)

    def _store(self, batch: Sequence[SyncFile]) -> list[_Sent]:
        """Upload contents. Returns the files to record."""
        empty: list[SyncFile] = []
        full: list[SyncFile] = []
        for file in batch:
            try:
                walk.check_unchanged(self.directory / file.path, _local(file))
            except FileChangedError as fault:
                self._fail("upload", file, fault)
                continue
            (full if _local(file).size else empty).append(file)
            self._leave_label(file)
        jobs = [(file, new_key()) for file in full]
        stored = storage(self.settings).put_files(
            [(self.directory / file.path, key) for file, key in jobs], self._moving(full)
        )
        # An empty file is a record without an object, as the tools of Colonies have it.
        sent = [_Sent(file, new_key(), 0, _EMPTY) for file in empty]
        for (file, key), result in zip(jobs, stored, strict=True):
            if isinstance(result, Exception):
                self._fail("upload", file, result)
                continue
            try:
                walk.check_unchanged(self.directory / file.path, _local(file))
            except FileChangedError as fault:
                self._fail("upload", file, fault)
                with suppress(ColoniesError):
                    storage(self.settings).delete(key)
            else:
                self.meter.done(result.size, file.path)
                sent.append(_Sent(file, key, result.size, result.sha256))
        return sent

    def _record(self, sent: _Sent) -> FileVersion:
        file = sent.file
        return self.records.add(self.settings, file.label, file.name, sent.size, sent.checksum, sent.key)

    def _settle(self, recording: Calls[_Sent, FileVersion]) -> Exception | None:
        """Note the results of recording. Returns the failure if it will affect all further files."""
        before = len(self.failures)
        results = recording.results()
        for sent, result in results:
            if isinstance(result, Exception):
                self.failures.append(TransferFailure("record", names.shown(sent.file.path), result))
            else:
                self.done += 1
                if not sent.size:
                    self.meter.done(0, sent.file.path)
        return self._why_hopeless(before, len(results))

    def _fetch(self, batch: Sequence[SyncFile], *, label_files: bool) -> None:
        jobs: list[tuple[SyncFile, tuple[str, str, int | None, str | None]]] = []
        for file in batch:
            try:
                job = self._prepared(file)
            except (OSError, ColoniesError) as fault:
                self._fail("download", file, fault)
                continue
            jobs.append((file, job))
            if label_files:
                self._leave_label(file)
        moving = self._moving([file for file, _ in jobs])
        fetched = storage(self.settings).get_files(self.directory, [job for _, job in jobs], moving)
        for (file, _), result in zip(jobs, fetched, strict=True):
            if isinstance(result, Exception):
                self._fail("download", file, result)
            else:
                self.done += 1
                self.meter.done(result.size, file.path)

    def _prepared(self, file: SyncFile) -> tuple[str, str, int | None, str | None]:
        """Check that a file may be fetched; return its object, its path, and its expected content."""
        remote = file.remote
        assert remote is not None
        size, checksum = expected(remote.size, remote.checksum, verify=self.settings.verify)
        path = self.directory / file.path
        if file.local is not None:
            walk.check_unchanged(path, file.local)
        elif os.path.lexists(path):
            raise FileChangedError(f"{path} has appeared since the plan was made; synchronise again")
        return remote.object, file.path, size, checksum

    def _leave_label(self, file: SyncFile) -> None:
        """Write the label of a directory into it, where the command looks for it. Nothing else needs it."""
        folder = file.path.rpartition("/")[0]
        if folder in self._labelled:
            return
        self._labelled.add(folder)
        text = json.dumps({"label": file.label}, ensure_ascii=False, separators=(",", ":"))
        with suppress(OSError):
            path = f"{folder}/{names.LABEL_FILE}" if folder else names.LABEL_FILE
            _core.write_file(self.directory, path, text.encode())

    def _moving(self, files: Sequence[SyncFile]) -> Callable[[int], None]:
        name = files[-1].path if files else ""
        return lambda moved: self.meter.moving(moved, name)

    def _fail(self, action: str, file: SyncFile, fault: Exception) -> None:
        self.failures.append(TransferFailure(action, names.shown(file.path), fault))
        self.meter.done(size_here(file) if action == "upload" else size_there(file), file.path)

    def _why_hopeless(self, before: int, count: int) -> Exception | None:
        """Return why all of `count` files failed, if the reason is independent of the files."""
        errors = [failure.error for failure in self.failures[before:]]
        is_hopeless = 0 < count <= len(errors) and all(isinstance(error, _HOPELESS) for error in errors)
        return errors[0] if is_hopeless else None

    def _give_up(self, action: str, batches: Iterable[Sequence[SyncFile]], fault: Exception) -> None:
        for batch in batches:
            for file in batch:
                self._fail(action, file, fault)


def apply(plan: SyncPlan, transfer: Transfer) -> None:
    """Carry out a plan.

    Raises:
        TransferError: Some files failed. All others were transferred.
    """
    transfer.failures.extend(plan.failures)
    transfer.upload(plan.outgoing)
    transfer.download(plan.incoming)
    transfer.finish()


def size_here(file: SyncFile) -> int:
    """Return the size of what is uploaded."""
    return file.local.size if file.local else 0


def size_there(file: SyncFile) -> int:
    """Return the size of what is downloaded; a record may say anything."""
    return max(file.remote.size, 0) if file.remote else 0


def _local(file: SyncFile) -> walk.LocalFile:
    assert file.local is not None
    return file.local


def _batches(files: Iterable[SyncFile], size: Callable[[SyncFile], int]) -> Iterator[list[SyncFile]]:
    """Yield files of like size together: a large one uses all connections for itself."""
    batch: list[SyncFile] = []
    total = 0
    for file in sorted(files, key=size):
        if batch and (len(batch) == _FILES or total + size(file) > _BYTES):
            yield batch
            batch, total = [], 0
        batch.append(file)
        total += size(file)
    if batch:
        yield batch
