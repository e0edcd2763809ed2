"""The client: one short method a message, a file a subject."""

from __future__ import annotations

from pycolonies._client._colonies import ColonyCalls
from pycolonies._client._executors import ExecutorCalls
from pycolonies._client._processes import ProcessCalls
from pycolonies._compat import CallsOf2023, accept_forms_of_2023

__all__ = ["Colonies"]


@accept_forms_of_2023
class Colonies(ColonyCalls, ExecutorCalls, ProcessCalls, CallsOf2023):
    __doc__ = ColonyCalls.__mro__[1].__doc__

    #: States of a process.
    WAITING = 0
    RUNNING = 1
    SUCCESSFUL = 2
    FAILED = 3
    CANCELLED = 4
