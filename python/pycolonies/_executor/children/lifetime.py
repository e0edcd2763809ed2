"""State and hooks of an executor in a child process."""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from typing import TYPE_CHECKING

from pycolonies._executor.children.main import at_end, found
from pycolonies._executor.extensions import Hook, stop
from pycolonies._executor.state import State

if TYPE_CHECKING:
    from pycolonies._executor.extensions import ChildHooks

_states: dict[ChildHooks, State] = {}


def state_of(hooks: ChildHooks) -> State:
    """Return the state of this child process; the first call runs the functions of ``on_start``.

    Those of ``on_stop`` run when the child ends.

    Raises:
        Exception: What a function of ``on_start`` raises. The next call runs them again.
    """
    state = _states.get(hooks)
    if state is None:
        state = State()
        starting, stopping = ([Hook(found(*name), True) for name in names] for names in hooks)
        undo = _stop_once(stopping, state)
        at_end(undo)
        for hook in starting:
            hook(state, asyncio.run)
        _states[hooks] = state
    return state


def _stop_once(hooks: list[Hook], state: State) -> Callable[[], None]:
    def undo() -> None:
        stop(hooks, state, asyncio.run)

    return undo
