"""The public `Executor`: it registers functions and runs them."""

from __future__ import annotations

import os
import threading
import time
from collections.abc import Callable, Iterable, Mapping, Sequence
from pathlib import Path
from types import NoneType, TracebackType
from typing import TYPE_CHECKING, Any, TypeVar, overload

from pycolonies import _checks as checks
from pycolonies._client import Colonies
from pycolonies._executor.children.script import leave_if_loading
from pycolonies._executor.crons import CronJob, check_times
from pycolonies._executor.extensions import Extensions, Hook
from pycolonies._executor.function_retries import Backoff, RetryPolicy
from pycolonies._executor.functions import RegisteredFunction, offer, redefines
from pycolonies._executor.identity import Identity, resolve
from pycolonies._executor.limits import Limits
from pycolonies._executor.middleware import manager_of
from pycolonies._executor.observe.console import announced
from pycolonies._executor.observe.events import Observer
from pycolonies._executor.observe.observers import Observers
from pycolonies._executor.observe.records import LogRecords
from pycolonies._executor.observe.stats import ExecutorStats, StatsObserver
from pycolonies._executor.reaper import reaping
from pycolonies._executor.shutdown import ANNOUNCE, AT_EXIT, LEAVE, LEAVE_NOW, finish
from pycolonies._executor.state import State
from pycolonies._executor.stop_request import StopRequest
from pycolonies._home import publish
from pycolonies._rpc import green
from pycolonies._rpc.keys import Key, sealed
from pycolonies._shown import shown
from pycolonies._specs.call import call_spec, funcname_of, note_executor
from pycolonies.errors import ConfigurationError, UnknownFunctionError

if TYPE_CHECKING:
    import asyncio

    from typing_extensions import Self, Unpack

    from pycolonies._executor.functions import FunctionOptions
    from pycolonies._executor.injected.policy import CodePolicy
    from pycolonies._executor.rehearsal import Rehearsal
    from pycolonies._executor.runtime import Runtime
    from pycolonies._records import Capabilities
    from pycolonies._rpc.codec import Codec
    from pycolonies._specs.call import CronOptions

#: How long functions wait between retries by default.
BACKOFF = Backoff()

_Function = TypeVar("_Function", bound=Callable[..., Any])

#: Longest time between heartbeats, in seconds. Servers unregister an executor after 600 s by default.
HEARTBEAT = 10.0
#: Seconds between checks whether running processes were cancelled.
CHECK_EVERY = 5.0
#: Seconds that running functions have when the executor stops.
GRACE = 30.0
#: Seconds between checks for a second signal.
LOOK = 0.05


def _ignore(fault: Exception) -> None:
    """Ignore a failure that was logged."""


