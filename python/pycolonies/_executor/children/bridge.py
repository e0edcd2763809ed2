"""Runs functions in child processes, and carries the calls of their contexts to the executor."""

from __future__ import annotations

import inspect
import itertools
import threading
from collections.abc import Iterator, Mapping, Sequence
from typing import TYPE_CHECKING, Any

from pycolonies._executor.callables import place
from pycolonies._executor.children.call import ChildCall, check_reachable
from pycolonies._executor.children.pool import Children
from pycolonies._executor.context import CURRENT, Context

if TYPE_CHECKING:
    from pycolonies._executor.children.context import ChildContext
    from pycolonies._executor.context import ContextBackend
    from pycolonies._executor.extensions import ChildHooks
    from pycolonies._executor.invocation import Invocation
    from pycolonies._files.mounts import Mounts
    from pycolonies._models import FuncSpec, Process
    from pycolonies._records import ChannelEntry

_TELLS = frozenset({"progress"})
_ASKS = frozenset(
    {
        "complete",
        "log",
        "shown_progress",
        "set_output",
        "add_attribute",
        "add_child",
        "submit",
        "send",
        "read",
        "follow",
        "followed",
    }
)


class Dropped:
    """Set once the result of an invocation will be discarded."""

    def __init__(self, invocation: Invocation) -> None:
        self._invocation = invocation

    def is_set(self) -> bool:
        return self._invocation.dropped is not None


def run_in_child(
    children: Children, invocation: Invocation, args: Sequence[Any], kwargs: Mapping[str, Any]
) -> object:
    """Run the function of an invocation in a child process; its context works there as it does here."""
    offered = invocation.offered
    module, qualname = check_reachable(offered.func)
    context = invocation.context
    call = (module, qualname, offered.binding.context, invocation.process, context.remaining, context._mounts)  # noqa: SLF001 (the other half of the context)
    tries = (context._failures, context._retries)  # noqa: SLF001 (functions have no business with it)
    task = ChildCall(
        __name__,
        "_run_here",
        (*call, tries, offered.extensions.in_children(), list(args), dict(kwargs)),
        context=_ParentBackend(invocation),
        context_name="link",
        tells=_TELLS,
        asks=_ASKS,
        name=offered.name,
    )
    token = CURRENT.set(context)  # for log records, which come out of the child on this thread
    try:
        return children.run(task, cancelled=Dropped(invocation))
    finally:
        CURRENT.reset(token)


def _run_here(
    module: str,
    qualname: str,
    parameter: str | None,
    process: Process,
    seconds: float | None,
    mounts: Mounts | None,
    tries: tuple[int, int],
    hooks: ChildHooks,
    args: list[Any],
    kwargs: dict[str, Any],
    *,
    link: ChildContext,
) -> object:
    """Run a function in this child process."""
    from pycolonies._executor.children.lifetime import state_of
    from pycolonies._executor.children.main import found

    function = found(module, qualname)
    context = Context(process, _ChildBackend(link), seconds)
    context._mounts = mounts  # noqa: SLF001 (as below)
    context._failures, context._retries = tries  # noqa: SLF001 (as below)
    context._state = state_of(hooks)  # noqa: SLF001 (as below)
    link.on_cancel(lambda: context._tell(cancelled=True))  # noqa: SLF001 (functions have no business with it)
    CURRENT.set(context)
    if parameter is None:
        return function(*args, **kwargs)
    placed, named = place(inspect.signature(function), parameter, context, args, kwargs)
    return function(*placed, **named)


class _ChildBackend:
    """The context backend in a child: the executor carries out the calls."""

    def __init__(self, link: ChildContext) -> None:
        self._link = link

    def complete(self, process: Process, since: float) -> Process:
        completed: Process = self._link.ask("complete")
        return completed

    def log(self, process: Process, message: str) -> None:
        self._link.ask("log", message)

    def progress(self, process: Process, fraction: float, message: str, *, shown: bool) -> None:
        if shown:
            self._link.ask("shown_progress", fraction, message)
        else:
            self._link.tell("progress", fraction, message)

    def set_output(self, process: Process, output: list[Any]) -> None:
        self._link.ask("set_output", output)

    def add_attribute(self, process: Process, key: str, value: str) -> None:
        self._link.ask("add_attribute", key, value)

    def add_child(
        self,
        process: Process,
        spec: FuncSpec,
        nodename: str,
        childprocessid: str,
        *,
        insert: bool,
    ) -> Process:
        added: Process = self._link.ask("add_child", spec, nodename, childprocessid, insert)
        return added

    def submit(self, spec: FuncSpec) -> Process:
        submitted: Process = self._link.ask("submit", spec)
        return submitted

    def send(
        self,
        process: Process,
        channel: str,
        number: int,
        payload: str | bytes,
        reply: int,
        kind: str,
    ) -> None:
        self._link.ask("send", channel, number, payload, reply, kind)

    def read(self, process: Process, channel: str, after: int) -> list[ChannelEntry]:
        entries: list[ChannelEntry] = self._link.ask("read", channel, after)
        return entries

    def follow(
        self,
        process: Process,
        channel: str,
        timeout: float | None,
    ) -> Iterator[ChannelEntry]:
        number = self._link.ask("follow", channel, timeout)
        while (entry := self._link.ask("followed", number)) is not None:
            yield entry


class _ParentBackend:
    """The other half of `_ChildBackend`, in the executor."""

    def __init__(self, invocation: Invocation) -> None:
        self._invocation = invocation
        self._backend: ContextBackend = invocation.context._backend  # noqa: SLF001 (functions have no business with it)
        self._followed: dict[int, Iterator[ChannelEntry]] = {}
        self._numbers = itertools.count()
        self._lock = threading.Lock()

    @property
    def _process(self) -> Process:
        return self._invocation.process

    def complete(self) -> Process:
        return self._backend.complete(self._process, self._invocation.began)

    def log(self, message: str) -> None:
        self._backend.log(self._process, message)

    def progress(self, fraction: float, message: str) -> None:
        self._backend.progress(self._process, fraction, message, shown=False)

    def shown_progress(self, fraction: float, message: str) -> None:
        self._backend.progress(self._process, fraction, message, shown=True)

    def set_output(self, output: list[Any]) -> None:
        self._backend.set_output(self._process, output)

    def add_attribute(self, key: str, value: str) -> None:
        self._backend.add_attribute(self._process, key, value)

    def add_child(self, spec: FuncSpec, nodename: str, childprocessid: str, insert: bool) -> Process:
        return self._backend.add_child(self._process, spec, nodename, childprocessid, insert=insert)

    def submit(self, spec: FuncSpec) -> Process:
        return self._backend.submit(spec)

    def send(self, channel: str, number: int, payload: str | bytes, reply: int, kind: str) -> None:
        self._backend.send(self._process, channel, number, payload, reply, kind)

    def read(self, channel: str, after: int) -> list[ChannelEntry]:
        return self._backend.read(self._process, channel, after)

    def follow(self, channel: str, timeout: float | None) -> int:
        with self._lock:
            number = next(self._numbers)
            self._followed[number] = self._backend.follow(self._process, channel, timeout)
        return number

    def followed(self, number: int) -> ChannelEntry | None:
        return next(self._followed[number], None)
