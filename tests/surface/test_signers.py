"""Who signs a call: docstrings and the command say what `tests/data/access.json` says of the messages.

The development server is tested with the same table.
"""

from __future__ import annotations

import inspect
import json
import re
from collections.abc import Iterator
from pathlib import Path

import click
import pytest

from pycolonies import Colonies
from pycolonies.cli import main
from pycolonies.cli._commands import Command
from pycolonies.cli._session import Signer

#: How a docstring names the key, by those who may send the message.
OWNER, SERVER_OWNER = frozenset({"owner"}), frozenset({"server"})
MEMBER = r"Private key of a member\b(?!, or)"
KEYS = {
    OWNER: r"The (colony owner's|present owner's) private key",
    SERVER_OWNER: r"The (present )?server owner's private key",
    frozenset({"executor"}): r"(The executor's private key|Private key of the executor)",
    frozenset({"executor", "colleague"}): r"(The executor's private key|Private key of an executor)",
    frozenset({"executor", "user"}): "Private key of who submitted the process, or of the executor",
    frozenset({"user"}): "The user's present private key",
    frozenset({"executor", "colleague", "user"}): MEMBER,
    frozenset({"executor", "colleague", "user", "owner"}): "Private key of a member, or of the colony owner",
}
#: Servers let these also look around, and change their own id.
FORMER = {"pending", "rejected", "removed executor"}
FORMER_EXECUTOR = "The executor's present private key"

ALLOWED: dict[str, set[str]] = {}
for _case in json.loads((Path(__file__).parents[1] / "data" / "access.json").read_text()):
    ALLOWED.setdefault(_case["msgtype"], set()).update(_case["allowed"])


def allowed(call: str) -> frozenset[str] | None:
    """Return who may make a call of the client; None for calls that send no message themselves."""
    function = inspect.unwrap(getattr(Colonies, call))
    messages = re.findall(r'"(\w+msg)"', inspect.getsource(function)) if inspect.isfunction(function) else []
    return frozenset(set.intersection(*(ALLOWED[name] for name in messages))) if messages else None


CALLS = [call for call in dir(Colonies) if not call.startswith("_") and allowed(call)]


@pytest.mark.parametrize("call", CALLS)
def test_the_docstring_names_the_key_that_servers_accept(call: str) -> None:
    said = re.search(r"prvkey: (.*(?:\n {8,}.*)*)", inspect.getdoc(getattr(Colonies, call)) or "")
    who = allowed(call)
    if said is None:  # a call that needs no key
        assert "stranger" in (who or ())
        return
    expected = KEYS[frozenset((who or frozenset()) - FORMER)]
    if call == "change_executor_id":
        expected = FORMER_EXECUTOR
    assert re.match(expected, said[1]), said[1]


def commands(group: click.Command, path: str = "") -> Iterator[tuple[str, Command]]:
    """Yield every command with its name."""
    if isinstance(group, click.Group):
        with click.Context(group) as context:
            for name in group.list_commands(context):
                found = group.get_command(context, name)
                assert found is not None
                yield from commands(found, f"{path} {name}".strip())
    elif isinstance(group, Command):
        yield path, group


@pytest.mark.parametrize(("name", "command"), [pytest.param(*found, id=found[0]) for found in commands(main)])
def test_the_command_signs_with_a_key_that_servers_accept(name: str, command: Command) -> None:
    source = inspect.getsource(inspect.unwrap(command.callback)) if command.callback else ""
    for call in set(re.findall(r"session\.client\.(\w+)\(", source)) & set(CALLS):
        who = allowed(call) or frozenset()
        signers = {
            Signer.COLONY_OWNER: "owner" in who,
            Signer.SERVER_OWNER: "server" in who,
            Signer.MEMBER: bool({"user", "executor"} & who),
            Signer.ANYBODY: "stranger" in who,
        }
        assert signers[command.signer] or "stranger" in who, f"{name} makes {call} as {command.signer}"
