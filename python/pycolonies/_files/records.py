"""The files that the server has recorded, for transfers."""

from __future__ import annotations

import secrets
from contextlib import suppress
from typing import TYPE_CHECKING, Any

from pycolonies._files import names
from pycolonies._files.parallel import side_by_side
from pycolonies._files.plan import RemoteFile
from pycolonies._files.settings import S3Settings, storage
from pycolonies._records import FileLabel, FileSummary, FileVersion, Snapshot
from pycolonies.errors import ChecksumMissingError, ColoniesError, InvalidRequestError, TransportError

if TYPE_CHECKING:
    from pycolonies._rpc.endpoint import Endpoint
    from pycolonies._rpc.reply import Reply

_DIGITS = 64
_WILDCARDS = str.maketrans({"\\": "\\\\", "%": "\\%", "_": "\\_"})


class Records:
    """The files of a colony, as the server has recorded them.

    Args:
        endpoint: The server, with the colony, and the private key of a member.
    """

    def __init__(self, endpoint: Endpoint) -> None:
        self._endpoint = endpoint
        self.colonyname = endpoint.colony()

    def below(self, root: str) -> list[RemoteFile]:
        """List the newest versions of all files with a label, and with the labels below it."""
        # An exact search finds nothing where no file has just this label.
        pattern = root.translate(_WILDCARDS)
        found = self._call("getfilelabelsmsg", name=pattern, exact=False).list_of(FileLabel)
        labels = sorted({label["name"] for label in found})
        wanted = [label for label in labels if label == root or label.startswith(f"{root}/")]
        files: list[RemoteFile] = []
        for label, listed in side_by_side(self._listed, wanted):
            if isinstance(listed, Exception):
                raise listed
            files += [
                RemoteFile(
                    label,
                    file.get("name") or "",
                    file.get("size") or 0,
                    file.get("checksum") or "",
                    file.get("s3filename") or "",
                )
                for file in listed
            ]
        return files

    def versions(
        self,
        *,
        fileid: str | None = None,
        label: str | None = None,
        name: str | None = None,
        latest: bool = True,
    ) -> list[FileVersion]:
        """Return versions of a file, the newest first.

        Raises:
            NotFoundError: There are no versions.
            InvalidRequestError: No version has that id.
            ValueError: Neither an id nor label and name are given.
        """
        if not fileid and not (label and name):
            raise ValueError("either fileid, or label and filename must be given")
        for what, text in (("fileid", fileid), ("label", label), ("filename", name)):
            names.check_text(text or "", what)

        def find(label: str | None) -> list[FileVersion]:
            given = {"label": label, "fileid": fileid, "name": name, "latest": latest}
            fields = {name: value for name, value in given.items() if value is not None}
            return self._call("getfilemsg", **fields).list_of(FileVersion)

        return names.with_label(label, find) if label else find(label)

    def snapshot(self, *, name: str | None = None, snapshotid: str | None = None) -> Snapshot:
        """Return a snapshot."""
        if not (name or snapshotid):
            raise ValueError("either name or snapshotid must be given")
        fields = {"snapshotid": snapshotid} if snapshotid else {"name": name}
        return self._call("getsnapshotmsg", **fields).to(Snapshot)

    def add(
        self, settings: S3Settings, label: str, name: str, size: int, checksum: str, key: str
    ) -> FileVersion:
        """Record a version of a file whose content is in the store.

        Where the server certainly has not recorded it, the object is removed again. Where that is in doubt,
        the server is asked; an object without a record does no harm, a record without its object does.

        Args:
            settings: The store.
            label: The file's label.
            name: Its name.
            size: In bytes.
            checksum: SHA-256 as hexadecimal digits.
            key: Key of the object.

        Raises:
            ColoniesError: It was not recorded.
        """
        host, port, tls = settings.place()
        place = {"server": host, "port": port, "tls": tls, "region": settings.region}
        unused = dict.fromkeys(("accesskey", "secretkey", "encryptionkey", "encryptionalg"), "")
        described = {
            "fileid": "",
            "colonyname": self.colonyname,
            "label": label,
            "name": name,
            "size": size,
            "sequencenr": 1,
            "checksum": checksum,
            "checksumalg": "SHA256",
            "ref": {
                "protocol": "s3",
                "s3object": {**place, **unused, "object": key, "bucket": settings.bucket},
            },
        }
        try:
            added: FileVersion | None = self._endpoint.call("addfilemsg", file=described).value()
        except TransportError as fault:
            if fault.may_have_been_processed:
                if found := self._recorded(label, name, key):
                    return found
                raise
            self._forget(settings, key)
            raise
        except ColoniesError:
            self._forget(settings, key)
            raise
        if added is None:
            self._forget(settings, key)
            raise InvalidRequestError(
                f"the server's database does not take {names.shown(name)!r} under {names.shown(label)!r}",
                400,
                "addfilemsg",
            )
        return added

    def remove(self, version: FileVersion) -> None:
        """Remove the record of a version. Its object stays."""
        self._call("removefilemsg", fileid=version["fileid"], label="", name="")

    def _call(self, msgtype: str, **fields: Any) -> Reply:
        return self._endpoint.call(msgtype, colonyname=self.colonyname, **fields)

    def _listed(self, label: str) -> list[FileSummary]:
        return self._call("getfilesmsg", label=label).list_of(FileSummary)

    def _recorded(self, label: str, name: str, key: str) -> FileVersion | None:
        try:
            versions = self.versions(label=label, name=name, latest=False)
        except ColoniesError:
            return None
        return next((version for version in versions if object_of(version) == key), None)

    @staticmethod
    def _forget(settings: S3Settings, key: str) -> None:
        with suppress(ColoniesError):  # the reason why the file was not recorded matters more
            storage(settings).delete(key)


def new_key() -> str:
    """Return a key for an object: 64 random hexadecimal digits, as all tools use."""
    return secrets.token_hex(_DIGITS // 2)


def object_of(version: FileVersion) -> str:
    """Return the key of the object that is a version's content."""
    return (version.get("ref") or {}).get("s3object", {}).get("object") or ""


def expected(
    size: int, checksum: str, algorithm: str = "SHA256", *, verify: bool = True
) -> tuple[int | None, str | None]:
    """Return the size and SHA-256 that a content must have, by its record.

    Args:
        size: The recorded size in bytes.
        checksum: The recorded checksum.
        algorithm: What it was made with.
        verify: Whether a record without a SHA-256 is refused.

    Raises:
        InvalidRequestError: The size is impossible.
        ChecksumMissingError: The record has no SHA-256, and `verify` is true.
    """
    if not isinstance(size, int) or not 0 <= size < 1 << 63:
        raise InvalidRequestError(
            f"the recorded size must be between 0 and 2**63 - 1, got {names.shown(str(size))}",
            400,
            "getfilemsg",
        )
    is_sha256 = algorithm.upper().replace("-", "") in {"SHA256", ""} and len(checksum) == _DIGITS
    if is_sha256 and all(digit in "0123456789abcdefABCDEF" for digit in checksum):
        return size, checksum.lower()
    if verify and (size or checksum):  # nothing of an empty file can be wrong
        raise ChecksumMissingError(
            f"the record has no SHA-256 to check the content with, but {names.shown(checksum)!r}; upload the "
            "file again, or read it unchecked with S3Settings(verify=False)"
        )
    return size, None
