"""The context backend of executors: it carries out the calls of contexts at the server."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from typing import TYPE_CHECKING, Any

from pycolonies._rpc.encoding import dumps
from pycolonies._waiting.completion import Completion
from pycolonies.errors import ProcessCancelledError

if TYPE_CHECKING:
    from pycolonies._client import Colonies
    from pycolonies._executor.context import ContextBackend
    from pycolonies._executor.functions import RegisteredFunction
    from pycolonies._executor.observe.events import Observer, Outcome
    from pycolonies._models import FuncSpec, Process
    from pycolonies._records import ChannelEntry

#: Calls that change the process. They are refused once its result will be discarded.
_CHANGES = frozenset({"log", "progress", "set_output", "add_attribute", "add_child", "send"})


class ServerBackend:
    """Carries out the calls of contexts at the server, signed with the executor's key.

    Args:
        client: A client that signs with the executor's key and calls its colony.
        observer: Observes logs and progress.
    """

    def __init__(self, client: Colonies, observer: Observer) -> None:
        self._client = client
        self._observer = observer
        #: Completes processes that were assigned too early.
        self.completion = Completion(client.get_process)

    def complete(self, process: Process, since: float) -> Process:
        return self.completion(process, since)

    def log(self, process: Process, message: str) -> None:
        self._client.add_log(process.processid, message)
        self._observer.logged(process, message)

    def progress(self, process: Process, fraction: float, message: str, *, shown: bool) -> None:
        self._observer.progressed(process, fraction, message)
        if shown:
            self._client.add_log(process.processid, f"progress {fraction:.0%} {message}".rstrip())

    def set_output(self, process: Process, output: list[Any]) -> None:
        self._client.set_output(process.processid, output)

    def add_attribute(self, process: Process, key: str, value: str) -> None:
        self._client.add_attribute(process.processid, key, value)

    def add_child(
        self, process: Process, spec: FuncSpec, nodename: str, childprocessid: str, *, insert: bool
    ) -> Process:
        return self._client.add_child(
            process.processgraphid, process.processid, childprocessid, spec, nodename, insert
        )

    def submit(self, spec: FuncSpec) -> Process:
        return self._client.submit_func_spec(spec)

    def send(
        self, process: Process, channel: str, number: int, payload: str | bytes, reply: int, kind: str
    ) -> None:
        self._client.channel_append(
            process.processid, channel, number, payload, in_reply_to=reply, payload_type=kind
        )

    def read(self, process: Process, channel: str, after: int) -> list[ChannelEntry]:
        return self._client.channel_read(process.processid, channel, after, 0)

    def follow(self, process: Process, channel: str, timeout: float | None) -> Iterator[ChannelEntry]:
        return self._client.follow_channel(process.processid, channel, timeout=timeout)


class FencedBackend:
    """Carries out the calls of a run's context until the result of the run will be discarded.

    Servers distinguish executors, not attempts: a call of an attempt that this executor has given up would
    count for a later attempt of the same executor.

    It does not refer to the run, which refers to it: only the garbage collector would free them.

    Args:
        backend: Carries out the calls.
        process: The process of the run.
        offered: The function that runs.
    """

    def __init__(self, backend: ContextBackend, process: Process, offered: RegisteredFunction) -> None:
        self._backend = backend
        self._process = process
        self._offered = offered
        #: Why the result will be discarded; None while it is wanted.
        self.dropped: Outcome | None = None
        #: Whether the run has begun to store output. The server may carry that out at any later time.
        self.stores = False
        #: Whether it is unknown which output the server has: a call is under way, or has failed.
        self.unsure = False
        #: The output that the run has stored last, as JSON; None if it has stored none.
        self.output: str | None = None

    def set_output(self, process: Process, output: list[Any]) -> None:
        written = self._offered.written(output)
        text = dumps(written, "output")  # now: the function may change its values later
        self.stores = True  # before the check, so that a drop that lets this call pass knows of it
        self._check()
        self.unsure = True
        self._backend.set_output(process, written)
        self.output, self.unsure = text, False

    def __getattr__(self, name: str) -> Callable[..., Any]:
        if name.startswith("_"):
            raise AttributeError(name)
        method: Callable[..., Any] = getattr(self._backend, name)
        if name in _CHANGES:
            self._check()
        return method

    def _check(self) -> None:
        if self.dropped is not None:
            raise ProcessCancelledError(self._process.spec.funcname, self._process.processid)
