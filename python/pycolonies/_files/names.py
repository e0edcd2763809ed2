"""Rules for names of files and directories, local and recorded.

Names and labels in records are untrusted text. Each is validated here before it becomes part of a path, so
that none leads out of its directory.
"""

from __future__ import annotations

import errno
import os
import unicodedata
from collections.abc import Callable, Collection
from pathlib import Path
from typing import TypeVar

from pycolonies import _checks as checks
from pycolonies._platform import is_windows
from pycolonies._printable import printable
from pycolonies.errors import InvalidRequestError, NotFoundError, UnsafeNameError

#: The file in which the tools of Colonies keep the label of a directory.
LABEL_FILE = ".cfs"
#: Prefix and suffix of partial downloads.
PART = (".colonies-", ".part")

#: What names a file here.
LocalPath = str | os.PathLike[str]

_IS_WINDOWS = is_windows()
_FORBIDDEN_ON_WINDOWS = frozenset('<>:"\\|?*')
_DEVICES = frozenset(
    [
        "CON",
        "PRN",
        "AUX",
        "NUL",
        "CONIN$",
        "CONOUT$",
        *(f"{port}{n}" for port in ("COM", "LPT") for n in "123456789¹²³"),
    ]
)
_LONGEST = 120
#: In bytes of UTF-8, as file systems have it.
_LONGEST_NAME = 255


def is_ours(name: str) -> bool:
    """Whether a name is reserved for label files and partial downloads."""
    return name == LABEL_FILE or (name.startswith(PART[0]) and name.endswith(PART[1]))


def check_name(name: str, *, windows: bool = _IS_WINDOWS) -> str:
    """Return a name if it can be that of one file or directory here.

    Args:
        name: The recorded name.
        windows: Whether to apply the rules of Windows.

    Raises:
        UnsafeNameError: It is empty, ``.`` or ``..``, has a slash or a NUL in it, is no Unicode text, or,
            on Windows, names a drive, a device or a stream, or has characters that are not allowed there.
    """
    if why := _fault_of(name) or (_fault_on_windows(name) if windows else ""):
        raise UnsafeNameError(shown(name), why)
    return name


def check_local(name: str) -> str:
    """Return the name of a local file if it can be recorded.

    Raises:
        UnsafeNameError: It is not valid UTF-8.
    """
    if not _is_unicode(name):
        raise UnsafeNameError(
            shown(name), "it is not UTF-8, which records of files are written in; rename it"
        )
    return name


def check_text(text: str, what: str) -> str:
    """Return a label or a name if it can be sent.

    Raises:
        TypeError: It is not a string.
        UnsafeNameError: It is not Unicode text: it has a lone surrogate.
    """
    checks.kind(what, text, str, "a string")
    if not _is_unicode(text):
        raise UnsafeNameError(shown(text), "it is not Unicode text")
    return text


_Found = TypeVar("_Found")


def uploaded(label: str) -> str:
    """Return a label as files are uploaded under it: with a slash in front and none behind.

    Raises:
        TypeError: It is not a string.
    """
    checks.kind("label", label, str, "a string")
    return "/" + label.strip("/")


def with_label(label: str, find: Callable[[str], list[_Found]]) -> list[_Found]:
    """Look files up by a label: as `uploaded` has it, else as it is written."""
    rooted = uploaded(label)
    if label == rooted:
        return find(label)
    try:
        found = find(rooted)
    except (NotFoundError, InvalidRequestError):
        found = []
    return found or find(label)


def root_label(label: str) -> str:
    """Return the label of a directory as the sync library writes it: with a slash in front, and as it is.

    Raises:
        TypeError: It is not a string.
        UnsafeNameError: It cannot be a label.
    """
    checks.kind("label", label, str, "a string")
    if "\0" in label or not _is_unicode(label):
        raise UnsafeNameError(shown(label), "a label is a text without NUL")
    return label if label.startswith("/") else f"/{label}"


def label_of(root: str, path: str) -> str:
    """Return the label of a directory below the root: ``/data`` and ``a/b`` give ``/data/a/b``."""
    return f"{root}/{path}" if path else root


def path_of(root: str, label: str, *, windows: bool = _IS_WINDOWS) -> str | None:
    """Return the directory of a label, relative to that of the root, or None where it is not below it.

    Raises:
        UnsafeNameError: The label leads somewhere else.
    """
    if label == root:
        return ""
    if not label.startswith(f"{root}/"):
        return None
    parts = [part for part in label[len(root) + 1 :].split("/") if part]
    for part in parts:
        check_name(part, windows=windows)
    return "/".join(parts)


def make_directory(directory: Path) -> None:
    """Create a directory to write to, and its parents.

    Raises:
        NotADirectoryError: The path exists and is not a directory.
        OSError: It cannot be created.
    """
    try:
        directory.mkdir(parents=True, exist_ok=True)
    except (FileExistsError, NotADirectoryError):
        raise NotADirectoryError(
            errno.ENOTDIR, "it is not a directory; choose another one", str(directory)
        ) from None


def paired(here: Collection[str], there: Collection[str]) -> dict[str, str]:
    """Match recorded names to local names.

    Equal names are the same. Of the others those are that differ only in how letters with marks are
    written: some file systems change that on their own. Two candidates for one name are no pair.

    Returns:
        Names here, by names there.
    """
    pairs = {name: name for name in there if name in here}
    left_here, left_there = (_by_form(set(names) - pairs.keys()) for names in (here, there))
    for form, names in left_there.items():
        candidates = left_here.get(form, [])
        if len(names) == len(candidates) == 1:
            pairs[names[0]] = candidates[0]
    return pairs


def shown(text: str) -> str:
    """Return a text on one line, safe to print and not too long."""
    visible = printable(text).replace("\n", "\\n").replace("\t", "\\t")
    return visible if len(visible) <= _LONGEST else f"{visible[: _LONGEST // 2]}…{visible[-_LONGEST // 2 :]}"


def _by_form(names: Collection[str]) -> dict[str, list[str]]:
    found: dict[str, list[str]] = {}
    for name in names:
        found.setdefault(unicodedata.normalize("NFC", name), []).append(name)
    return found


def _fault_of(name: str) -> str:
    if name in {"", ".", ".."}:
        return "it names no file"
    if "/" in name or "\0" in name:
        return "it has a slash or a NUL in it"
    if not _is_unicode(name):
        return "it is not Unicode text"
    if len(name.encode()) > _LONGEST_NAME:
        return f"it is longer than {_LONGEST_NAME} bytes"
    return ""


def _fault_on_windows(name: str) -> str:
    if any(letter in _FORBIDDEN_ON_WINDOWS or letter < " " for letter in name):
        return "it has characters in it that Windows does not allow"
    if name[-1] in ". ":
        return "Windows drops the dot or blank at its end"
    if name.partition(".")[0].rstrip(" ").upper() in _DEVICES:
        return "on Windows it is a device"
    return ""


def _is_unicode(text: str) -> bool:
    try:
        text.encode()
    except UnicodeEncodeError:
        return False
    return True