class Executor:
    """Runs functions for a colony.

    ::

        executor = Executor(executortype="image-executor")

        @executor.function
        def resize(path: str, width: int = 100, *, ctx: Context) -> dict:
            ctx.log("resizing")
            ...

        executor.run(concurrency=16)

    Server, colony and keys default to the usual environment variables. With the colony's key
    (``COLONIES_COLONY_PRVKEY``) the executor makes its own key, adds itself under a new name, and removes
    itself when it stops. With its own key (`prvkey`, or ``COLONIES_PRVKEY`` without a colony's key) it is the
    executor of that key, and waits to be approved.

    Args:
        executortype: Its type: function specs name it. ``COLONIES_EXECUTOR_TYPE`` where it is left out.
        executorname: Its name, unique in the colony.
        colonyname: Its colony.
        prvkey: Its private key; for one executor at a time.
        colony_prvkey: The private key of the colony's owner, with which it adds itself.
        client: A client of the server.
        capabilities: Its hardware and software.
        locationname: Where it is; function specs may name that, too.
        unregister: Whether it unregisters when it stops. By default, where it has made its own key.
        heartbeat: Longest time between heartbeats, in seconds.
        check_every: Seconds between checks whether running processes were cancelled.
        code: Policy for source code that arrives with processes. By default none is run.
        fs_dir: Directory in which the files of processes with ``fs`` are mounted. Defaults to
            ``EXECUTOR_FS_DIR``, or a temporary directory.
        observers: Observers of the executor's events.
        codec: Reads arguments and writes results that JSON lacks a form for: a `TypeCodec`, or any `Codec`.
            Defaults to the one of `client`.
    """

    @sealed
    def __init__(
        self,
        executortype: str | None = None,
        *,
        executorname: str | None = None,
        colonyname: str | None = None,
        prvkey: Key | None = None,
        colony_prvkey: Key | None = None,
        client: Colonies | None = None,
        capabilities: Capabilities | None = None,
        locationname: str = "",
        unregister: bool | None = None,
        heartbeat: float = HEARTBEAT,
        check_every: float = CHECK_EVERY,
        code: CodePolicy | None = None,
        fs_dir: str | os.PathLike[str] | None = None,
        observers: Iterable[Observer] = (),
        codec: Codec | None = None,
    ) -> None:
        checks.seconds("heartbeat", heartbeat, positive=True)
        checks.seconds("check_every", check_every, positive=True)
        for name, text in (
            ("executortype", executortype),
            ("executorname", executorname),
            ("colonyname", colonyname),
            ("locationname", locationname),
        ):
            checks.kind(name, text, (str, NoneType), "a string")
        checks.kind("client", client, (Colonies, NoneType), "a Colonies")
        checks.kind("capabilities", capabilities, (Mapping, NoneType), "a Capabilities or a dictionary")
        checks.kind("unregister", unregister, (bool, NoneType), "True, False or None")
        checks.file_path("fs_dir", fs_dir)
        checks.several("observers", observers, "a list of observers", Observer, "an Observer")
        checks.check_codec(codec)
        if code is not None:
            from pycolonies._executor.injected.policy import CodePolicy

            checks.kind("code", code, CodePolicy, "a CodePolicy")
        self._who = (executortype, executorname, colonyname, prvkey, colony_prvkey)
        self._client = client
        self._capabilities = capabilities
        self._locationname = locationname
        self._unregister = unregister
        self._heartbeat = heartbeat
        self._check_every = check_every
        self._code = code
        self._fs_dir = None if fs_dir is None else Path(fs_dir)
        self._stats = StatsObserver()
        self._observers = [self._stats, LogRecords(), *observers]
        self._functions: dict[str, RegisteredFunction] = {}
        if codec is None and client is not None:
            codec = client.endpoint.codec
        self._extensions = Extensions(codec=codec)
        self._identity: Identity | None = None
        self._runtime: Runtime | None = None
        self._stop_request: StopRequest | None = None
        self._lock = threading.Lock()
        self._over = threading.Event()

    @overload
    def function(self, func: _Function, **options: Unpack[FunctionOptions]) -> _Function: ...
    @overload
    def function(
        self, func: None = None, **options: Unpack[FunctionOptions]
    ) -> Callable[[_Function], _Function]: ...
    def function(
        self,
        func: _Function | None = None,
        *,
        name: str | None = None,
        description: str | None = None,
        process: bool = False,
        retries: int = 0,
        backoff: Callable[[int, BaseException], float] = BACKOFF,
        retry_on: type[BaseException] | tuple[type[BaseException], ...] = (Exception,),
        give_up_on: type[BaseException] | tuple[type[BaseException], ...] = (),
        max_concurrent: int | None = None,
        rate: str | None = None,
    ) -> _Function | Callable[[_Function], _Function]:
        """Offer a function. It stays unchanged; `Colonies.submit` reads the executor type from it.

        A running executor offers it at once. A function that is defined again, as by a notebook cell that
        runs twice, replaces the earlier one.

        Args:
            func: A plain function, a generator, a coroutine function, or an asynchronous generator.
            name: Its name in function specs. Defaults to the function's own name.
            description: What it does. Defaults to its docstring.
            process: Run it in a child process: for work that holds the GIL, or may crash. The child imports
                the function's module; arguments and return value are pickled.
            retries: How often it runs again for a process after exceptions, at most. A run that is killed
                with its executor, or exceeds ``maxexectime``, counts for ``maxretries`` instead.
            backoff: Seconds to wait before it runs again: a `Backoff`, or a function of the number of the
                failure, from 1, and the exception.
            retry_on: Exceptions after which it runs again. It always does after `Retry`.
            give_up_on: Exceptions after which it does not, whatever `retry_on` says. It never does after
                `GiveUp`.
            max_concurrent: How many runs of it there may be at a time on this executor. Other processes of it
                wait in the executor, without a slot; that time counts for ``maxexectime``.
            rate: How many runs of it may start within a period on this executor, retries included:
                ``"10/s"``, ``"100/min"``, ``"1/30s"``.

        Raises:
            ConfigurationError: It has ``process=True``, but a child process could not import it.
            TypeError: Its type hints cannot be evaluated, it has no name, or `retry_on` names no exceptions.
            ValueError: There is another function of that name, `retries` is negative, or `max_concurrent` or
                `rate` is malformed.
        """
        limits = Limits.of(max_concurrent, rate)
        policy = RetryPolicy(retries, backoff, retry_on, give_up_on)  # type: ignore[arg-type]  # it checks them

        def add(function: _Function) -> _Function:
            offered = offer(
                function,
                name,
                description,
                process=process,
                policy=policy,
                limits=limits,
                extensions=self._extensions,
            )
            known = self._functions.get(offered.name)
            if known is not None and not redefines(function, known.func):
                raise ValueError(f"function {offered.name!r} is already registered; choose another name")
            self._functions[offered.name] = offered
            note_executor(function, offered.name, self._who[0])
            if self._runtime is not None:
                self._runtime.functions_changed()
            return function

        return add if func is None else add(func)

    @property
    def state(self) -> State:
        """The state that the executor's functions share, as ``ctx.state``; tests may set it before `call`."""
        return self._extensions.state

    @overload
    def on_start(self, func: _Function, *, children: bool = True) -> _Function: ...
    @overload
    def on_start(self, func: None = None, *, children: bool = True) -> Callable[[_Function], _Function]: ...
    def on_start(
        self, func: _Function | None = None, *, children: bool = True
    ) -> _Function | Callable[[_Function], _Function]:
        """Have a function called when the executor starts, before it registers: to load, to connect.

        ::

            @executor.on_start
            async def connect(state: State) -> None:
                state.pool = await asyncpg.create_pool(DSN)

        Several run in the order in which they were added. What one raises ends `run`, `run_async` and
        `start` with that exception. Coroutine functions run on the event loop of the executor's functions.

        Args:
            func: The function, plain or a coroutine function. If it has a parameter, it receives the `State`.
            children: Run it in each child process, too, before the first call of a function there: memory is
                not shared. The function must then be at the top of its module, as functions with
                ``process=True``.
        """
        return self._hook(self._extensions.on_start, func, children)

    @overload
    def on_stop(self, func: _Function, *, children: bool = True) -> _Function: ...
    @overload
    def on_stop(self, func: None = None, *, children: bool = True) -> Callable[[_Function], _Function]: ...
    def on_stop(
        self, func: _Function | None = None, *, children: bool = True
    ) -> _Function | Callable[[_Function], _Function]:
        """Have a function called when the executor has stopped: to close what `on_start` has opened.

        It runs however the executor ends, also after a failure in `on_start`, unless the program is killed.
        Several run in reverse order; what one raises is logged. They have 30 seconds; another Ctrl-C ends the
        wait.

        Args:
            func: The function, as for `on_start`.
            children: Run it in each child process, too, when that ends; it has 2 seconds there.
        """
        return self._hook(self._extensions.on_stop, func, children)

    @staticmethod
    def _hook(
        hooks: list[Hook], func: _Function | None, children: bool
    ) -> _Function | Callable[[_Function], _Function]:
        def add(function: _Function) -> _Function:
            if not callable(function):
                raise TypeError(f"a hook must be a function, got {shown(function)}")
            hooks.append(Hook(function, children))
            return function

        return add if func is None else add(func)

    def cron(
        self,
        expression: str | None = None,
        *,
        interval: int | None = None,
        name: str | None = None,
        wait: bool = False,
        args: Sequence[Any] = (),
        kwargs: Mapping[str, Any] | None = None,
        **options: Unpack[CronOptions],
    ) -> Callable[[_Function], _Function]:
        """Have the colony call a function at certain times.

        ::

            @executor.cron("0 30 3 * * *", maxexectime=600)
            def clean() -> None: ...

        The cron is added when the executor starts, under a name that is unique in the colony: replicas and
        restarts find it there. If its times or arguments have changed, it is replaced. It stays when the
        executor stops; `Colonies.del_cron` removes it. Any executor of the type runs the function.

        Args:
            expression: Six fields, in the time zone of the server: second, minute, hour, day of month, month,
                day of week; or ``@daily``, ``@every 90s`` and the like.
            interval: Seconds between two runs, instead of an expression.
            name: Name of the cron. By default the executor's type, a dot, and the function's name.
            wait: Begin no run before the last one has ended.
            args: Positional arguments of the function.
            kwargs: Keyword arguments of the function.
            options: How it is called, as in `Colonies.submit`: ``maxexectime``, ``maxretries``,
                ``maxwaittime``, ``priority``.

        Raises:
            TypeError: Both or neither of `expression` and `interval` are given, or one has the wrong type.
            ValueError: The expression is empty, or the interval below 1. A server that refuses the expression
                ends `run` with a ConfigurationError.
        """
        times = check_times(expression, interval)

        def add(func: _Function) -> _Function:
            # Refuses arguments that the function does not take, or that can't be sent.
            call_spec(func, args, kwargs or {}, "", {"executortype": "any"}, codec=self._extensions.codec)
            known = next((one.name for one in self._functions.values() if one.func is func), None)
            if known is None:
                self.function(func)
                known = funcname_of(func)
            job = CronJob(name or "", known, *times, wait, tuple(args), dict(kwargs or {}), options)
            replaced = [
                one for one in self._extensions.crons if (one.name, one.funcname) != (job.name, known)
            ]
            self._extensions.crons[:] = [*replaced, job]
            if self._runtime is not None:
                self._runtime.functions_changed()
            return func

        return add

    def middleware(self, func: _Function) -> _Function:
        """Surround each call of a function on this executor.

        ::

            @executor.middleware
            def timed(call: FunctionCall) -> Iterator[None]:
                began = time.perf_counter()
                try:
                    yield  # the function runs here
                finally:
                    SECONDS.labels(call.name).observe(time.perf_counter() - began)

        It sees `FunctionCall.args` and ``kwargs`` before the function runs, what the function raises, and
        ``call.result`` after it has returned, and may replace each of them. If it sets ``call.result``
        before it yields, the function does not run.

        It surrounds functions of all kinds, and each attempt. For functions in child processes and source
        code that comes along, it runs in the executor. The first one added is the outermost.

        Args:
            func: A generator function that yields once, or an asynchronous one, which runs on the event loop;
                or a function that returns a context manager. A plain one must not block, as it runs
                on the event loop for coroutine functions.

        Raises:
            TypeError: It is none of these.
        """
        self._extensions.middleware.append(manager_of(func))
        return func

    @property
    def identity(self) -> Identity:
        """The executor's identity. Parts that are not configured are generated."""
        return self._identity or self._present_identity()

    def _present_identity(self) -> Identity:
        """Return the current identity: the environment may have changed since the last run."""
        colony = None if self._client is None else self._client.colonyname
        found = resolve(*self._who, client_colonyname=colony)
        if self._identity is None or not self._identity.is_for(found):
            self._identity = found
        return self._identity

    @property
    def executorname(self) -> str:
        """Its name."""
        return self._runtime.executorname if self._runtime else self.identity.executorname

    @property
    def executorid(self) -> str:
        """Its identity."""
        return self.identity.executorid

    def stats(self) -> ExecutorStats:
        """Return statistics so far: counts, rates and latencies, for each function and for all together."""
        return self._stats.stats()

    def call(self, name: str, /, *args: Any, rehearsal: Rehearsal | None = None, **kwargs: Any) -> Any:
        """Call a function as a process would, without a server: for tests.

        Arguments and value go through JSON, and the arguments through the function's hints. Functions of all
        kinds run here and now; also those that would run in a child process.

        Args:
            name: The function's name.
            args: Its arguments.
            rehearsal: Keeps what the function does through its context, and says what it finds there.
            kwargs: Its arguments by name.

        Returns:
            The output, as `ProcessHandle.result` would return it: the only value, a list of several, or None.

        Raises:
            UnknownFunctionError: The executor does not offer it.
            ArgumentsError: The arguments do not fit.
            SerializationError: An argument can't be sent.
            OutputError: The value can't be sent.
            Exception: Whatever the function raises.
        """
        from pycolonies._executor.local_call import call

        if name not in self._functions:
            raise UnknownFunctionError(name, tuple(self._functions))
        return call(self._functions[name], args, kwargs, rehearsal)

    def run(
        self, concurrency: int = 1, *, grace: float = GRACE, display: bool = False, quiet: bool = False
    ) -> None:
        """Work until SIGINT or SIGTERM comes, or `stop` is called by another thread.

        The first signal ends the requests for work, and gives running functions time to end; the second ends
        all at once. What is not done then goes back to the queue.

        Args:
            concurrency: How many processes it runs at the same time.
            grace: Seconds that running functions have when it stops.
            display: Show in the terminal what it does: its rate and slots, what runs and how far it is.
            quiet: Write nothing to the terminal. Programs that configure logging get log records instead of
                text anyway (``pycolonies.executor``).

        Raises:
            ConfigurationError: Something is missing, or the executor can never work as things are.
            RuntimeError: It is already running.
        """
        checks.seconds("grace", grace)
        more: list[Observer] = []
        if display:
            from pycolonies._executor.observe.display import Display

            more.append(Display())
        with announced(self._signatures(), quiet=quiet or display) as shown:
            self._run_until_stopped(concurrency, grace, [*more, *shown])

    def _run_until_stopped(self, concurrency: int, grace: float, more: Iterable[Observer]) -> None:
        faults: list[Exception] = []
        with StopRequest() as stop_request, reaping():

            def fail(fault: Exception) -> None:
                faults.append(fault)
                stop_request.say(0)

            runtime = self._begin(concurrency, more=more, failed=fail)
            try:
                self._stop_request = stop_request
                self._run(runtime, stop_request, grace, fail)
            finally:
                self._stop_request = None
                self._ended()
        if faults:
            raise faults[0]

    @staticmethod
    def _run(
        runtime: Runtime, stop_request: StopRequest, grace: float, fail: Callable[[Exception], None]
    ) -> None:
        def start() -> None:
            try:
                runtime.start()
            except Exception as fault:  # noqa: BLE001 (raised in the thread that called)
                fail(fault)

        threading.Thread(target=start, name="pycolonies-executor-start", daemon=True).start()
        grace = stop_request.wait(grace)
        runtime.stop_asking()
        ends = time.monotonic() + grace
        if not runtime.wait(min(ANNOUNCE, grace)) and grace > 0 and runtime.running:
            runtime.announce_stop(grace)
        now = False
        while not runtime.wait(LOOK) and time.monotonic() < ends and not (now := stop_request.another()):
            pass
        finish(runtime, stop_request, LEAVE_NOW if now else LEAVE)

    def _signatures(self) -> list[str]:
        return [f"{name}{registered.signature}" for name, registered in self._functions.items()]

    @property
    def functions(self) -> tuple[str, ...]:
        """The names of its functions, in the order in which they were added."""
        return tuple(self._functions)

    def add_observer(self, observer: Observer) -> None:
        """Add an observer. It receives events from the next start on.

        Args:
            observer: Its methods are called on the executor's threads; see `Observer`.
        """
        self._observers.append(observer)

    async def run_async(self, concurrency: int = 1, *, grace: float = GRACE) -> None:
        """Work until the task is cancelled, or `stop` is called: `run` for programs with an event loop.

        Coroutine functions run on this event loop. A cancellation gives running functions the grace period; a
        second one ends all at once.

        Args:
            concurrency: How many processes it runs at the same time.
            grace: Seconds that running functions have when it stops.

        Raises:
            ConfigurationError: Something is missing, or the executor can never work as things are.
            RuntimeError: It is already running.
        """
        import asyncio

        checks.seconds("grace", grace)
        loop = asyncio.get_running_loop()
        runtime = self._begin(concurrency, loop)
        stop_request = self._stop_request = StopRequest()
        try:
            try:
                await asyncio.to_thread(runtime.start)
                grace = await asyncio.to_thread(stop_request.wait, grace)
            finally:
                stop_request.say()  # the thread that waits for a stop request ends in any case
                runtime.stop_asking()
                try:
                    await asyncio.to_thread(runtime.wait, grace)
                finally:
                    await asyncio.shield(loop.run_in_executor(None, finish, runtime))
        finally:
            self._stop_request = None
            self._ended()

    def start(self, concurrency: int = 1) -> Self:
        """Start working in background threads until `stop`. Returns once the executor is approved.

        Args:
            concurrency: How many processes it runs at the same time.

        Raises:
            ConfigurationError: Something is missing, or the executor can never work as things are.
            RuntimeError: It is already running.
        """
        runtime = self._begin(concurrency)
        try:
            runtime.start()
        except BaseException:
            self.stop(0)
            raise
        return self

    def stop(self, grace: float = GRACE) -> None:
        """Stop. Processes that run after the grace period are requeued. A second call does nothing.

        Args:
            grace: Seconds that running functions have.
        """
        if self._stop_request is not None:
            self._stop_request.say(grace)
            self._over.wait()
            return
        runtime = self._runtime
        if runtime is not None:
            runtime.stop_asking()
            try:
                runtime.wait(grace)
            finally:
                finish(runtime)
                self._ended()

    def __enter__(self) -> Self:
        return self if self._runtime else self.start()

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, traceback: TracebackType | None
    ) -> None:
        self.stop(0 if error else GRACE)

    async def __aenter__(self) -> Self:
        import asyncio

        runtime = self._begin(1, asyncio.get_running_loop()) if self._runtime is None else None
        if runtime is not None:
            await asyncio.to_thread(runtime.start)
        return self

    async def __aexit__(
        self, kind: type[BaseException] | None, error: BaseException | None, traceback: TracebackType | None
    ) -> None:
        import asyncio

        await asyncio.to_thread(self.stop, 0 if error else GRACE)

    def __repr__(self) -> str:
        kind = self._who[0]
        return f"{type(self).__name__}(executortype={kind!r}, functions={sorted(self._functions)})"

    def _begin(
        self,
        concurrency: int,
        loop: asyncio.AbstractEventLoop | None = None,
        more: Iterable[Observer] = (),
        failed: Callable[[Exception], None] = _ignore,
    ) -> Runtime:
        # Loaded now, not with `Executor`, as it takes long: many programs only register functions.
        from pycolonies._executor.runtime import Runtime, Settings

        leave_if_loading()  # a child process has loaded all functions by now
        checks.integer("concurrency", concurrency, 1)
        if replaced := green.library():
            raise ConfigurationError(
                f"an executor needs threads of the operating system, and {replaced} has replaced them; "
                "run it in a separate process: pycolonies executor run"
            )
        with self._lock:
            if self._runtime is not None:
                raise RuntimeError("the executor is already running; call stop() first")
            if any(offered.process for offered in self._functions.values()):
                self._extensions.in_children()
            identity = self._present_identity()
            settings = Settings(
                heartbeat=self._heartbeat,
                check_every=self._check_every,
                capabilities=self._capabilities,
                locationname=self._locationname,
                unregister=identity.own if self._unregister is None else self._unregister,
                code=self._code,
                fs_dir=self._fs_dir,
            )
            client = self._client or Colonies.from_env()
            observer = Observers([*self._observers, *more])
            self._over.clear()
            self._runtime = Runtime(
                client,
                identity,
                self._functions,
                concurrency,
                settings,
                observer,
                self._extensions,
                loop,
                failed,
            )
            AT_EXIT.add(self)
            return self._runtime

    def _ended(self) -> None:
        AT_EXIT.remove(self)
        with self._lock:
            self._runtime = None
        self._over.set()


publish(__name__)
