"""`pycolonies process`."""

from __future__ import annotations

from commands import Commands
from conftest import Colony, Member


def test_lists_of_each_state(cli: Commands, colony: Colony, executor: Member) -> None:
    first = colony.submit(executor, "helloworld").processid
    cells = [first, "echo", "helloworld", moment(cli, first, "submissiontime"), "echo"]
    assert [cell.strip() for cell in cli.drawn("process", "psw")[3].split("│")[1:-1]] == cells
    heads, row = cli.piped("process", "psw", "--wide").stdout.splitlines()
    assert heads.split("  ")[0] == "ID"
    assert row.split()[0] == first
    assert executor.name in row
    assert [found["processid"] for found in cli.json("process", "psw")] == [first]


def moment(cli: Commands, processid: str, field: str) -> str:
    """A time of a process as it is shown."""
    lines = cli.piped("process", "get", "-p", processid).stdout.splitlines()
    return next(line for line in lines if line.lower().startswith(field)).split(maxsplit=1)[1]


def test_cancel(cli: Commands, colony: Colony, executor: Member) -> None:
    processid = colony.submit(executor, "a").processid
    done = cli.piped("process", "cancel", "--processid", processid)
    assert done.stderr.split()[1:] == ["Process", "cancelled", f"ProcessID={processid}"]
    assert processid in cli.piped("process", "psc").stdout
    gone = cli.piped("process", "cancel", "-p", "0" * 64, code=5)
    assert "has no such thing" in gone.stderr


def test_watched_lists_change(cli: Commands, colony: Colony, executor: Member) -> None:
    with cli.terminal("process", "psw", "--watch", "0.1") as terminal:
        terminal.until("No waiting processes found")
        processid = colony.submit(executor, "a").processid
        terminal.until(processid)
        colony.client.cancel_process(processid, executor.prvkey)
        terminal.until("No waiting processes found")
