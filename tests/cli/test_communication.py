"""`pycolonies channel`, `log` and `attribute`: what is said about a process that runs."""

from __future__ import annotations

import pytest

from commands import Commands
from conftest import Colony, Member


@pytest.fixture
def processid(colony: Colony, executor: Member) -> str:
    """A process that runs, with a channel."""
    spec = colony.spec("a")
    spec.channels = ["chat"]
    processid = colony.client.submit_func_spec(spec, executor.prvkey).processid
    assert colony.client.assign(colony.name, 10, executor.prvkey).processid == processid
    return processid


def test_channels(cli: Commands, processid: str, executor: Member) -> None:
    chat = ["--processid", processid, "--name", "chat"]
    assert "No messages found" in cli.piped("channel", "read", *chat).stderr
    cli.piped("channel", "append", *chat, "--msg", "hello ☃")
    cli.piped("channel", "append", *chat, "-m", "-", "--inreplyto", "1", "--type", "end", typed="a\nb")
    entries = cli.json("channel", "read", *chat)
    assert [(entry["sequence"], entry.get("inreplyto")) for entry in entries] == [(1, None), (2, 1)]
    shown = cli.piped("channel", "read", *chat, "--after", "1").stdout.splitlines()
    assert len(shown) == 2
    assert shown[1].split()[-1] == "b"
    assert executor.id in shown[1]
    assert [line for line in cli.drawn("channel", "read", *chat, "--count", "1") if "hello ☃" in line]


def test_a_channel_is_followed_until_the_process_ends(
    cli: Commands, colony: Colony, executor: Member, processid: str
) -> None:
    colony.client.channel_append(processid, "chat", 1, "first", executor.prvkey)
    with cli.terminal("channel", "follow", "-p", processid, "--name", "chat") as terminal:
        terminal.until("first")
        colony.client.channel_append(processid, "chat", 2, "second", executor.prvkey)
        terminal.until("second")
        terminal.child.sendintr()
        terminal.end()
        assert terminal.child.exitstatus == 130


def test_logs(cli: Commands, colony: Colony, executor: Member, processid: str) -> None:
    assert "No logs found" in cli.piped("log", "get", "-p", processid).stderr
    cli.piped("log", "add", "-p", processid, "-m", "one ☃")
    colony.client.add_log(processid, "two\n", executor.prvkey)
    assert cli.piped("log", "get", "-p", processid).stdout == "one ☃\ntwo\n"
    assert cli.piped("log", "get", "-p", processid, "--count", "1").stdout == "two\n"
    assert cli.piped("log", "get", "-p", processid, "--count", "1", "--first").stdout == "one ☃\n"
    assert cli.drawn("log", "get", "-p", processid, "--times")[0].endswith(" one ☃")
    cli.piped("log", "add", "-e", executor.name, "-m", "about me")
    assert [entry["message"] for entry in cli.json("log", "get", "-e", executor.name)][-1] == "about me"
    cli.piped("log", "get", code=2)
    cli.piped("log", "add", "-m", "to whom?", code=2)


def test_logs_are_searched(cli: Commands, colony: Colony, executor: Member, processid: str) -> None:
    for message in ("before", "a needle here"):
        colony.client.add_log(processid, message, executor.prvkey)
    assert "No logs with 'nothing' found" in cli.piped("log", "search", "-t", "nothing").stderr
    found = cli.piped("log", "search", "--text", "needle").stdout.splitlines()
    assert len(found) == 2
    assert processid in found[1]
    full = cli.piped("log", "search", "--text", "needle", "--print", "--seconds", "600").stdout
    assert "before" in full
    assert [entry["message"] for entry in cli.json("log", "search", "-t", "needle")] == ["a needle here"]


def test_a_log_is_followed_to_the_end(
    cli: Commands, colony: Colony, executor: Member, processid: str
) -> None:
    colony.client.add_log(processid, "one", executor.prvkey)
    with cli.terminal("log", "get", "--follow", "-p", processid) as terminal:
        terminal.until("one")
        colony.client.add_log(processid, "two", executor.prvkey)
        terminal.until("two")
        colony.client.add_log(processid, "three", executor.prvkey)
        colony.client.close(processid, [], executor.prvkey)
        assert terminal.end() == ["one", "two", "three"]
        assert terminal.child.exitstatus == 0


def test_attributes(cli: Commands, processid: str) -> None:
    added = cli.json("attribute", "add", "-p", processid, "--key", "colour", "--value", "blue")
    assert cli.json("attribute", "get", "--attributeid", added["attributeid"]) == added
    assert "blue" in cli.piped("attribute", "get", "--attributeid", added["attributeid"]).stdout
    done = cli.piped("attribute", "add", "-p", processid, "--key", "size", "--value", "3")
    assert "Attribute added" in done.stderr
    assert "blue" in cli.piped("process", "get", "-p", processid).stdout
