"""Every value that a command takes is sent exactly, or refused before anything is sent.

The commands, their options and arguments are those of the command's own tree.
"""

from __future__ import annotations

import json
import math
import re
import secrets
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import click
import pytest
from write_cli_docs import commands

from colonies_to_show import fill
from commands import Commands
from pycolonies._rpc.values import DEEPEST
from pycolonies.cli._commands import Command
from pycolonies.cli._errors import USAGE
from pycolonies.cli._ids import Kind
from pycolonies.cli._numbers import Finite
from pycolonies.cli._options import Shared
from pycolonies.testing import DevServer

#: Texts of command lines that are no number, no exact number, or no Unicode.
NAN, INFINITY, HUGE, INEXACT, NOT_UNICODE = "NaN", "-Infinity", "1e400", str(2**53 + 1), "\udcff"
HOSTILE = (NAN, INFINITY, HUGE, INEXACT, NOT_UNICODE)
#: The same as parts of a JSON file, and beside them one that is nested too deeply.
IN_FILES = {
    NAN: "no JSON number",
    INFINITY: "no JSON number",
    HUGE: "no JSON number",
    INEXACT: "beyond 2**53",
    '"\\ud800"': "lone surrogates",
    "[" * (DEEPEST + 1) + "]" * (DEEPEST + 1): "nested deeper",
}
#: How values of several parts are written, by what the help calls them.
SHAPES = {"NAME:TEXT,...": "k:{}", "NAME:VALUE,...": "k:{}", "NAME=TEXT,...": "K={}", "JSON": "[{}]"}
#: Options that commands need beside the required ones: each of them one of several.
OTHERS = {
    "cron add": ["--interval=60"],
    "function exec": ["--targettype=cli"],
    "executor add": ["--name=n", "--type=cli", f"--executorid={'e' * 64}"],
    "executor create": ["--name=n", "--type=cli"],
}
#: Parameters that end a wait.
LIMITS = ("timeout", "wait_timeout")
#: Serves for ever, or passes its words on to another program.
ENDLESS = {("dev",), ("server", "start"), ("executor", "run"), ("completion",)}


def _takes_values() -> Iterator[tuple[str, list[str], click.Parameter]]:
    shared = set()
    for path, command in commands():
        for parameter in (
            command.params if isinstance(command, Command) and tuple(path) not in ENDLESS else ()
        ):
            flag = isinstance(parameter, click.Option) and (parameter.is_flag or parameter.count)
            if flag or isinstance(parameter.type, Kind | click.Choice) or parameter.name in shared:
                continue
            if isinstance(parameter, Shared):  # the same option everywhere
                shared.add(parameter.name)
            yield f"{' '.join(path)} {parameter.opts[-1]}", path, parameter


def _takes_json(parameter: click.Parameter) -> bool:
    return (
        isinstance(parameter.type, click.Path) and parameter.type.allow_dash and parameter.metavar == "FILE"
    )


#: Draws a spec, and sends nothing.
DRAWN = "workflow graph --spec"
ALL = {name: (path, parameter) for name, path, parameter in _takes_values()}
FILES = [name for name, (_, parameter) in ALL.items() if _takes_json(parameter) and name != DRAWN]
TEXTS = [
    name
    for name, (_, parameter) in ALL.items()
    if not isinstance(parameter.type, click.Path | click.types.File)
]


class Lines:
    """Command lines that are complete but for one value.

    Args:
        made: Ids and names of records on the server, by what they are of.
        folder: Where files are written.
    """

    def __init__(self, made: dict[str, str], folder: Path) -> None:
        self._made = made
        self._folder = folder
        (folder / "functions.py").write_text("def add(*numbers, **named): return numbers\n")
        (folder / "spec.json").write_text("{}")

    def line(self, path: list[str], given: click.Parameter, value: str) -> list[str]:
        """Return a command line with this value."""
        _, command = next(found for found in commands() if found[0] == path)
        words = [
            *path,
            *(word for word in OTHERS.get(" ".join(path), ()) if word.split("=")[0] != given.opts[-1]),
        ]
        for parameter in command.params:
            if parameter.name == "once":
                words.append("--once")
            needed = parameter.required or _is_id(parameter, command) or parameter.name in LIMITS
            if parameter is not given and not needed:
                continue
            shape = SHAPES.get(str(parameter.metavar), "{}")
            text = shape.format(value) if parameter is given else self._usual(path, parameter, shape)
            words += [f"{parameter.opts[-1]}={text}"] if isinstance(parameter, click.Option) else ["--", text]
        # Arguments stand at the end, behind the mark that lets them begin with a dash.
        marked = words.index("--") if "--" in words else len(words)
        options = [word for word in words[marked:] if word.startswith("--") and word != "--"]
        arguments = [word for word in words[marked:] if word != "--" and word not in options]
        return [*words[:marked], *options, "-v", *(["--", *arguments] if arguments else [])]

    def _usual(self, path: list[str], parameter: click.Parameter, shape: str) -> str:  # noqa: PLR0911 (a table)
        kind = parameter.type
        if isinstance(kind, Kind):
            states = {"process": "running"}
            return self._made.get(states.get(kind.noun, kind.noun), "e" * 64)
        if isinstance(kind, click.Path):
            name = "spec.json" if kind.exists or kind.allow_dash else secrets.token_hex(4)
            return str(self._folder / (name if kind.file_okay else ""))
        if isinstance(kind, click.types.IntParamType | click.types.FloatParamType):
            return "1"
        if isinstance(kind, click.Choice):
            return str(kind.choices[0])
        if parameter.metavar == "FILE:FUNCTION":
            return f"{self._folder / 'functions.py'}:add"
        if parameter.metavar == "ID":
            return "e" * 64
        return self._made.get(path[-2], "1") if parameter.name == "name" else shape.format("1")


