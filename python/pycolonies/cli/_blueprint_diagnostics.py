"""``pycolonies blueprint history``, ``log`` and ``doctor``."""

from __future__ import annotations

import time
from collections.abc import Iterable
from datetime import datetime, timezone
from typing import TYPE_CHECKING, Any, NamedTuple

import click

from pycolonies._units import duration
from pycolonies.cli._blueprint_definition import handler_of, kind_of
from pycolonies.cli._blueprint_views import change_list, change_view
from pycolonies.cli._commands import Command, with_session
from pycolonies.cli._errors import MISSING, CommandError
from pycolonies.cli._ids import positional
from pycolonies.cli._times import moment_of_nanoseconds, parsed
from pycolonies.cli._views import Lines, Styled, View

if TYPE_CHECKING:
    from pycolonies import Blueprint, ExecutorRecord, Log
    from pycolonies.cli._session import Session

_PAUSE = 0.5
#: Seconds without a heartbeat after which an executor may be gone.
_SILENT = 120
#: Seconds between two runs of the cron that servers add for a kind of blueprints.
_EVERY = 60
_APPROVED = 1


@click.command("history", cls=Command, sends="getblueprinthistorymsg", watch=True)
@positional("--name", noun="name of the blueprint", metavar="NAME")
@click.option("-l", "--limit", default=10, show_default=True, metavar="N", help="Show at most N changes.")
@click.option("-g", "--generation", type=int, metavar="N", help="Show this generation in full.")
@with_session
def history(session: Session, name: str, limit: int, generation: int | None) -> None:
    """Show the changes of a blueprint."""

    def look() -> View:
        client = session.client
        blueprintid = client.get_blueprint(name=name)["blueprintid"]
        if generation is None:
            return change_list(client.get_blueprint_history(blueprintid, limit=limit))
        for change in client.get_blueprint_history(blueprintid):
            if change["generation"] == generation:
                return change_view(change)
        raise CommandError(f"generation {generation} is not in the history of the blueprint {name}", MISSING)

    session.show(look)


@click.command("log", cls=Command)
@click.option("--name", help="Only for this blueprint.")
@click.option("-c", "--count", default=100, show_default=True, metavar="N", help="Show at most N messages.")
@click.option("-f", "--follow", is_flag=True, help="Continue until Ctrl-C.")
@with_session
def show_log(session: Session, name: str | None, count: int, follow: bool) -> None:
    """Print the logs of reconciling executors."""
    reconcilers = _reconcilers(session, name)
    if not reconcilers:
        session.info("No reconciler executors found")
        return

    def look(since: int = 0, *, newest: bool = True) -> list[Log]:
        found = [
            entry
            for executorname in reconcilers
            for entry in session.client.get_executor_log(
                executorname=executorname, count=count, since=since, latest=newest
            )
        ]
        return sorted(found, key=lambda entry: entry["timestamp"])

    if not follow:
        session.show(lambda: View(found := look()[-count:], *_lines(found), empty="No logs found"))
        return
    since, found = 0, look()
    while True:
        for entry in found:
            time_text = moment_of_nanoseconds(entry["timestamp"])
            session.text(f"{time_text} {entry['executorname']} {entry['message']}")
            since = max(since, entry["timestamp"])
        if not found:
            time.sleep(_PAUSE)
        found = look(since, newest=False)


@click.command("doctor", cls=Command, sends="getblueprintsmsg")
@click.option("--name", help="Check only this blueprint.")
@click.option("--fix", is_flag=True, help="Add missing crons.")
@with_session
def doctor(session: Session, name: str | None, fix: bool) -> None:
    """Find out why blueprints are not reconciled.

    The exit code is 1 if something is wrong.
    """
    client = session.client
    blueprints = [client.get_blueprint(name=name)] if name is not None else client.get_blueprints()
    findings = [finding for found in blueprints for finding in _examine(session, found, fix=fix)]
    lines = Lines([_finding_cells(finding) for finding in findings])
    data = [finding._asdict() for finding in findings]
    session.show(lambda: View(data, *([lines] if findings else []), empty="No blueprints found"))
    if not all(finding.well for finding in findings):
        click.get_current_context().exit(1)


class Finding(NamedTuple):
    """A finding about a blueprint."""

    blueprint: str
    well: bool
    text: str


