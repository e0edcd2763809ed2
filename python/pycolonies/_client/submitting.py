"""Calls that submit functions and return handles of their results."""

from __future__ import annotations

import secrets
from collections.abc import Callable, Coroutine, Iterable, Mapping, Sequence
from importlib import import_module
from types import NoneType
from typing import TYPE_CHECKING, Any, Concatenate, ParamSpec, TypeVar, overload

from pycolonies import _checks as checks
from pycolonies._client.resubmitting import ResubmittingCalls
from pycolonies._models import FuncSpec, Process
from pycolonies._rpc.defaults import OWN
from pycolonies._rpc.keys import Key, PrivateKey
from pycolonies._specs.again import changes_of, spec_again
from pycolonies._specs.call import call_spec
from pycolonies._specs.returned import reader_for
from pycolonies._specs.submission import delayed, due_time, with_key

if TYPE_CHECKING:
    from datetime import datetime

    from typing_extensions import Self, Unpack

    from pycolonies._aio.transport import AsyncTransport
    from pycolonies._executor.context import BaseContext
    from pycolonies._futures.handle import ProcessHandle
    from pycolonies._futures.map import Results
    from pycolonies._records import Cron
    from pycolonies._specs.call import CallOptions, MapOptions, SubmitOptions
    from pycolonies._waiting.process_ends import Watcher


_Arguments = ParamSpec("_Arguments")
_Context = TypeVar("_Context", bound="BaseContext")
_Result = TypeVar("_Result")


