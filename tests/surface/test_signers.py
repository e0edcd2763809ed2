"""Who signs what is written once, in `_rpc/signers.json`: docstrings, docs and the command say the same.

The development server is tested with the same table, in `engine/core/access.rs`.
"""

from __future__ import annotations

import ast
import inspect
import re
import textwrap
from collections.abc import Iterator
from pathlib import Path
from typing import TYPE_CHECKING

import pytest
from write_cli_docs import commands
from write_signers import ELSEWHERE, messages, signers, wanted

import pycolonies
from pycolonies import Colonies, PermissionDeniedError
from pycolonies._compat import CallsOf2023
from pycolonies._rpc.signers import Signers, signers_of, table
from pycolonies.cli._commands import Command
from pycolonies.cli._session import Signer

if TYPE_CHECKING:
    import click

PACKAGE = Path(pycolonies.__file__).parent
CALLS = [name for name in dir(Colonies) if not name.startswith("_") and callable(getattr(Colonies, name))]


def test_docstrings_and_the_page_are_written_from_the_table() -> None:
    stale = [path.name for path, text in wanted().items() if path.read_text() != text]
    assert stale == [], "run: python tools/write_signers.py"


def test_the_package_sends_only_messages_of_the_table() -> None:
    sent = {
        found for path in PACKAGE.rglob("*.py") for found in re.findall(r'"([a-z]+msg)"', path.read_text())
    }
    sent.remove("logmsg")  # a parameter
    assert sent - {one for group in table() for one in group.messages} == set()


@pytest.mark.parametrize("call", CALLS)
def test_a_call_with_a_key_has_a_signer_in_its_docstring(call: str) -> None:
    said = re.search(r"^ *prvkey: (.*)", inspect.getdoc(getattr(Colonies, call)) or "", re.MULTILINE)
    group = signers(call)
    if call in vars(CallsOf2023):
        return
    if said is None:
        assert "prvkey" not in inspect.signature(getattr(Colonies, call)).parameters
    elif call not in {"bind", "from_env"}:  # these keep a key for later calls
        assert group is not None
        assert said[1].startswith(group.key)


@pytest.mark.parametrize("call", ELSEWHERE)
def test_calls_that_leave_messages_to_others_exist(call: str) -> None:
    assert call in CALLS


@pytest.mark.parametrize("call", CALLS)
def test_the_signer_of_a_call_may_send_all_of_its_messages(call: str) -> None:
    group = signers(call)
    for message in messages(call):
        known = signers_of(message)
        assert known is not None
        assert group is not None
        assert set(group.callers) <= set(known.callers)


def _calls_of(command: click.Command) -> Iterator[str]:
    """Yield the calls of the client that a command makes in its own function."""
    if command.callback is not None:
        source = textwrap.dedent(inspect.getsource(inspect.unwrap(command.callback)))
        for node in ast.walk(ast.parse(source)):
            if isinstance(node, ast.Attribute) and ast.unparse(node.value) in {"session.client", "client"}:
                yield node.attr


COMMANDS = [pytest.param(" ".join(words), one, id=" ".join(words)) for words, one in commands()]


@pytest.mark.parametrize(("name", "command"), COMMANDS)
def test_a_command_signs_with_the_key_that_its_calls_need(name: str, command: click.Command) -> None:
    if not isinstance(command, Command):
        return
    groups = [group for call in _calls_of(command) if (group := signers(call)) is not None]
    needed = min(groups, key=lambda group: len(group.callers), default=None)
    if needed is not None:
        assert command.signed_by == needed.who, f"{name}: give sends= one of {needed.messages}"
        assert command.signer is Signer.of(needed.messages[0])


@pytest.mark.parametrize("group", [pytest.param(group, id=group.name) for group in table()])
def test_a_refusal_names_who_signs(group: Signers) -> None:
    for message in group.messages:
        refused = PermissionDeniedError("no", 403, message)
        assert refused.signed_by == group.who
        assert group.who in str(refused)


def test_a_refusal_of_an_unknown_message_names_nobody() -> None:
    refused = PermissionDeniedError("no", 403, "newmsg")
    assert refused.signed_by == ""
    assert str(refused) == "no (status 403, answer to newmsg)"