def _is_id(parameter: click.Parameter, command: click.Command) -> bool:
    """Return whether a command needs this option, which may also be an argument."""
    return any(getattr(other, "option", None) == parameter.name and other.needed for other in command.params)  # type: ignore[attr-defined]


@pytest.fixture(scope="module")
def lines(tmp_path_factory: pytest.TempPathFactory) -> Iterator[tuple[Commands, Lines, Path]]:
    folder = tmp_path_factory.mktemp("entrances")
    with DevServer() as server:
        yield Commands(server.environment), Lines(fill(server, ""), folder), folder


def keys_of(cli: Commands) -> list[str]:
    """Return the private keys in the environment of a command."""
    return [value for name, value in cli.environment.items() if name.endswith("_PRVKEY")]


def _messages(stderr: str) -> list[Any]:
    """Return the messages that a command sent, as -v shows them."""
    texts = re.findall(r"^> \S+ .*?signature \*\*\* (\{.*\})$", stderr, re.MULTILINE)
    return [json.loads(text, parse_constant=_no_json) for text in texts]


def _no_json(text: str) -> None:
    raise AssertionError(f"{text} was sent")


def _values(value: Any) -> Iterator[Any]:
    if isinstance(value, dict | list):
        for item in [*value, *value.values()] if isinstance(value, dict) else value:
            yield from _values(item)
    else:
        yield value
        if isinstance(value, str) and value[:1] in "[{":  # JSON in a text, as a workflow of a cron
            try:
                inner = json.loads(value)
            except ValueError:
                return
            yield from _values(inner)


@pytest.mark.parametrize("name", TEXTS)
def test_a_value_of_the_command_line_is_sent_exactly_or_refused(
    lines: tuple[Commands, Lines, Path], name: str
) -> None:
    cli, made, _ = lines
    path, parameter = ALL[name]
    for hostile in HOSTILE:
        done = cli.piped(*made.line(path, parameter, hostile), code=None)
        assert "Traceback" not in done.stderr, done
        assert not [key for key in keys_of(cli) if key in done.stdout + done.stderr]
        sent = [value for message in _messages(done.stderr) for value in _values(message)]
        assert not [each for each in sent if isinstance(each, float) and not math.isfinite(each)], done
        assert int(INEXACT) - 1 not in sent, done  # rounded
        assert not any(isinstance(each, str) and "\ufffd" in each for each in sent), done
        assert not any(isinstance(each, str) and not each.isprintable() for each in sent), done
        if isinstance(parameter.type, click.types.IntParamType | click.types.FloatParamType):
            assert hostile == INEXACT or (done.code == USAGE and sent == []), done
        if hostile in (NAN, INFINITY, HUGE) and parameter.metavar in ("JSON", "[ARGS]...", "NAME:VALUE,..."):
            assert done.code == USAGE, done
            assert "no JSON number" in done.stderr or hostile != NAN, done


@pytest.mark.parametrize("name", [name for name in TEXTS if not name.endswith("prvkey")])
def test_a_private_key_in_the_place_of_another_value_is_not_sent_or_shown(
    lines: tuple[Commands, Lines, Path], name: str
) -> None:
    cli, made, _ = lines
    path, parameter = ALL[name]
    for key in keys_of(cli):
        done = cli.piped(*made.line(path, parameter, key), code=USAGE)
        assert key not in done.stdout + done.stderr
        assert _messages(done.stderr) == []


def test_all_numbers_of_the_tree_are_finite() -> None:
    floats = {
        name: each.type
        for name, (_, each) in ALL.items()
        if isinstance(each.type, click.types.FloatParamType)
    }
    assert floats
    assert {name for name, kind in floats.items() if not isinstance(kind, Finite)} == set()


@pytest.mark.parametrize("name", FILES)
@pytest.mark.parametrize("text", IN_FILES, ids=["nan", "infinity", "huge", "inexact", "surrogate", "deep"])
def test_a_value_in_a_file_is_refused_with_its_place(
    lines: tuple[Commands, Lines, Path], name: str, text: str
) -> None:
    cli, made, folder = lines
    path, parameter = ALL[name]
    spec = (
        f'{{"nodename": "n", "funcname": "f", "args": [{text}], "conditions": {{"executortype": "cli"}},'
        f'"kind": "Lamp", "metadata": {{"name": "n"}}, "spec": {{"on": {text}}}, "status": {{"on": {text}}},'
        f'"capabilities": {{"hardware": [{{"model": {text}}}]}}, "name": {text}}}'
    )
    refused = False
    for number, content in enumerate((spec, f"[{spec}]", f'{{"on": {text}}}')):
        file = folder / f"hostile-{number}.json"
        file.write_text(content)
        done = cli.piped(*made.line(path, parameter, str(file)), code=None)
        assert "Traceback" not in done.stderr, done
        for message in _messages(done.stderr):
            assert message["msgtype"].startswith("get"), done
        refused = refused or (done.code == USAGE and IN_FILES[text] in done.stderr)
    assert refused, name


def test_the_tree_has_such_values() -> None:
    assert len(TEXTS) > 150
    assert len(FILES) > 10