class SubmittingCalls(ResubmittingCalls):
    """Calls that submit functions and return handles of their results."""

    #: Options of the functions that this client submits; see `with_options`.
    _options: Mapping[str, Any] = {}

    @overload
    def submit(
        self,
        spec: Callable[..., Coroutine[Any, Any, _Result]],
        prvkey: Key = OWN,
        **options: Unpack[SubmitOptions],
    ) -> ProcessHandle[_Result]: ...
    @overload
    def submit(
        self, spec: Callable[..., _Result], prvkey: Key = OWN, **options: Unpack[SubmitOptions]
    ) -> ProcessHandle[_Result]: ...
    @overload
    def submit(
        self, spec: FuncSpec | Mapping[str, Any] | str, prvkey: Key = OWN, **options: Unpack[SubmitOptions]
    ) -> ProcessHandle[Any]: ...
    def submit(
        self,
        spec: FuncSpec | Mapping[str, Any] | Callable[..., Any] | str,
        prvkey: Key = OWN,
        *,
        args: Sequence[Any] = (),
        kwargs: Mapping[str, Any] | None = None,
        colonyname: str = OWN,
        idempotency_key: str | None = None,
        eta: datetime | None = None,
        countdown: float | None = None,
        **options: Unpack[CallOptions],
    ) -> ProcessHandle[Any]:
        """Submit a call of a function, and return a handle of its result.

        ::

            handle = client.submit(resize, args=["cat.png"], executortype="image-executor", maxexectime=60)
            print(handle.result(timeout=120))

        Args:
            spec: A Python function, the name of one, or a function spec. Only the name of a Python function
                is sent, and the executor must know it.
            prvkey: Private key of a member.
            args: Positional arguments of the function.
            kwargs: Keyword arguments of the function.
            colonyname: Colony of the executors.
            idempotency_key: Submit the call once: a process with this key that waits, runs or was successful
                is returned instead, and ``handle.existing`` is True. Executors of this package run one of
                several that were submitted at the same moment.
            eta: When the function may start, at most an hour ahead; with a time zone.
            countdown: Seconds after the submission when it may start, up to 3600.
            options: Options of the call: ``executortype`` (required), ``executorname``, ``priority``,
                ``maxexectime``, ``maxretries``, ``maxwaittime``, ``fs``, ``env``, ``label``, ``channels``,
                and ``code``, which also sends the source code: True for the function's, or a string.

        Returns:
            A future, which is also the process as it was submitted.

        Raises:
            TypeError: The function does not take these arguments, or one has no JSON form.
            ValueError: The executor type is not known, `eta` or `countdown` is too far ahead, or the
                idempotency key is that of another call.
            PermissionDeniedError: The key is no member's.
            ConnectionLostError: The connection broke; the process may exist anyway. It is never
                submitted twice.
        """
        given = delayed(self._spec_of(spec, args, kwargs, colonyname, options), eta, countdown)
        existing = None
        if idempotency_key is not None:
            given = with_key(given, idempotency_key)
            existing = self._find_by_key(given, prvkey)
        process = existing or self.submit_func_spec(given, prvkey)
        handle = self._handle_of(process, prvkey, spec)
        handle.existing = existing is not None
        return handle

    def schedule(
        self,
        spec: FuncSpec | Mapping[str, Any] | Callable[..., Any] | str,
        prvkey: Key = OWN,
        *,
        eta: datetime | None = None,
        countdown: float | None = None,
        name: str | None = None,
        args: Sequence[Any] = (),
        kwargs: Mapping[str, Any] | None = None,
        colonyname: str = OWN,
        **options: Unpack[CallOptions],
    ) -> Cron:
        """Schedule a call further ahead than `submit` allows, with a one-shot cron.

        ::

            cron = client.schedule(remind, args=["Ada"], eta=datetime(2026, 12, 24, 18, tzinfo=timezone.utc))
            client.del_cron(cron["cronid"])  # calls it off

        There is no process before that time. It has the label ``pycolonies.once:NAME``, and an executor of
        this package removes the cron. Executors in other languages don't, so that it runs again in a year.

        Args:
            spec: The function, as in `submit`.
            prvkey: Private key of a member.
            eta: When, with a time zone: at least 10 seconds and at most 360 days ahead.
            countdown: In how many seconds.
            name: Name of the cron, unique in the colony: a second call with it is refused. Random by default.
            args: Positional arguments of the function.
            kwargs: Keyword arguments of the function.
            colonyname: Colony of the executors.
            options: Options of the call, as in `submit`, without a label.

        Returns:
            The cron.

        Raises:
            TypeError: Both or neither of `eta` and `countdown` are given, or as in `submit`.
            ValueError: The time is too soon or too far ahead, or as in `submit`.
            InvalidRequestError: The name is taken.
            PermissionDeniedError: The key is no member's.
        """
        due = due_time(eta, countdown)
        checks.kind("name", name, (str, NoneType), "a string")
        given = self._spec_of(spec, args, kwargs, colonyname, options)
        if given.label:
            raise ValueError(
                f"a scheduled call is found by its label, so the label {given.label!r} can't be given"
            )
        return self._add_once(name or f"once-{secrets.token_hex(8)}", given, due, prvkey)

    @overload
    def call(
        self,
        func: Callable[Concatenate[_Context, _Arguments], Coroutine[Any, Any, _Result]],
        /,
        *args: _Arguments.args,
        **kwargs: _Arguments.kwargs,
    ) -> ProcessHandle[_Result]: ...
    @overload
    def call(
        self,
        func: Callable[Concatenate[_Context, _Arguments], _Result],
        /,
        *args: _Arguments.args,
        **kwargs: _Arguments.kwargs,
    ) -> ProcessHandle[_Result]: ...
    @overload
    def call(
        self,
        func: Callable[_Arguments, Coroutine[Any, Any, _Result]],
        /,
        *args: _Arguments.args,
        **kwargs: _Arguments.kwargs,
    ) -> ProcessHandle[_Result]: ...
    @overload
    def call(
        self, func: Callable[_Arguments, _Result], /, *args: _Arguments.args, **kwargs: _Arguments.kwargs
    ) -> ProcessHandle[_Result]: ...
    def call(self, func: Callable[..., Any], /, *args: Any, **kwargs: Any) -> ProcessHandle[Any]:
        """Submit a call of a function as it is written in Python; type checkers check the arguments.

        ::

            image = client.with_options(executortype="image-executor", maxexectime=60)
            thumbnail = image.call(resize, "cat.png", width=100).result(timeout=120)

        A context that is the first parameter is left out; the executor passes it.

        Args:
            func: The function. Only its name is sent, and the executor must know it.
            args: Its positional arguments.
            kwargs: Its keyword arguments.

        Raises:
            TypeError: The function does not take these arguments, or one cannot be sent.
            ValueError: The executor type is not known.
        """
        return self.submit(func, args=args, kwargs=kwargs)

    def with_options(self, **options: Unpack[CallOptions]) -> Self:
        """Return a client with options for the functions that it submits. It shares the connections.

        Args:
            options: Options of calls, as in `submit`. Options of a single call take precedence.
        """
        client = self.bind()
        client._options = {**self._options, **options}  # noqa: SLF001 (it is a client, too)
        return client

    def get_handle(self, processid: str, prvkey: Key = OWN) -> ProcessHandle[Any]:
        """Return a handle of a process that was submitted before, by this program or another.

        Args:
            processid: Its id.
            prvkey: Private key of a member.

        Raises:
            NotFoundError: There is no such process.
            PermissionDeniedError: The key is no member's.
        """
        return self._handle_of(self.get_process(processid, prvkey), prvkey)

    def resubmit(
        self,
        processid: str,
        prvkey: Key = OWN,
        *,
        args: Sequence[Any] | None = None,
        kwargs: Mapping[str, Any] | None = None,
    ) -> ProcessHandle[Any]:
        """Resubmit a process as a new process with the same function spec.

        The copy has its own id, attributes, log and channels, and goes to the end of the queue. Its
        environment names the first process, ``PYCOLONIES_RESUBMITTED``. It has no idempotency key. A node
        of a workflow becomes a process by itself, with its input as arguments; `resubmit_workflow` keeps
        the workflow.

        Args:
            processid: The process, in any state.
            prvkey: Private key of a member.
            args: Other positional arguments: JSON values, as a codec is not applied; None for the same.
            kwargs: Other keyword arguments, likewise.

        Raises:
            NotFoundError: There is no such process.
            TypeError: `args` is not a list, or `kwargs` is not a dictionary.
            SerializationError: An argument can't be sent.
            PermissionDeniedError: The key is no member's.
        """
        changes = changes_of(args, kwargs)
        return self.submit(spec_again(self.get_process(processid, prvkey), changes), prvkey)

    @overload
    def map(
        self,
        func: Callable[..., Coroutine[Any, Any, _Result]],
        *iterables: Iterable[Any],
        **options: Unpack[MapOptions],
    ) -> Results[_Result]: ...
    @overload
    def map(
        self, func: Callable[..., _Result], *iterables: Iterable[Any], **options: Unpack[MapOptions]
    ) -> Results[_Result]: ...
    @overload
    def map(self, func: str, *iterables: Iterable[Any], **options: Unpack[MapOptions]) -> Results[Any]: ...
    def map(
        self,
        func: Callable[..., Any] | str,
        *iterables: Iterable[Any],
        kwargs: Mapping[str, Any] | None = None,
        prvkey: Key = OWN,
        colonyname: str = OWN,
        window: int = 256,
        ordered: bool = True,
        timeout: float | None = None,
        return_exceptions: bool = False,
        progress: bool = False,
        **options: Unpack[CallOptions],
    ) -> Results[Any]:
        """Call a function with each item of an iterable, and return an iterator of the results.

        The first calls are submitted at once, further ones as results arrive, so an iterable may be endless.
        If a call fails, or the iteration ends early, as by Ctrl-C or ``close()``, outstanding calls are
        cancelled.

        Args:
            func: A Python function, or the name of one.
            iterables: Its positional arguments, one from each iterable, until the shortest is exhausted.
            kwargs: Keyword arguments of all calls.
            prvkey: Private key of a member.
            colonyname: Colony of the executors.
            window: How many processes are outstanding at most.
            ordered: Yield results in the order of the items; False yields them as they arrive.
            timeout: Seconds from now until the last result; None for no limit.
            return_exceptions: Yield the exceptions of failed calls instead of their results, and continue.
            progress: Show a progress bar, if standard error is a terminal.
            options: Options of the calls, as in `submit`.

        Returns:
            An iterator of results. It is also a context manager, which cancels outstanding calls on exit.

        Raises:
            TypeError: The function cannot be called with an item, as in `submit`. Raised here, or by the
                iterator when it reaches that item, which also cancels outstanding calls.
            ValueError: The executor type is not known, or the window is below 1.
            ProcessFailedError: From the iterator: a call failed.
            ProcessCancelledError: From the iterator: a process was cancelled.
            WaitTimeoutError: From the iterator: the timeout has passed.
        """
        results = import_module("pycolonies._futures.map").Results
        found: Results[Any] = results(
            self._watcher(prvkey),
            lambda args: self._spec_of(func, args, kwargs, colonyname, options),
            iterables,
            window=window,
            ordered=ordered,
            timeout=timeout,
            return_exceptions=return_exceptions,
            progress=progress,
            read=reader_for(func),
        )
        return found

    def _spec_of(
        self,
        spec: FuncSpec | Mapping[str, Any] | Callable[..., Any] | str,
        args: Sequence[Any],
        kwargs: Mapping[str, Any] | None,
        colonyname: str,
        options: Mapping[str, Any],
    ) -> FuncSpec:
        """Return the function spec of a call."""
        if isinstance(spec, FuncSpec | Mapping):
            if args or kwargs or options:
                raise TypeError(
                    "args, kwargs and options must not be given with a function spec: set its fields instead"
                )
            return spec if isinstance(spec, FuncSpec) else FuncSpec.of(spec)
        endpoint, given = self.endpoint, {**self._options, **options}
        return call_spec(spec, args, kwargs or {}, endpoint.colony(colonyname), given, codec=endpoint.codec)

    def _handle_of(self, process: Process, prvkey: Key, func: object = None) -> ProcessHandle[Any]:
        """Return a handle of a process, and start watching the process."""
        # Futures take a while to import, so they are imported on first use.
        handles = import_module("pycolonies._futures.handle")
        watcher = self._watcher(prvkey)
        handle: ProcessHandle[Any] = handles.ProcessHandle(process, watcher, reader_for(func))
        handle.reference = (self, prvkey)
        watcher.add(handle)
        return handle

    def _connect_on_loop(self) -> AsyncTransport:
        """Return a transport for event loops, with the settings of this client."""
        transport: AsyncTransport = import_module("pycolonies._aio.connect").connect_as(self, 1)
        return transport

    def _watcher(self, prvkey: Key) -> Watcher:
        """Return the watcher of processes for this client and key."""
        endpoint = self._endpoint(prvkey)
        watchers: dict[PrivateKey, Watcher] = self.__dict__.setdefault("_watchers", {})
        if endpoint.key not in watchers:
            make = import_module("pycolonies._waiting.process_ends").Watcher
            watchers.setdefault(endpoint.key, make(endpoint, self._connect_on_loop))
        return watchers[endpoint.key]
