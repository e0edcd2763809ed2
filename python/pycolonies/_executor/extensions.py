"""A program's extensions of an executor: shared state, start and stop hooks, and middleware."""

from __future__ import annotations

import contextlib
import inspect
import logging
from collections.abc import Callable, Coroutine, Iterable
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

from pycolonies._executor.children.call import check_reachable
from pycolonies._executor.state import State
from pycolonies.errors import ConfigurationError

if TYPE_CHECKING:
    from pycolonies._executor.crons import CronJob
    from pycolonies._executor.middleware import FunctionCall
    from pycolonies._rpc.codec import Codec

log = logging.getLogger("pycolonies.executor")

#: Runs a coroutine to its end and returns its value.
Complete = Callable[[Coroutine[Any, Any, Any]], Any]


@dataclass(frozen=True)
class Hook:
    """A function that runs when the executor starts or stops.

    Attributes:
        func: The function, plain or a coroutine function. If it has a parameter, it receives the state.
        children: Whether it runs in child processes, too.
    """

    func: Callable[..., Any]
    children: bool

    def __call__(self, state: State, complete: Complete) -> None:
        """Call the function, and run the coroutine if it returns one."""
        value = self.func(state) if _has_parameter(self.func) else self.func()
        if inspect.iscoroutine(value):
            complete(value)


@dataclass
class Extensions:
    """A program's extensions of an executor.

    Attributes:
        state: State that functions share.
        on_start: Functions that run before the executor asks for work.
        on_stop: Functions that run after it has stopped.
        middleware: Context managers around each call, the outermost first.
        codec: Reads arguments and writes results; None for plain JSON values.
        crons: Functions that the colony calls at certain times.
    """

    state: State = field(default_factory=State)
    on_start: list[Hook] = field(default_factory=list)
    on_stop: list[Hook] = field(default_factory=list)
    middleware: list[Callable[[FunctionCall], Any]] = field(default_factory=list)
    codec: Codec | None = None
    crons: list[CronJob] = field(default_factory=list)

    def start(self, complete: Complete) -> None:
        """Run the functions of `on_start` in order.

        Raises:
            Exception: Whatever a function raises; the others don't run.
        """
        for hook in self.on_start:
            hook(self.state, complete)

    def stop(self, complete: Complete) -> None:
        """Run the functions of `on_stop`, the last one first. Exceptions are logged."""
        stop(self.on_stop, self.state, complete)

    def in_children(self) -> ChildHooks:
        """Return the names by which child processes find the hooks.

        Raises:
            ConfigurationError: One can't be found there.
        """
        return _names(self.on_start), _names(self.on_stop)


#: Module and name of the functions that run when a child process starts and ends.
ChildHooks = tuple[tuple[tuple[str, str], ...], tuple[tuple[str, str], ...]]


def stop(hooks: Iterable[Hook], state: State, complete: Complete) -> None:
    """Run hooks, the last one first. Exceptions are logged, and the other hooks run."""
    for hook in reversed([*hooks]):
        try:
            hook(state, complete)
        except Exception:  # noqa: PERF203 (the others must run)
            log.exception("%s, a function of on_stop, failed", getattr(hook.func, "__qualname__", hook.func))


def _names(hooks: list[Hook]) -> tuple[tuple[str, str], ...]:
    found = []
    for hook in hooks:
        if not hook.children:
            continue
        try:
            found.append(check_reachable(hook.func))
        except ConfigurationError as unreachable:
            raise ConfigurationError(
                f"{unreachable}; or leave it out of child processes: children=False"
            ) from None
    return tuple(found)


def _has_parameter(func: Callable[..., Any]) -> bool:
    with contextlib.suppress(TypeError, ValueError):
        kinds = [parameter.kind for parameter in inspect.signature(func).parameters.values()]
        return any(kind in _POSITIONAL for kind in kinds)
    return False


_POSITIONAL = (
    inspect.Parameter.POSITIONAL_ONLY,
    inspect.Parameter.POSITIONAL_OR_KEYWORD,
    inspect.Parameter.VAR_POSITIONAL,
)
