"""A stand-in for the server: tests call functions of an executor with it and see what they did."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from datetime import datetime, timezone
from pathlib import Path
from typing import Any

from pycolonies._executor.context import AsyncContext, Context
from pycolonies._executor.results import success
from pycolonies._home import publish_for_tests
from pycolonies._models import Attribute, FuncSpec, Process
from pycolonies._records import ChannelEntry


class Rehearsal:
    """Stands in for the server when a test calls a function, and records what the function does.

    ::

        rehearsal = Rehearsal()
        assert executor.call("resize", "a.png", width=10, rehearsal=rehearsal) == {"width": 10}
        assert rehearsal.logs == ["resizing"]

        resize("a.png", 10, ctx=rehearsal.context)  # the same, without an executor

    Args:
        process: The process of the context.
        maxexectime: Time limit that the context reports, in seconds; None for no limit.
        attributes: Attributes and environment of the process.
        messages: The messages that the function reads, by channel.
        files: Directory used as the process's ``fs.mount``.

    Attributes:
        logs: Lines that the function has added to the log.
        progress: Each report of progress: a number from 0 to 1, and a text.
        outputs: Each output that it stored while it ran.
        attributes: Attributes that it has added.
        children: The function specs of children that it has added.
        submitted: The function specs that it has submitted.
        sent: The messages that it has sent, by channel.
    """

    def __init__(
        self,
        process: Process | None = None,
        *,
        maxexectime: float | None = None,
        attributes: Mapping[str, str] | None = None,
        messages: Mapping[str, Sequence[str | bytes]] | None = None,
        files: Path | None = None,
    ) -> None:
        self.process = process or Process(processid="0" * 64, assignedexecutorid="1" * 64, state=1)
        if attributes:
            self.process.attributes = [
                Attribute(key=key, value=value, attributetype=3) for key, value in attributes.items()
            ]
        self.logs: list[str] = []
        self.progress: list[tuple[float, str]] = []
        self.outputs: list[list[Any]] = []
        self.attributes: dict[str, str] = {}
        self.children: list[FuncSpec] = []
        self.submitted: list[FuncSpec] = []
        self.sent: dict[str, list[str | bytes]] = {}
        self._messages = {
            name: [_entry(number, text) for number, text in enumerate(texts, 1)]
            for name, texts in (messages or {}).items()
        }
        backend = _RehearsalBackend(self)
        self._contexts = (
            Context(self.process, backend, maxexectime),
            AsyncContext(self.process, backend, maxexectime),
        )
        if files is not None:
            from pycolonies._files.mounts import Mounts

            mounts = Mounts(files, self.process.spec.fs.mount if self.process.spec.fs else "")
            for context in self._contexts:
                context._mounts = mounts  # noqa: SLF001 (made for it)

    @property
    def context(self) -> Context:
        """The context of a plain function or a generator."""
        return self._contexts[0]

    @property
    def async_context(self) -> AsyncContext:
        """The context of a coroutine function or an asynchronous generator."""
        return self._contexts[1]

    def cancel(self) -> None:
        """Cancel the process: the function's result will be discarded."""
        for context in self._contexts:
            context._tell(cancelled=True)  # noqa: SLF001 (made for it)

    def stop(self) -> None:
        """Tell the function that the executor is stopping."""
        for context in self._contexts:
            context._tell(stopping=True)  # noqa: SLF001 (made for it)


class _RehearsalBackend:
    """Records calls instead of making them. It refuses the values that a server would refuse."""

    def __init__(self, rehearsal: Rehearsal) -> None:
        self._kept = rehearsal

    def complete(self, process: Process, since: float) -> Process:
        return process

    def log(self, process: Process, message: str) -> None:
        self._kept.logs.append(message)

    def progress(self, process: Process, fraction: float, message: str, *, shown: bool) -> None:
        self._kept.progress.append((fraction, message))

    def set_output(self, process: Process, output: list[Any]) -> None:
        success(process.processid, output, "set_output")
        self._kept.outputs.append(output)

    def add_attribute(self, process: Process, key: str, value: str) -> None:
        if key in self._kept.attributes:
            raise ValueError(f"attribute {key!r} already exists; names must be unique")
        self._kept.attributes[key] = value

    def add_child(
        self,
        process: Process,
        spec: FuncSpec,
        nodename: str,
        childprocessid: str,
        *,
        insert: bool,
    ) -> Process:
        self._kept.children.append(spec.model_copy(update={"nodename": nodename}))
        return Process(processid=f"{len(self._kept.children):064x}", spec=spec, parents=[process.processid])

    def submit(self, spec: FuncSpec) -> Process:
        self._kept.submitted.append(spec)
        return Process(processid=f"{len(self._kept.submitted):064x}", spec=spec)

    def send(
        self,
        process: Process,
        channel: str,
        number: int,
        payload: str | bytes,
        reply: int,
        kind: str,
    ) -> None:
        self._kept.sent.setdefault(channel, []).append(payload)

    def read(self, process: Process, channel: str, after: int) -> list[ChannelEntry]:
        return self._kept._messages.get(channel, [])[after:]  # noqa: SLF001 (its other half)

    def follow(self, process: Process, channel: str, timeout: float | None) -> Iterator[ChannelEntry]:
        yield from self.read(process, channel, 0)


def _entry(number: int, text: str | bytes) -> ChannelEntry:
    return ChannelEntry(
        sequence=number,
        inreplyto=0,
        timestamp=datetime.now(timezone.utc).isoformat(),
        senderid="2" * 64,
        payload=text.encode() if isinstance(text, str) else text,
        type="",
    )


publish_for_tests(Rehearsal)
