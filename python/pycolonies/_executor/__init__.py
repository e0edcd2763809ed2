"""The executor runtime: asks for processes, runs functions, reports what became of them."""

from pycolonies._executor._context import AsyncContext, Channel, Context, current_context
from pycolonies._executor._events import Observer, Outcome
from pycolonies._executor._executor import Executor

__all__ = ["AsyncContext", "Channel", "Context", "Executor", "Observer", "Outcome", "current_context"]
