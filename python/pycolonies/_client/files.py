"""Calls on records of files. Their content is in S3."""

from __future__ import annotations

from pycolonies._client.caller import Caller
from pycolonies._files.names import uploaded
from pycolonies._records import FileLabel, FileSummary, FileVersion
from pycolonies._rpc.defaults import OWN
from pycolonies._rpc.keys import BOTH_GIVEN, Key
from pycolonies.errors import InvalidRequestError, NotFoundError


class FileCalls(Caller):
    """Calls on records of files. Their content is in S3."""

    def get_files(self, label: str, colonyname: str = OWN, prvkey: Key = OWN) -> list[FileSummary]:
        """List the files with a label, each in its newest version.

        Args:
            label: The label; a slash in front may be left out. Labels below it do not count.
            colonyname: Name of the colony.
            prvkey: Private key of a member.

        Raises:
            PermissionDeniedError: The key is no member's.
        """
        endpoint = self._endpoint(prvkey)
        rooted = uploaded(label)
        found = endpoint.call("getfilesmsg", colonyname=colonyname, label=rooted).list_of(FileSummary)
        if found or rooted == label:
            return found
        # Other programs may have stored it otherwise.
        return endpoint.call("getfilesmsg", colonyname=colonyname, label=label).list_of(FileSummary)

    def get_file(
        self,
        colonyname: str = OWN,
        prvkey: Key = OWN,
        label: str | None = None,
        fileid: str | None = None,
        filename: str | None = None,
        latest: bool = True,
    ) -> list[FileVersion]:
        """Return a version of a file by its id, or the versions of a file by label and name.

        Args:
            colonyname: Name of the colony.
            prvkey: Private key of a member.
            label: Label of the file.
            fileid: Id of a version. Then label and name are not needed.
            filename: Name of the file.
            latest: The newest version only; otherwise all of them, the newest first.

        Raises:
            ValueError: Id and name are both given.
            InvalidRequestError: No file has that id.
            NotFoundError: No file has that label and name.
            PermissionDeniedError: The key is no member's.
        """
        if fileid is not None and filename is not None:
            raise ValueError(BOTH_GIVEN)
        endpoint = self._endpoint(prvkey)
        given = {"label": label, "fileid": fileid, "name": filename, "latest": latest}
        fields = {name: value for name, value in given.items() if value is not None}
        if label is not None and uploaded(label) != label:
            try:
                return endpoint.call(
                    "getfilemsg", colonyname=colonyname, **{**fields, "label": uploaded(label)}
                ).list_of(FileVersion)
            except (NotFoundError, InvalidRequestError):
                pass  # other programs may have stored it otherwise
        return endpoint.call("getfilemsg", colonyname=colonyname, **fields).list_of(FileVersion)

    def get_file_labels(
        self, colonyname: str = OWN, prvkey: Key = OWN, name: str = "", exact: bool = False
    ) -> list[FileLabel]:
        """List the labels that files have.

        Args:
            colonyname: Name of the colony.
            prvkey: Private key of a member.
            name: Only labels that begin with this text, in which ``%`` and ``_`` are wildcards.
            exact: Only this label and those below it; no labels if no file has exactly this label.

        Raises:
            PermissionDeniedError: The key is no member's.
        """
        return (
            self._endpoint(prvkey)
            .call("getfilelabelsmsg", colonyname=colonyname, name=name, exact=exact)
            .list_of(FileLabel)
        )
