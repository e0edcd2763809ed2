"""Environment variables in the syntax of a shell or a file format."""

from __future__ import annotations

import json
import os
import shlex
from collections.abc import Callable, Mapping

from pycolonies._platform import is_windows


def _bash(name: str, value: str) -> str:
    return f"export {name}={shlex.quote(value)}"


def _fish(name: str, value: str) -> str:
    # Between single quotes, fish gives a meaning to \ and ' only.
    quoted = value.replace("\\", "\\\\").replace("'", "\\'")
    return f"set -gx {name} '{quoted}'"


def _powershell(name: str, value: str) -> str:
    return f"$env:{name} = '" + value.replace("'", "''") + "'"


def _dotenv(name: str, value: str) -> str:
    plain = value.isascii() and value.isalnum()
    # Between single quotes, dotenv files give a meaning to \\ and ' only.
    return f"{name}={value}" if plain else f"{name}='" + value.replace("\\", "\\\\").replace("'", "\\'") + "'"


_LINES: dict[str, Callable[[str, str], str]] = {
    "bash": _bash,
    "dotenv": _dotenv,
    "fish": _fish,
    "powershell": _powershell,
}

#: What `--shell` accepts.
SHELLS = ("bash", "dotenv", "fish", "json", "powershell", "zsh")


def exports(variables: Mapping[str, str], shell: str) -> str:
    """Return the text that sets variables.

    Args:
        variables: Their values by name.
        shell: One of `SHELLS`; zsh reads what bash reads.
    """
    if shell == "json":
        return json.dumps(dict(variables), indent=2)
    line = _LINES["bash" if shell == "zsh" else shell]
    return "\n".join(line(name, value) for name, value in variables.items())


def current_shell() -> str:
    """Return the shell that ``SHELL`` names, or PowerShell on Windows; bash if it is another one."""
    if is_windows():
        return "powershell"
    shell = os.path.basename(os.environ.get("SHELL", ""))  # noqa: PTH119 (a name, not a file)
    return shell if shell in SHELLS else "bash"