def _finding_cells(finding: Finding) -> list[str | Styled]:
    mark = Styled("[OK]", "green") if finding.well else Styled("[ERROR]", "bold red")
    return [f"{finding.blueprint}:", mark, finding.text]


def _examine(session: Session, found: Blueprint, *, fix: bool) -> Iterable[Finding]:
    name, kind = found["metadata"]["name"], found["kind"]
    place = found["metadata"].get("locationname", "")
    executortype = _handler_type(session, kind)
    if executortype is None:
        yield Finding(name, False, f"no definition of the kind {kind}; add one: blueprint definition add")
        return
    yield Finding(name, True, f"executors of the type {executortype or '(any)'} reconcile its kind {kind}")
    approved = [each for each in session.client.list_executors() if each["state"] == _APPROVED]
    executors = [each for each in approved if _reconciles(each, executortype, place)]
    where = f" at the location {place}" if place else ""
    if not executors:
        types = ", ".join(sorted({each["executortype"] for each in approved}))
        text = f"no approved executor of the type {executortype}{where}; there are: {types or 'none'}"
        yield Finding(name, False, text)
    for executor in executors:
        yield _heard(name, executor)
    yield _cron(session, found, executortype, fix=fix)


def _heard(name: str, executor: ExecutorRecord) -> Finding:
    heard = parsed(executor["lastheardfromtime"])
    silent = (datetime.now(timezone.utc) - heard).total_seconds() if heard else float("inf")
    who = f"the executor {executor['executorname']}"
    if silent > _SILENT:
        since = "never" if heard is None or heard.year == 1 else f"{duration(silent)} ago"
        return Finding(name, False, f"{who} sent its last heartbeat {since}; is it running?")
    return Finding(name, True, f"{who} sent a heartbeat {duration(max(silent, 0))} ago")


def _cron(session: Session, found: Blueprint, executortype: str, *, fix: bool) -> Finding:
    name, kind = found["metadata"]["name"], found["kind"]
    place = found["metadata"].get("locationname", "")
    cronname = f"reconcile-{kind}-{place}" if place else f"reconcile-{kind}"
    if any(each["name"] == cronname for each in session.client.get_crons(count=1000)):
        return Finding(name, True, f"the cron {cronname} exists")
    if not fix:
        return Finding(
            name, False, f"the cron {cronname} is missing, so it is reconciled only once; --fix adds it"
        )
    _add_cron(session, cronname, kind, executortype, place)
    return Finding(name, True, f"the missing cron {cronname} was added")


def _add_cron(session: Session, cronname: str, kind: str, executortype: str, place: str) -> None:
    from pycolonies import Conditions, FuncSpec, Workflow

    colonyname = session.colonyname
    conditions = Conditions.model_validate(
        {"colonyname": colonyname, "executortype": executortype, "locationname": place}
    )
    spec = FuncSpec(funcname="reconcile", nodename="reconcile", kwargs={"kind": kind}, conditions=conditions)
    workflow = Workflow(colonyname=colonyname, functionspecs=[spec])
    session.client.add_cron(cronname, "", True, workflow, interval=_EVERY)


def _handler_type(session: Session, kind: str) -> str | None:
    for each in session.client.get_blueprint_definitions():
        if kind_of(each) == kind:
            return handler_of(each)[0]
    return None


def _reconciles(executor: ExecutorRecord, executortype: str, place: str) -> bool:
    return (
        executor["state"] == _APPROVED
        and executor["executortype"] == executortype
        and (not place or executor.get("locationname", "") == place)
    )


def _reconcilers(session: Session, name: str | None) -> list[str]:
    client = session.client
    if name is None:
        types = {handler_of(each)[0] for each in client.get_blueprint_definitions()}
        return [each["executorname"] for each in client.list_executors() if each["executortype"] in types]
    found = client.get_blueprint(name=name)
    executortype = _handler_type(session, found["kind"])
    place = found["metadata"].get("locationname", "")
    return [
        each["executorname"]
        for each in client.list_executors()
        if executortype is not None and _reconciles(each, executortype, place)
    ]


def _lines(found: list[Log]) -> list[Lines]:
    rows: list[list[Any]] = [
        [
            Styled(moment_of_nanoseconds(entry["timestamp"]), "cyan"),
            Styled(entry["executorname"], "yellow"),
            entry["message"].rstrip("\n"),
        ]
        for entry in found
    ]
    return [Lines(rows)] if rows else []
