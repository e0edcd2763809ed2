"""Write who signs what, from ``signers.json``, into docstrings and ``docs/access.md``: just run this file.

Of a docstring it writes the first sentence of ``prvkey:`` and the first reason of ``PermissionDeniedError:``.
"""

from __future__ import annotations

import ast
import re
import textwrap
from functools import cache
from pathlib import Path

from pycolonies._rpc.signers import Signers, signers_of, table

ROOT = Path(__file__).parents[1]
CALLS = ROOT / "python" / "pycolonies" / "_client"
PAGE = ROOT / "docs" / "access.md"
WIDTH = 110

#: Calls that leave messages to other parts of the package, or send some in rare cases only.
ELSEWHERE = {
    "apply_sync": ("addfilemsg", "getfilemsg", "removefilemsg"),
    "assign": ("assignprocessmsg",),
    "delete_file": ("removefilemsg",),
    "download_data": ("getfilemsg",),
    "download_file": ("getfilemsg",),
    "download_snapshot": ("getsnapshotmsg", "getfilemsg"),
    "follow_process": ("subscribeprocessmsg", "getprocessmsg"),
    "map": ("submitfuncspecmsg", "getprocessmsg", "cancelprocessmsg"),
    "plan_sync": ("getfilesmsg",),
    "sync": ("getfilesmsg", "addfilemsg", "getfilemsg", "removefilemsg"),
    "upload_data": ("addfilemsg",),
    "upload_file": ("addfilemsg",),
    "wait": ("subscribeprocessmsg", "getprocessmsg"),
}

INTRO = """\
# Who signs what

Written by `tools/write_signers.py` from `python/pycolonies/_rpc/signers.json`; do not edit.

Every message is signed, and the key decides what its sender may do. Rights do not add up: the owner of a
colony is no member of it, and the owner of the server has no rights in colonies.
[Terms of Colonies](terms.md) explains the roles. A member is a user, or an executor that the colony's owner
has approved.

The development server is tested to accept these signers and no others; `PermissionDeniedError` and the help
of the command say the same.
"""


def wanted() -> dict[Path, str]:
    """Return the texts of all files that this writes, by their paths."""
    texts = {path: _with_signers(path) for path in sorted(CALLS.glob("*.py"))}
    return {**texts, PAGE: _page()}


@cache
def _methods() -> dict[str, str]:
    """Return the sources of the client's methods by their names."""
    found: dict[str, str] = {}
    for path in sorted(CALLS.glob("*.py")):
        text = path.read_text()
        for node in ast.walk(ast.parse(text)):
            if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef):
                found[node.name] = found.get(node.name, "") + (ast.get_source_segment(text, node) or "")
    return found


@cache
def messages(call: str) -> frozenset[str]:
    """Return the types of the messages that a call sends: itself or, if it sends none, by other calls."""
    if call in ELSEWHERE:
        return frozenset(ELSEWHERE[call])
    source = _methods().get(call, "")
    own = frozenset(re.findall(r'"(\w+msg)"', source))
    others = set(re.findall(r"self\.(\w+)\(", source)) - {call}
    return own or frozenset[str]().union(*(messages(other) for other in others))


def signers(call: str) -> Signers | None:
    """Return who may make a call: send all of its messages. None for calls that send none."""
    found = [known for one in sorted(messages(call)) if (known := signers_of(one)) is not None]
    return min(found, key=lambda group: len(group.callers), default=None)


def _with_signers(path: Path) -> str:
    text = path.read_text()
    for node in ast.walk(ast.parse(text)):
        if not isinstance(node, ast.FunctionDef) or (group := signers(node.name)) is None:
            continue
        docstring = ast.get_docstring(node, clean=False)
        if docstring and not node.name.startswith("_"):
            written = _entry(docstring, "prvkey", r"(?<=\.)(?= |$)", group.key)
            written = _entry(written, "PermissionDeniedError", r"(?=, or )|(?=\.)", group.denied.rstrip("."))
            text = text.replace(docstring, written, 1)
    return text


def _entry(docstring: str, name: str, end: str, first: str) -> str:
    """Return a docstring with another first part, up to the end, in one of its entries."""
    entry = re.compile(rf"^( +){name}: (.*(?:\n\1 +\S.*)*)", re.MULTILINE)

    def replaced(match: re.Match[str]) -> str:
        indent, text = match[1], " ".join(match[2].split())
        rest = re.split(end, text, maxsplit=1)[1]
        return textwrap.fill(
            f"{name}: {first}{rest}",
            WIDTH,
            initial_indent=indent,
            subsequent_indent=f"{indent}    ",
            break_long_words=False,
            break_on_hyphens=False,
        )

    return entry.sub(replaced, docstring) if first else docstring


def _page() -> str:
    lines = [INTRO]
    calls = {call: messages(call) for call in _methods() if not call.startswith("_")}
    for group in table():
        lines += [f"## Signed by {group.who}", "", "| message | calls |", "| --- | --- |"]
        for message in group.messages:
            senders = sorted(call for call, sent in calls.items() if message in sent)
            lines.append(f"| `{message}` | {', '.join(f'`{call}`' for call in senders)} |")
        lines.append("")
    return "\n".join(lines)


if __name__ == "__main__":
    for target, content in wanted().items():
        target.write_text(content)
