"""Values nested as deeply as a server reads them are shown by every view, and exactly with --json."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import pytest

from colonies_to_show import fill, views
from commands import Commands
from pycolonies._rpc import deep
from pycolonies.testing import DevServer

#: Levels of the value, as lists and objects in turns; the records around it have a few more.
LEVELS = 9_980


def nested() -> Any:
    """Return a deeply nested value."""
    value: Any = "innermost"
    for level in range(LEVELS):
        value = [value] if level % 2 else {"k": value}
    return value


@pytest.fixture(scope="module")
def filled() -> Iterator[tuple[Commands, dict[str, list[str]], dict[str, str]]]:
    with DevServer() as server:
        made = fill(server, "", value=nested())
        yield Commands(server.environment), views(made), made


def test_every_view_shows_deep_values(
    filled: tuple[Commands, dict[str, list[str]], dict[str, str]],
) -> None:
    cli, lines, _ = filled
    for name, arguments in lines.items():
        done = cli.piped(*arguments, "--json", code=1 if name == "blueprint doctor" else 0)
        assert done.stdout or done.stderr, name
        assert "Traceback" not in done.stderr, (name, done.stderr[-1000:])
        with cli.terminal(*arguments, columns=80) as terminal:
            assert "Traceback" not in terminal.raw(), name


def test_json_has_deep_values_exactly(
    filled: tuple[Commands, dict[str, list[str]], dict[str, str]],
) -> None:
    cli, _, made = filled
    process = deep.loads(cli.piped("process", "get", made["successful"], "--json").stdout)
    for value in (process["spec"]["args"][2], process["out"][2]):
        assert deep.dumps(value) == deep.dumps(nested())
    (listed,) = deep.loads(cli.piped("process", "pss", "--json").stdout)
    assert deep.dumps([listed["spec"], listed["out"]]) == deep.dumps([process["spec"], process["out"]])
