"""Handles of calls that are submitted by their own thread."""

from __future__ import annotations

from collections.abc import Callable
from concurrent.futures import Future
from typing import TYPE_CHECKING, Any, TypeVar

from pycolonies._futures.handle import ProcessHandle
from pycolonies._loggers import logger
from pycolonies._models import FuncSpec, Process
from pycolonies.errors import ColoniesError, InvalidRequestError

if TYPE_CHECKING:
    from pycolonies._waiting.process_ends import Watcher

_Result = TypeVar("_Result")
_LOG = logger("pycolonies")


class QueuedHandle(ProcessHandle[_Result]):
    """A handle that exists before its process: making or cancelling it never waits for the server.

    `processid` is empty until the process has been submitted.
    """

    def __init__(
        self, spec: FuncSpec, watcher: Watcher, read: Callable[[Any], _Result] | None = None
    ) -> None:
        super().__init__(Process(spec=spec), watcher, read)
        #: The jobs of threads for this handle.
        self.jobs: list[Future[None]] = []

    def start(self) -> None:
        """Submit the call in a thread."""
        self.jobs.append(self._watcher.spawn(self._submit))

    def refresh(self) -> Process:
        """Fetch the process from the server, if it has been submitted, and return it."""
        return super().refresh() if self.processid else self.process

    def cancel(self) -> bool:
        """Cancel the call at once. If it has been submitted, a thread cancels the process at the server.

        Returns:
            Whether it is cancelled; False if it had ended before.
        """
        if not self._settled.acquire(blocking=False):
            return self.cancelled()
        self._give_up()
        if self.processid:
            self.jobs.append(self._watcher.spawn(self._cancel_there))
        return True

    def _submit(self) -> None:
        if self.done():
            return
        try:
            process = self._watcher.submit(self.process.spec)
        except BaseException as fault:  # noqa: BLE001 (raised by `result`)
            self.lost(fault)
            return
        self.process = process
        if self.done():  # it was cancelled meanwhile
            self._cancel_there()
        else:
            self._watcher.add(self)

    def _cancel_there(self) -> None:
        self._watcher.dismiss(self)
        try:
            self._watcher.cancel(self.processid)
        except InvalidRequestError:
            pass  # it has ended
        except ColoniesError as fault:
            _LOG.warning("process %s could not be cancelled, and goes on: %s", self.processid, fault)
