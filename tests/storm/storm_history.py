"""What must hold of the history of a storm, as rules. Nothing here knows how a storm is made."""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass, field
from typing import Any

SUCCESSFUL, FAILED = 2, 3
_Event = dict[str, Any]


@dataclass(frozen=True)
class Found:
    """A process as the server has it when all is over.

    Attributes:
        state: Its state, a number of the protocol.
        retries: How often it went back to the queue.
        output: Its output.
        funcname: Its function.
        parents: How many processes it waited for.
        args: The arguments of its function.
    """

    state: int
    retries: int
    output: list[Any]
    funcname: str
    parents: int = 0
    args: list[Any] = field(default_factory=list)


@dataclass
class History:
    """The events of a storm, and what the server has when it is over.

    Attributes:
        events: In the order in which they were written.
        processes: What the server has, by process id; also nodes of workflows.
        submitted: How many processes the server has of each uid.
        graphs: States of the process graphs by id.
    """

    events: list[_Event]
    processes: dict[str, Found]
    submitted: Counter[str] = field(default_factory=Counter)
    graphs: dict[str, int] = field(default_factory=dict)

    def of(self, kind: str) -> Iterator[_Event]:
        """Yield the events of a kind."""
        return (event for event in self.events if event["kind"] == kind)

    def by_process(self, kind: str) -> dict[str, list[_Event]]:
        """Return the events of a kind by process id."""
        found: defaultdict[str, list[_Event]] = defaultdict(list)
        for event in self.of(kind):
            found[event["processid"]].append(event)
        return found


Rule = Callable[[History], Iterable[str]]
RULES: list[Rule] = []


def rule(check: Rule) -> Rule:
    """Add a rule. Its docstring says what holds; it yields a text for each violation."""
    RULES.append(check)
    return check


def violations(history: History) -> list[str]:
    """Return what does not hold, each with the name of its rule."""
    return [f"{check.__name__}: {text}" for check in RULES for text in check(history)]


@rule
def acknowledged_is_kept(history: History) -> Iterator[str]:
    """A process whose submission was acknowledged is there, and ends."""
    for event in history.of("acknowledged"):
        found = history.processes.get(event["processid"])
        if found is None:
            yield f"{event['processid']} is lost"
        elif found.state not in (SUCCESSFUL, FAILED):
            yield f"{event['processid']} is in state {found.state}"


@rule
def acknowledged_is_what_was_submitted(history: History) -> Iterator[str]:
    """The process of an acknowledgement is the one that was submitted, not that of another submission."""
    for event in history.of("acknowledged"):
        found = history.processes.get(event["processid"])
        if found and found.args[:1] != [event["uid"]]:
            yield f"{event['uid']} was acknowledged as {event['processid']}, which is {found.args!r:.200}"


@rule
def submitted_once(history: History) -> Iterator[str]:
    """A submission makes one process at most."""
    for uid, count in history.submitted.items():
        if count > 1:
            yield f"{uid} is there {count} times"


@rule
def refused_is_not_there(history: History) -> Iterator[str]:
    """A submission that was reported as not processed was not processed."""
    for event in history.of("refused"):
        if not event["maybe"] and any(history.submitted[uid] for uid in (event["uid"], f"{event['uid']}.a")):
            yield f"{event['uid']} is there, though {event['type']} said it was not processed"


@rule
def output_belongs_to_a_run(history: History) -> Iterator[str]:
    """The output of a successful process is what one of its runs returned, of the attempt that closed it."""
    ends = history.by_process("end")
    for processid, found in history.processes.items():
        if found.state != SUCCESSFUL:
            continue
        tokens = {event["token"]: event["attempt"] for event in ends[processid]} if processid in ends else {}
        token = found.output[0].get("token") if len(found.output) == 1 else None
        if token not in tokens:
            yield f"{processid} has the output {found.output!r:.200} of no run"
        elif tokens[token] != found.retries + 1:
            yield f"{processid} has the output of attempt {tokens[token]}, and {found.retries} retries"


