"""`pycolonies colony`, `user`, `location`, `server`, `security` and `config`."""

from __future__ import annotations

import json
from collections.abc import Iterator

import pytest

from commands import Commands
from conftest import Colony, crypto
from pycolonies.testing import DevServer


@pytest.fixture
def own_server(cli: Commands) -> Iterator[DevServer]:
    """A server that a test may change for good."""
    with DevServer() as server:
        cli.environment |= server.environment
        yield server


def _cells(line: str) -> list[str]:
    return [cell.strip() for cell in line.split("│")[1:-1]]


def test_colonies_are_added_and_removed(cli: Commands) -> None:
    colonyid = crypto.id(crypto.prvkey())
    done = cli.piped("colony", "add", "--name", "cli-colony", "--colonyid", colonyid)
    assert f"Colony added{' ' * 33}ColonyName=cli-colony ColonyID={colonyid}" in done.stderr
    assert {"name": "cli-colony", "colonyid": colonyid} in cli.json("colony", "ls")
    assert ["cli-colony", colonyid] in [_cells(line) for line in cli.drawn("colony", "ls", "--ids")]
    assert "Colony exists" in cli.piped("colony", "check", "--name", "cli-colony").stderr
    cli.piped("colony", "remove", "--name", "cli-colony")  # it asks on a terminal only
    gone = cli.piped("colony", "check", "--name", "cli-colony", code=5)
    assert "no colony 'cli-colony'" in gone.stderr


def test_a_colony_is_shown_and_counted(cli: Commands, colony: Colony) -> None:
    assert cli.json("colony", "get") == {"name": colony.name, "colonyid": colony.id}
    drawn = [_cells(line) for line in cli.drawn("colony", "stats")]
    assert ["Executors", "1"] in drawn
    assert ["Waiting processes", "0"] in drawn
    assert cli.json("colony", "stats")["executors"] == 1


def test_assignments_are_paused_and_resumed(cli: Commands) -> None:
    assert cli.json("colony", "paused") == cli.json("process", "status")
    assert cli.json("colony", "paused")["ispaused"] is False
    cli.piped("colony", "pause")
    assert cli.piped("colony", "paused").stdout.endswith("are paused\n")
    cli.piped("colony", "resume")
    assert cli.json("colony", "paused") == cli.json("process", "status")
    assert cli.json("colony", "paused")["ispaused"] is False


def test_a_colony_gets_another_owner(cli: Commands, colony: Colony) -> None:
    prvkey = crypto.prvkey()
    cli.piped("colony", "chid", "--colonyid", crypto.id(prvkey))
    cli.piped("colony", "pause", code=4)
    cli.piped("colony", "pause", "--colonyprvkey", prvkey)
    assert colony.prvkey != prvkey


def test_users(cli: Commands, colony: Colony) -> None:
    prvkey = crypto.prvkey()
    userid = crypto.id(prvkey)
    assert "No users found" in cli.piped("user", "ls").stderr
    added = ["--name", "ada", "--userid", userid, "--email", "ada@example.org"]
    assert "User added" in cli.piped("user", "add", *added).stderr
    user = {
        "colonyname": colony.name,
        "userid": userid,
        "name": "ada",
        "email": "ada@example.org",
        "phone": "",
    }
    assert cli.json("user", "ls") == [user]
    assert cli.json("user", "get", "--name", "ada") == user
    assert cli.json("user", "get", "--userid", userid) == user
    assert "ada@example.org" in cli.piped("user", "get", "--name", "ada").stdout
    cli.piped("user", "get", code=2)
    other = crypto.prvkey()
    cli.piped("user", "chid", "--userid", crypto.id(other), "--prvkey", prvkey)
    assert cli.json("user", "ls", "--prvkey", other)[0]["userid"] == crypto.id(other)
    cli.piped("user", "remove", "--name", "ada")
    assert cli.json("user", "ls") == []


def test_locations(cli: Commands) -> None:
    assert "No locations found" in cli.piped("location", "ls").stderr
    cli.piped(
        "location", "add", "--name", "attic", "--desc", "under the roof", "--long", "22.1", "--lat", "65.6"
    )
    assert cli.json("location", "get", "--name", "attic")["long"] == 22.1
    assert ["attic", "under the roof", "22.1", "65.6"] in [
        _cells(line) for line in cli.drawn("location", "ls")
    ]
    assert "under the roof" in cli.piped("location", "get", "--name", "attic").stdout
    cli.piped("location", "add", "--name", "nowhere", "--lat", "91", code=2)
    cli.piped("location", "remove", "--name", "attic")
    cli.piped("location", "get", "--name", "attic", code=5)


def test_a_server_tells_how_it_is(cli: Commands) -> None:
    assert "Server is alive" in cli.piped("server", "alive").stderr
    cli.piped("server", "alive", "--port", "1", code=3)
    assert cli.json("server", "info")["backends"]
    assert "BuildVersion" in cli.piped("server", "info").stdout
    assert cli.json("server", "stats")["colonies"] >= 1
    assert "Colonies" in cli.piped("server", "stats").stdout
    assert cli.json("server", "cluster")["nodes"]
    assert "LEADER" in cli.piped("server", "cluster").stdout
    assert "Leader" in cli.piped("server", "status").stdout
    told = cli.piped("server", "start", "--dbhost", "localhost", code=2)
    assert "pycolonies dev" in told.stderr


def test_a_server_gets_another_owner(cli: Commands, own_server: DevServer) -> None:
    prvkey = crypto.prvkey()
    cli.piped("server", "chid", "--serverid", crypto.id(prvkey))
    cli.piped("colony", "ls", code=4)
    assert cli.json("colony", "ls", "--serverprvkey", prvkey)
    assert own_server.port


def test_keys_are_made_and_told_apart(cli: Commands) -> None:
    made = cli.json("security", "generate")
    assert crypto.id(made["prvkey"]) == made["id"]
    assert cli.json("security", "id", "--prvkey", made["prvkey"]) == {"id": made["id"]}
    assert made["id"] in cli.piped("security", "id", variables={"COLONIES_PRVKEY": made["prvkey"]}).stdout
    identity, prvkey = cli.piped("security", "generate").stdout.splitlines()
    assert crypto.id(prvkey.split()[1]) == identity.split()[1]
    cli.piped("security", "id", "--prvkey", "12", code=2)


def test_the_configuration_is_shown_without_keys(cli: Commands) -> None:
    secrets = {"AWS_S3_SECRETKEY": "rosebud"}
    shown = cli.piped("config", variables=secrets).stdout
    assert f"COLONIES_SERVER_PORT    {cli.environment['COLONIES_SERVER_PORT']}" in shown
    assert crypto.id(cli.environment["COLONIES_PRVKEY"]) in shown
    assert "AWS_S3_SECRETKEY" in shown
    assert not [name for name, key in cli.environment.items() if "PRVKEY" in name and key in shown]
    assert "rosebud" not in shown
    told = json.loads(cli.piped("config", "--json", variables={"COLONIES_PRVKEY": "12"}).stdout)
    assert told["COLONIES_PRVKEY"] == "(set, but not a private key)"
    assert "(not set)" in cli.piped("config", variables={"COLONIES_PRVKEY": ""}).stdout
