"""An executor of the standard library whose calls run in a colony."""

from __future__ import annotations

import threading
from collections import deque
from collections.abc import Callable, Coroutine
from concurrent.futures import Executor, Future
from types import NoneType, TracebackType
from typing import TYPE_CHECKING, Any, Concatenate, TypeVar, cast, overload

from pycolonies import _checks as checks
from pycolonies._client import Colonies
from pycolonies._futures.map import CANCELLING, stall_of
from pycolonies._futures.queued import QueuedHandle
from pycolonies._home import publish
from pycolonies._rpc.defaults import OWN
from pycolonies._rpc.keys import Key, sealed
from pycolonies._specs.returned import reader_for
from pycolonies._waiting.slices import wait_for, wait_while_moving

if TYPE_CHECKING:
    from typing_extensions import ParamSpec, Unpack

    from pycolonies._executor.context import BaseContext
    from pycolonies._specs.call import CallOptions

    _Arguments = ParamSpec("_Arguments")

_Context = TypeVar("_Context", bound="BaseContext")
_Result = TypeVar("_Result")


class ColoniesPoolExecutor(Executor):
    """An executor like those of ``concurrent.futures``, whose calls run on executors of a colony.

    ::

        with ColoniesPoolExecutor(executortype="image-executor", maxexectime=60) as pool:
            for size in pool.map(resize, paths):
                print(size)

    Only the name of a function is sent, and executors must know it. Arguments and results must have a JSON
    form. Futures are `ProcessHandle` objects: their ``processid`` is empty until they are submitted,
    which is done in the background. A future can be cancelled while its process runs, too.

    Args:
        client: Client to use; by default one from the usual environment variables.
        prvkey: Private key of a member; the client's own by default.
        colonyname: Colony of the executors; the client's own by default.
        window: How many processes are outstanding at most. Further calls wait here.
        options: Options of the calls, as in `Colonies.submit`.

    Raises:
        ConfigurationError: No client is given, and a variable is missing or malformed.
        ValueError: The window is below 1.
    """

    @sealed
    def __init__(
        self,
        client: Colonies | None = None,
        *,
        prvkey: Key = OWN,
        colonyname: str = OWN,
        window: int = 1000,
        **options: Unpack[CallOptions],
    ) -> None:
        checks.integer("window", window, 1)
        checks.kind("client", client, (Colonies, NoneType), "a Colonies")
        self._client = Colonies.from_env() if client is None else client
        self._watcher = self._client._watcher(prvkey)  # noqa: SLF001 (part of the client)
        self._colonyname, self._options = colonyname, options
        self._lock = threading.Lock()
        self._room = window
        self._held: deque[QueuedHandle[Any]] = deque()
        self._started: set[QueuedHandle[Any]] = set()
        self._closed = False

    @overload
    def submit(
        self,
        fn: Callable[Concatenate[_Context, _Arguments], Coroutine[Any, Any, _Result]],
        /,
        *args: _Arguments.args,
        **kwargs: _Arguments.kwargs,
    ) -> Future[_Result]: ...

    @overload
    def submit(
        self,
        fn: Callable[Concatenate[_Context, _Arguments], _Result],
        /,
        *args: _Arguments.args,
        **kwargs: _Arguments.kwargs,
    ) -> Future[_Result]: ...

    @overload
    def submit(
        self,
        fn: Callable[_Arguments, Coroutine[Any, Any, _Result]],
        /,
        *args: _Arguments.args,
        **kwargs: _Arguments.kwargs,
    ) -> Future[_Result]: ...

    @overload
    def submit(
        self, fn: Callable[_Arguments, _Result], /, *args: _Arguments.args, **kwargs: _Arguments.kwargs
    ) -> Future[_Result]: ...

    @overload
    def submit(self, fn: str, /, *args: Any, **kwargs: Any) -> Future[Any]: ...

    def submit(self, fn: Callable[..., Any] | str, /, *args: Any, **kwargs: Any) -> Future[Any]:
        """Submit a call of a function.

        Args:
            fn: A Python function, or the name of one.
            args: Its positional arguments.
            kwargs: Its keyword arguments.

        Raises:
            RuntimeError: The executor was shut down.
            TypeError: The function does not take these arguments, or one has no JSON form.
            ValueError: The executor type is not known.
        """
        spec = self._client._spec_of(fn, args, kwargs, self._colonyname, self._options)  # noqa: SLF001 (the rules of submit)
        handle = QueuedHandle(spec, self._watcher, reader_for(fn))
        with self._lock:
            if self._closed:
                raise RuntimeError("cannot schedule new futures after shutdown")
            self._held.append(handle)
        handle.add_done_callback(self._ended)
        self._start()
        return handle

    def shutdown(self, wait: bool = True, *, cancel_futures: bool = False) -> None:
        """Accept no more calls.

        Args:
            wait: Wait until all calls have ended.
            cancel_futures: Cancel outstanding calls, including running ones.
        """
        outstanding = self._close(cancel=cancel_futures)
        if wait:
            wait_for(outstanding, None)
            wait_for([job for handle in outstanding for job in handle.jobs], None)

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, traceback: TracebackType | None
    ) -> None:
        """Wait until all calls have ended. Ctrl-C and the like cancel them, and wait for a moment only."""
        if error is None or isinstance(error, Exception):
            self.shutdown()
            return
        outstanding = self._close(cancel=True)
        jobs = [job for handle in outstanding for job in handle.jobs]
        wait_while_moving(jobs, stall_of(self._watcher, error), CANCELLING)

    def _close(self, *, cancel: bool) -> list[QueuedHandle[Any]]:
        """Accept no more calls, and return the outstanding ones."""
        with self._lock:
            self._closed = True
            outstanding = [*self._held, *self._started]
        if cancel:
            for handle in outstanding:
                handle.cancel()
        return outstanding

    def _start(self) -> None:
        """Start calls until the window is full."""
        while True:
            with self._lock:
                if not self._held or len(self._started) >= self._room:
                    return
                handle = self._held.popleft()
                if handle.done():
                    continue
                self._started.add(handle)
            handle.start()
            if handle.done():  # it was cancelled just now
                self._ended(handle)

    def _ended(self, future: Future[Any]) -> None:
        with self._lock:
            self._started.discard(cast("QueuedHandle[Any]", future))
        self._start()


publish(__name__)