@rule
def failing_functions_fail(history: History) -> Iterator[str]:
    """A function that raises, runs too long or ruins its child makes no success."""
    for event in history.of("acknowledged"):
        found = history.processes.get(event["processid"])
        if found and event["mode"] in ("fail", "late", "hostile") and found.state == SUCCESSFUL:
            yield f"{event['processid']} ({event['mode']}) succeeded"


@rule
def retries_are_limited(history: History) -> Iterator[str]:
    """A process goes back to the queue as often as it may, and not more often."""
    for event in history.of("acknowledged"):
        found = history.processes.get(event["processid"])
        if found and found.retries > event["retries"]:
            yield f"{event['processid']} has {found.retries} retries, {event['retries']} are allowed"


@rule
def an_attempt_begins_once(history: History) -> Iterator[str]:
    """Each attempt is begun once, and once more for each executor that gave it up.

    An executor that is removed returns its processes to the queue with their attempt. It fails late ones
    first if they have no retries left.
    """
    begun = Counter((event["processid"], event["attempt"]) for event in history.of("begin"))
    allowed = {event["processid"]: event["retries"] for event in history.of("acknowledged")}
    back = Counter(
        (event["processid"], event["retries"] + 1)
        for event in history.of("ended")
        if event["outcome"] in ("HANDED_BACK", "LOST")
        or (event["outcome"] == "LATE" and event["retries"] < allowed.get(event["processid"], 0))
    )
    for (processid, attempt), count in begun.items():
        if count > 1 + back[processid, attempt]:
            yield f"attempt {attempt} of {processid} began {count} times"


@rule
def nothing_begins_after_success(history: History) -> Iterator[str]:
    """No run begins once a success was reported and acknowledged."""
    reported: set[str] = set()
    for event in history.events:
        if event["kind"] == "reported" and event["outcome"] == "SUCCESSFUL":
            reported.add(event["processid"])
        elif event["kind"] == "begin" and event["processid"] in reported:
            yield f"{event['processid']} began again after its success was acknowledged"


@rule
def acknowledged_success_is_kept(history: History) -> Iterator[str]:
    """A success that the server acknowledged is the end of the process, and there is one."""
    for processid, events in history.by_process("reported").items():
        successes = [event for event in events if event["outcome"] == "SUCCESSFUL"]
        found = history.processes.get(processid)
        if successes and (found is None or found.state != SUCCESSFUL):
            yield f"{processid} was reported as successful, and is {found and found.state}"
        if len(successes) > 1:
            yield f"{processid} was reported as successful {len(successes)} times"


@rule
def what_was_seen_stays(history: History) -> Iterator[str]:
    """What a submitter has seen of an ended process never changes."""
    for event in history.of("seen"):
        found = history.processes.get(event["processid"])
        if found and (found.state, found.output) != (event["state"], event["output"]):
            yield f"{event['processid']} was seen as {event['output']!r:.200}, and is {found.output!r:.200}"


@rule
def workflows_join(history: History) -> Iterator[str]:
    """Every acknowledged workflow succeeds, and each join gets the output of each parent."""
    for event in history.of("acknowledged workflow"):
        if history.graphs.get(event["graphid"]) != SUCCESSFUL:
            yield f"workflow {event['graphid']!r} is in state {history.graphs.get(event['graphid'])}"
    for processid, found in history.processes.items():
        if found.funcname == "join" and found.state == SUCCESSFUL:
            received = len(found.output[0].get("from", ()))
            if received != found.parents:
                yield f"join {processid} received {received} of {found.parents} outputs"


@rule
def exceptions_are_documented(history: History) -> Iterator[str]:
    """Nothing but the exceptions of the package is raised."""
    for event in history.of("undocumented"):
        yield f"{event['type']}: {event['text']}"


@rule
def programs_end_when_told(history: History) -> Iterator[str]:
    """No program dies by itself, and each ends in time when it is asked to."""
    for kind in ("died", "hangs"):
        for event in history.of(kind):
            yield f"{event['what']} {kind}: {event.get('code')}"
