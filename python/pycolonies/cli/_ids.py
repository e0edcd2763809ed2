"""Ids on the command line: any unique prefix stands for an id, as in git and docker."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable, Iterator
from typing import TYPE_CHECKING, Any, NamedTuple

import click

from pycolonies.cli._errors import MISSING, USAGE, CommandError
from pycolonies.cli._session import Session

if TYPE_CHECKING:
    from click.shell_completion import CompletionItem

    from pycolonies import Colonies, Process

_LENGTH = 64
_PREFIX = re.compile(r"[0-9a-fA-F]+")
#: Processes and workflows that servers list at once, for each state.
_NEWEST = 100
#: Seconds of history in which ids are looked up that are not among the newest: ten years.
_HISTORY = 10 * 365 * 24 * 3600
#: Characters of an id that lists show: as many are taken to be unique if one of the newest begins with them.
_SHOWN = 12
#: Matches that an error lists.
_LISTED = 10
_STATES = ("waiting", "running", "successful", "failed", "cancelled")


class Found(NamedTuple):
    """An id, and a few words about what it belongs to."""

    id: str
    about: str = ""


class Kind(click.ParamType):  # type: ignore[type-arg]  # generic since click 8.4
    """The type of parameters that are ids of one kind of records.

    Args:
        noun: What the ids belong to.
        find: Returns the ids that the server lists.
        older: Returns those that it lists no longer, if there may be some.
        suggest: Returns the ids that completion offers; `find` by default.
    """

    name = "id"

    def __init__(
        self,
        noun: str,
        find: Callable[[Colonies], Iterable[Found]],
        older: Callable[[Colonies], Iterable[Found]] | None = None,
        suggest: Callable[[Colonies], Iterable[Found]] | None = None,
    ) -> None:
        self.noun = noun
        self.find = find
        self.suggest = suggest or find
        self.older = older

    def resolve(self, session: Session, text: str) -> str:
        """Return the id that a text is, or is the only prefix of.

        Raises:
            CommandError: No id begins so, or several do; those are listed.
        """
        if len(text) >= _LENGTH or not _PREFIX.fullmatch(text):
            return text  # the server knows best
        found = _beginning(text, self.find(session.client))
        if self.older is not None and (not found or len(text) < _SHOWN):
            found = {**_beginning(text, self.older(session.client)), **found}
        if len(found) == 1:
            return next(iter(found))
        if not found:
            raise CommandError(f"no id of a {self.noun} begins with {text}", MISSING)
        candidates = "; ".join(f"{one[: len(text) + 12]} {about}".strip() for one, about in _some(found))
        more = f"; and {len(found) - _LISTED} more" if len(found) > _LISTED else ""
        raise CommandError(f"{text} is ambiguous, {len(found)} ids begin with it: {candidates}{more}", USAGE)

    def shell_complete(
        self,
        ctx: click.Context,
        param: click.Parameter,
        incomplete: str,
    ) -> list[CompletionItem]:
        """Return the ids that begin so, each with what it belongs to."""
        from pycolonies.cli._completion import asked, items

        return items(asked(ctx, lambda colonies: list(self.suggest(colonies))), incomplete)


def _beginning(text: str, found: Iterable[Found]) -> dict[str, str]:
    return {each.id: each.about for each in found if each.id.startswith(text.lower())}


def _some(found: dict[str, str]) -> list[tuple[str, str]]:
    return sorted(found.items())[:_LISTED]


def _newest(colonies: Colonies, states: Iterable[int] = range(len(_STATES))) -> Iterator[Process]:
    for state in states:
        yield from colonies.list_processes(count=_NEWEST, state=state)


def _past(colonies: Colonies) -> Iterator[Process]:
    """Return all processes: a server limits no history."""
    for state in range(len(_STATES)):
        yield from colonies.get_process_history(seconds=_HISTORY, state=state)


def _processes(*states: int) -> Callable[[Colonies], Iterable[Found]]:
    return lambda colonies: map(_named, _newest(colonies, states))


def _named(process: Process) -> Found:
    return Found(process.processid, f"{process.spec.funcname}, {_STATES[process.state]}")


def _graphs(colonies: Colonies) -> Iterable[Found]:
    for state, name in enumerate(_STATES):
        for graph in colonies.get_processgraphs(count=_NEWEST, state=state):
            yield Found(graph.processgraphid, name)


def _attributes(processes: Iterable[Process]) -> Iterable[Found]:
    for process in processes:
        for attribute in process.attributes or []:
            yield Found(attribute.attributeid, attribute.key)


def _files(colonies: Colonies) -> Iterable[Found]:
    for label in colonies.get_file_labels():
        for file in colonies.get_files(label["name"]):
            for version in colonies.get_file(label=label["name"], filename=file["name"], latest=False):
                yield Found(version["fileid"], f"{label['name']}/{file['name']}")


def _records(list_them: Callable[[Colonies], Iterable[Any]], field: str, about: str) -> Any:
    return lambda colonies: (Found(each[field], each[about]) for each in list_them(colonies))


_ANY = _processes(0, 1, 2, 3, 4)
PROCESS = Kind("process", _ANY, lambda each: map(_named, _past(each)))
OPEN_PROCESS = Kind("process", _ANY, PROCESS.older, _processes(0, 1))
RUNNING_PROCESS = Kind("process", _ANY, PROCESS.older, _processes(1))
WORKFLOW = Kind(
    "workflow",
    _graphs,
    lambda each: (Found(one.processgraphid, "") for one in _past(each) if one.processgraphid),
)
ATTRIBUTE = Kind("attribute", lambda each: _attributes(_newest(each)), lambda each: _attributes(_past(each)))
EXECUTOR = Kind("executor", _records(lambda each: each.list_executors(), "executorid", "executorname"))
FUNCTION = Kind("function", _records(lambda each: each.get_functions_by_colony(), "functionid", "funcname"))
USER = Kind("user", _records(lambda each: each.get_users(), "userid", "name"))
CRON = Kind("cron", _records(lambda each: each.get_crons(count=1000), "cronid", "name"))
GENERATOR = Kind("generator", _records(lambda each: each.get_generators(count=1000), "generatorid", "name"))
FILE = Kind("file", _files)
SNAPSHOT = Kind("snapshot", _records(lambda each: each.get_snapshots(), "snapshotid", "name"))


class Positional(click.Argument):
    """An argument that may also be given as an option.

    Args:
        option: Name of the option's parameter.
        noun: What it names, for the error if it is missing.
        required: Whether one of the two is needed.
        settings: Those of `click.Argument`.
    """

    def __init__(self, option: str, *, noun: str, required: bool, **settings: Any) -> None:
        super().__init__([f"{option}_argument"], required=False, **settings)
        self.option = option
        self.noun = noun
        self.needed = required

    def get_help_record(self, ctx: click.Context) -> Any:
        """Return nothing: the option has the help."""

    def merge(self, ctx: click.Context) -> None:
        """Move the argument's value to the option's parameter.

        Raises:
            UsageError: Both are given, or neither.
        """
        given, value = ctx.params.pop(self.name or "", None), ctx.params.get(self.option)
        if given is not None and value is not None:
            raise click.UsageError(f"the {self.noun} is given twice", ctx)
        ctx.params[self.option] = given if given is not None else value
        if self.needed and ctx.params[self.option] is None and not ctx.resilient_parsing:
            raise click.UsageError(f"the {self.noun} is missing", ctx)


def by_id(
    kind: Kind,
    *declarations: str,
    required: bool = True,
    help: str | None = None,  # noqa: A002 (click's name)
) -> Callable[[Any], Any]:
    """Add an id as an argument and as an option.

    Args:
        kind: Whose id.
        declarations: Names of the option.
        required: Whether it is needed.
        help: Help of the option.
    """
    return positional(
        *declarations, noun=f"id of the {kind.noun}", required=required, metavar="ID", type=kind, help=help
    )


def positional(
    *declarations: str,
    noun: str,
    metavar: str,
    required: bool = True,
    help: str | None = None,  # noqa: A002 (click's name)
    **settings: Any,
) -> Callable[[Any], Any]:
    """Add a value that is an argument as well as an option.

    Args:
        declarations: Names of the option.
        noun: What it names.
        metavar: Its name in the help.
        required: Whether it is needed.
        help: Help of the option.
        settings: Further ones of both.
    """

    def add(command: Any) -> Any:
        text = help or f"{noun[0].upper()}{noun[1:]}, also without the option."
        command = click.option(*declarations, metavar=metavar, help=text, **settings)(command)
        option = command.__click_params__[-1]
        settings.pop("default", None)
        argument = Positional(option.name, noun=noun, required=required, metavar=f"[{metavar}]", **settings)
        command.__click_params__.append(argument)
        return command

    return add


def process_id(kind: Kind = PROCESS, *, required: bool = True) -> Callable[[Any], Any]:
    """Add the id of a process; the command gets it as `processid`."""
    return by_id(kind, "-p", "--processid", required=required)


def workflow_id(*, required: bool = True) -> Callable[[Any], Any]:
    """Add the id of a workflow; the command gets it as `workflowid`."""
    return by_id(WORKFLOW, "--workflowid", required=required)
