"""Records of files as a server sends them, and the plan of a synchronisation that is made of them.

    pip install atheris
    python fuzz/python/sync_plans.py -max_total_time=60

Whatever names and labels are recorded, no path of a plan leads out of the directory.
"""

from __future__ import annotations

import os
import sys
from pathlib import Path

import atheris

with atheris.instrument_imports(include=["pycolonies._files"]):
    from pycolonies._files.names import check_name
    from pycolonies._files.plan import RemoteFile, compare, gather
    from pycolonies._files.walk import LocalFile, LocalTree

_DIRECTORY = "/base/directory"
_ROOT = "/data"


def plan(data: bytes) -> None:
    """Make a plan of the records and files that these bytes stand for, one a line."""
    remote, local = [], {}
    for line in data.decode("utf-8", "surrogateescape").split("\n")[:12]:
        label, bar, name = line.partition("|")
        if bar:
            remote.append(RemoteFile(label, name, len(line), "00" * 32))
        elif line and all(part not in ("", ".", "..") for part in line.split("/")) and "\0" not in line:
            local[line] = LocalFile(len(line), "11" * 32)
    folders = {"/".join(path.split("/")[:n]) for path in local for n in range(1, path.count("/") + 1)}
    failures: list[object] = []
    found = gather(_ROOT, folders, remote, failures)  # type: ignore[arg-type]
    made = compare(Path(_DIRECTORY), _ROOT, False, LocalTree(local, folders), found, failures)  # type: ignore[arg-type]
    for file in (*made.downloads, *made.conflicts):
        whole = os.path.normpath(os.path.join(_DIRECTORY, file.path))  # noqa: PTH118 (as text, not as files)
        assert whole.startswith(_DIRECTORY + "/"), file
        assert whole == f"{_DIRECTORY}/{file.path}", file
        if file.local is None:
            for part in file.path.split("/"):
                assert check_name(part) == part
    if len(data) % 64 == 0:  # a table takes a while
        str(made)
    for failure in failures:
        assert "\x1b" not in str(failure)


if __name__ == "__main__":
    atheris.Setup(sys.argv, plan)
    atheris.Fuzz()
