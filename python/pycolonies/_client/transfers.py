"""Calls that move the content of files between this machine and the colony's S3 store."""

from __future__ import annotations

import os
from pathlib import Path
from typing import TYPE_CHECKING

from pycolonies import _checks as checks
from pycolonies._client.files import FileCalls
from pycolonies._files.names import LocalPath
from pycolonies._records import FileVersion
from pycolonies._rpc.defaults import OWN, REQUIRED
from pycolonies._rpc.endpoint import require
from pycolonies._rpc.keys import BOTH_GIVEN, Key

if TYPE_CHECKING:
    from pycolonies._files.plan import SyncPlan
    from pycolonies._files.progress import Tell
    from pycolonies._files.records import Records
    from pycolonies._files.settings import S3Settings


class TransferCalls(FileCalls):
    """Calls that move the content of files.

    The store is that of ``Colonies(..., s3=S3Settings(...))``, else that of the ``AWS_S3_...`` variables.
    Storing raises `StorageError` and its kinds; reading and writing here `OSError`.
    """

    def upload_file(
        self,
        colonyname: str = OWN,
        prvkey: Key = OWN,
        filepath: LocalPath | None = None,
        label: str | None = None,
        *,
        on_progress: Tell | None = None,
        progress: bool = False,
    ) -> FileVersion:
        """Store a file, and record it under a label and its own base name.

        An existing file of that label and name gets a new version. The content is stored before it is
        recorded; if the server refuses the record, the content is removed again.

        Args:
            colonyname: Name of the colony.
            prvkey: Private key of a member.
            filepath: The file.
            label: The label: a path with slashes, as in ``/data/images``.
            on_progress: Called with each `Progress`, also while it moves. What it raises ends the upload.
            progress: Draw a progress bar, if standard error is a terminal.

        Returns:
            The recorded version.

        Raises:
            ConfigurationError: The store's settings are incomplete. Nothing was sent.
            FileChangedError: The file changed while it was uploaded.
            StorageError: It could not be stored.
            PermissionDeniedError: The key is no member's.
            OSError: The file cannot be read.
        """
        from pycolonies._files import single

        _require(filepath=filepath, label=label)
        assert filepath is not None
        assert label is not None
        return single.upload_file(
            self._records_of(colonyname, prvkey),
            self._store,
            Path(filepath),
            label,
            on_progress,
            progress,
        )

    def upload_data(
        self,
        colonyname: str = OWN,
        prvkey: Key = OWN,
        filename: str | None = None,
        data: bytes | None = None,
        label: str | None = None,
    ) -> FileVersion:
        """Store bytes as a file; see `upload_file`.

        Args:
            colonyname: Name of the colony.
            prvkey: Private key of a member.
            filename: The file's name; of a path the last part.
            data: Its content.
            label: Its label.

        Returns:
            The recorded version.

        Raises:
            ConfigurationError: The store's settings are incomplete. Nothing was sent.
            StorageError: It could not be stored.
            PermissionDeniedError: The key is no member's.
        """
        from pycolonies._files import single

        _require(filename=filename, data=data, label=label)
        checks.kind("filename", filename, (str, os.PathLike), "a string")
        checks.kind("data", data, (bytes, bytearray, memoryview), "bytes")
        assert filename is not None
        assert data is not None
        assert label is not None
        return single.upload_data(
            self._records_of(colonyname, prvkey),
            self._store,
            os.path.basename(filename),  # noqa: PTH119 (as 1.x does it)
            bytes(data),
            label,
        )

    def download_file(
        self,
        colonyname: str = OWN,
        prvkey: Key = OWN,
        dst: LocalPath | None = None,
        label: str | None = None,
        fileid: str | None = None,
        filename: str | None = None,
        latest: bool = True,
        *,
        on_progress: Tell | None = None,
        progress: bool = False,
    ) -> str:
        """Download a file into a directory, under its recorded name.

        It appears when it is complete and its checksum is right, and replaces an existing file.

        Args:
            colonyname: Name of the colony.
            prvkey: Private key of a member.
            dst: The directory. It is created if it does not exist.
            label: Label of the file.
            fileid: Id of a version. Then label and name are not needed.
            filename: Name of the file.
            latest: Kept for programs written for 1.x: the newest version is fetched in any case.
            on_progress: Called with each `Progress`. What it raises ends the download.
            progress: Draw a progress bar, if standard error is a terminal.

        Returns:
            The absolute path of the file.

        Raises:
            ValueError: Id and name are both given, or neither.
            UnsafeNameError: The recorded name would lead out of the directory.
            NotFoundError: No file has that label and name.
            InvalidRequestError: No file has that id.
            ChecksumMismatchError: The content differs from the record. Nothing was written.
            StorageError: It could not be fetched.
            OSError: It cannot be written.
        """
        from pycolonies._files import single

        if fileid is not None and filename is not None:
            raise ValueError(BOTH_GIVEN)
        _require(dst=dst)
        assert dst is not None
        records = self._records_of(colonyname, prvkey)
        version = single.find(self._store, records, label, fileid, filename, latest=latest)
        return str(single.download_file(self._store, Path(dst).absolute(), version, on_progress, progress))

    def download_data(
        self,
        colonyname: str = OWN,
        prvkey: Key = OWN,
        label: str | None = None,
        fileid: str | None = None,
        filename: str | None = None,
        latest: bool = True,
    ) -> bytes:
        """Download the content of a file into memory; see `download_file`.

        Args:
            colonyname: Name of the colony.
            prvkey: Private key of a member.
            label: Label of the file.
            fileid: Id of a version. Then label and name are not needed.
            filename: Name of the file.
            latest: Kept for programs written for 1.x: the newest version is fetched in any case.

        Raises:
            ValueError: Id and name are both given, or neither.
            NotFoundError: No file has that label and name.
            InvalidRequestError: No file has that id.
            ChecksumMismatchError: The content differs from the record.
            StorageError: It could not be fetched.
        """
        from pycolonies._files import single

        records = self._records_of(colonyname, prvkey)
        return single.download_data(
            self._store, single.find(self._store, records, label, fileid, filename, latest=latest)
        )

    def delete_file(
        self,
        colonyname: str = OWN,
        prvkey: Key = OWN,
        label: str | None = None,
        fileid: str | None = None,
        filename: str | None = None,
    ) -> None:
        """Remove a version of a file by its id, or all versions of a file by label and name.

        The record is removed first, then the content, so no record lacks its content. If removing the content
        fails, it stays without a record, and the error says so.

        Args:
            colonyname: Name of the colony.
            prvkey: Private key of a member.
            label: Label of the file.
            fileid: Id of a version. Then label and name are not needed.
            filename: Name of the file.

        Raises:
            ValueError: Id and name are both given, or neither.
            NotFoundError: No file has that label and name.
            InvalidRequestError: No file has that id.
            StorageError: The content could not be removed.
        """
        from pycolonies._files import single

        records = self._records_of(colonyname, prvkey)
        single.delete(self._store, records, label, fileid, filename)

    def sync(
        self,
        dir: LocalPath,  # noqa: A002 (the name in 1.x)
        label: str,
        keeplocal: bool,
        colonyname: str = OWN,
        prvkey: Key = OWN,
        *,
        on_progress: Tell | None = None,
        progress: bool = False,
    ) -> SyncPlan:
        """Synchronise a directory and a label, with the directories and labels below them.

        Files that exist on one side only are copied to the other; nothing is deleted. Files are compared by
        their checksums. A failure of one file does not stop the others.

        Args:
            dir: The directory.
            label: Its label. A missing leading slash is added.
            keeplocal: Which side stays if both have a file with different content: True uploads a new
                version, False overwrites the local file.
            colonyname: Name of the colony.
            prvkey: Private key of a member.
            on_progress: Called with each `Progress`. What it raises ends the synchronisation.
            progress: Draw a progress bar, if standard error is a terminal.

        Returns:
            The plan that was carried out.

        Raises:
            ConfigurationError: The store's settings are incomplete. Nothing was sent.
            TransferError: Some files failed or changed meanwhile; all others were transferred.
            OSError: The directory cannot be read.
        """
        plan = self.plan_sync(dir, label, keeplocal, colonyname, prvkey)
        self.apply_sync(plan, colonyname, prvkey, on_progress=on_progress, progress=progress)
        return plan

    def plan_sync(
        self,
        dir: LocalPath,  # noqa: A002 (the name in 1.x)
        label: str,
        keeplocal: bool,
        colonyname: str = OWN,
        prvkey: Key = OWN,
    ) -> SyncPlan:
        """Return what `sync` would do, without doing it.

        Args:
            dir: The directory.
            label: Its label.
            keeplocal: Which side of a conflict would stay.
            colonyname: Name of the colony.
            prvkey: Private key of a member.

        Returns:
            The plan. ``print`` shows it as a table; `SyncPlan.apply` carries it out.

        Raises:
            ConfigurationError: The store's settings are incomplete. Nothing was sent.
            OSError: The directory cannot be read.
            PermissionDeniedError: The key is no member's.
        """
        from pycolonies._files import synchronise

        records = self._records_of(colonyname, prvkey)
        return synchronise.plan(records, self._store, Path(dir).absolute(), label, keeplocal)

    def apply_sync(
        self,
        plan: SyncPlan,
        colonyname: str = OWN,
        prvkey: Key = OWN,
        *,
        on_progress: Tell | None = None,
        progress: bool = False,
    ) -> None:
        """Carry out a plan.

        Local files that have changed since are left unchanged, and reported as failures.

        Args:
            plan: The plan.
            colonyname: Name of the colony.
            prvkey: Private key of a member.
            on_progress: Called with each `Progress`. What it raises ends it.
            progress: Draw a progress bar, if standard error is a terminal.

        Raises:
            TransferError: Some files failed or have changed; all others were transferred.
        """
        from pycolonies._files import synchronise

        records = self._records_of(colonyname, prvkey)
        synchronise.carry_out(records, self._store, plan, on_progress=on_progress, progress=progress)

    def download_snapshot(
        self,
        colonyname: str = OWN,
        prvkey: Key = OWN,
        dst: LocalPath = REQUIRED,
        *,
        name: str | None = None,
        snapshotid: str | None = None,
        on_progress: Tell | None = None,
        progress: bool = False,
    ) -> str:
        """Download the files of a snapshot to a directory, as they were when it was created.

        Existing files with the right content stay, others of the same names are replaced, and further files
        are left unchanged.

        Args:
            colonyname: Name of the colony.
            prvkey: Private key of a member.
            dst: The directory. It is created if it does not exist.
            name: Name of the snapshot.
            snapshotid: Its id, instead of the name.
            on_progress: Called with each `Progress`. What it raises ends it.
            progress: Draw a progress bar, if standard error is a terminal.

        Returns:
            The absolute path of the directory.

        Raises:
            ValueError: Neither name nor id is given.
            ServerError: There is no such snapshot (status 500).
            TransferError: Some files failed, or were removed since; all others were downloaded.
        """
        from pycolonies._files import snapshots

        require(dst=dst)
        directory = Path(dst).absolute()
        records = self._records_of(colonyname, prvkey)
        snapshot = records.snapshot(name=name, snapshotid=snapshotid)
        snapshots.lay_out(
            records, self._store, snapshot, directory, on_progress=on_progress, progress=progress
        )
        return str(directory)

    @property
    def _store(self) -> S3Settings | None:
        return self.endpoint.s3

    def _records_of(self, colonyname: str, prvkey: Key) -> Records:
        from pycolonies._files.records import Records

        endpoint = self._endpoint(prvkey)
        return Records(endpoint.bind(colonyname=endpoint.colony(colonyname)))


def _require(**arguments: object) -> None:
    """Refuse missing arguments whose default is None, as in 1.x."""
    for name, value in arguments.items():
        if value is None:
            raise ValueError(f"{name} is missing")
