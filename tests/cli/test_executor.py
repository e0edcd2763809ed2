"""`pycolonies executor`."""

from __future__ import annotations

import json
import re
import stat
from pathlib import Path

from commands import Commands
from conftest import Colony, Member
from pycolonies import Crypto

crypto = Crypto()


def test_executors_are_added_approved_rejected_and_removed(cli: Commands, tmp_path: Path) -> None:
    prvkey = crypto.prvkey()
    add = ["executor", "add", "--name", "worker", "--type", "cpu", "--executorid", crypto.id(prvkey)]
    added = cli.json(*add, "--location", "here")
    assert added["executorname"] == "worker"
    assert added["state"] == 0
    assert added["locationname"] == "here"
    assert "Error: access denied" in cli.piped("process", "psw", "--prvkey", prvkey, code=4).stderr
    assert "ExecutorName=worker" in cli.piped("executor", "approve", "--name", "worker").stderr
    cli.piped("process", "psw", "--prvkey", prvkey)
    cli.piped("executor", "reject", "--name", "worker")
    assert cli.json("executor", "get", "--name", "worker")["state"] == 2
    cli.piped("executor", "remove", "--name", "worker")
    assert "worker" not in cli.piped("executor", "ls").stdout
    assert "Removed" in cli.piped("executor", "ls", "--all").stdout

    spec = tmp_path / "executor.json"
    spec.write_text(json.dumps({"executorname": "of-a-file", "executortype": "gpu"}))
    by_file = cli.piped(
        "executor", "add", "--spec", str(spec), "--executorid", crypto.id(crypto.prvkey()), "--approve"
    )
    assert "Executor added and approved" in by_file.stderr
    assert cli.json("executor", "get", "--name", "of-a-file")["state"] == 1
    assert "COLONIES_EXECUTOR_TYPE" in cli.piped(*add[:4], *add[6:], code=2).stderr
    assert "the executor has no id" in cli.piped(*add[:-2], code=2).stderr
    not_found = cli.piped("executor", "approve", "--name", "unknown", code=5)
    assert len(not_found.stderr.splitlines()) == 1


def test_a_key_is_made_for_a_new_executor(cli: Commands, colony: Colony, tmp_path: Path) -> None:
    key, identity = tmp_path / "key", tmp_path / "id"
    create = ["executor", "create", "--name", "made", "--type", "cpu", "--approve", "--keypath", str(key)]
    cli.piped(*create, "--idpath", str(identity))
    prvkey = key.read_text().strip()
    assert stat.S_IMODE(key.stat().st_mode) == 0o600
    assert crypto.id(prvkey) == identity.read_text().strip()
    assert colony.client.list_processes(colony.name, 1, 0, prvkey) == []
    assert "a key is never overwritten" in cli.piped(*create, code=2).stderr
    key.unlink()
    cli.piped(*create, "--colonyprvkey", crypto.prvkey(), code=4)
    assert not key.exists()


def test_lists(cli: Commands, colony: Colony, executor: Member) -> None:
    other = colony.executor("gpu", name="other")
    drawn = [[cell.strip() for cell in line.split("│")] for line in cli.drawn("executor", "ls")]
    assert drawn[1][1:-1] == ["ID", "NAME", "TYPE", "LOCATION", "STATE", "LAST HEARD FROM"]
    assert {row[2]: row[3] for row in drawn[3:-1]} == {executor.name: "echo", "other": "gpu"}
    assert [found["executorname"] for found in cli.json("executor", "ls", "--type", "gpu")] == ["other"]
    assert [found["executorid"] for found in cli.json("executor", "ls", "-f", "oth")] == [other.id]
    assert cli.json("executor", "ls", "--location", "nowhere") == []
    colony.client.add_function(colony.name, "other", "add", other.prvkey, args=[{"name": "a"}])
    full = cli.piped("executor", "ls", "--full").stdout
    assert full.count("Executor:") == 2
    assert re.search(r"[0-9a-f]{64} +add +a +0", full)


def test_an_executor_says_what_it_has(cli: Commands, executor: Member, tmp_path: Path) -> None:
    spec = tmp_path / "spec.json"
    spec.write_text(json.dumps({"hardware": [{"model": "laptop", "cores": 4}], "software": [{"name": "py"}]}))
    cli.piped("executor", "update", "--name", executor.name, "--spec", str(spec))
    spec.write_text(json.dumps({"projects": {"alpha": {"allocatedcpu": 3}}}))
    cli.piped("executor", "allocate", "--name", executor.name, "--spec", str(spec))
    shown = cli.piped("executor", "get", "--executorid", executor.id).stdout
    for words in ("Hardware:", "model +laptop", "cores +4", "Software:", "Project alpha:", "allocatedcpu +3"):
        assert re.search(words, shown), words
    assert "give --name or --executorid" in cli.piped("executor", "get", code=2).stderr

    prvkey = crypto.prvkey()
    cli.piped("executor", "chid", "--executorid", crypto.id(prvkey))
    assert cli.json("executor", "get", "--name", executor.name, "--prvkey", prvkey)
    cli.piped("executor", "ls", code=4)


def test_what_executors_do_is_shown(cli: Commands, colony: Colony, executor: Member) -> None:
    processid = colony.submit(executor, "a").processid
    colony.client.assign(colony.name, 10, executor.prvkey)
    shown = re.split(" {2,}", cli.piped("executor", "top", "--once").stdout.splitlines()[1])
    assert shown[:5] == [executor.name, "echo", "Approved", "1", "echo"]
    with cli.terminal("executor", "top", "--watch", "0.1") as terminal:
        terminal.until("│ Approved │ 1 ")
        colony.client.close(processid, [], executor.prvkey)
        terminal.until("│ Approved │ 0 ")
