"""The states of processes and process graphs."""

from __future__ import annotations

from enum import IntEnum


class ProcessState(IntEnum):
    """State of a process or a process graph. Members compare to the protocol's integers.

    A state that a newer server adds becomes a member named after its number, such as ``STATE_5``.
    """

    WAITING = 0
    RUNNING = 1
    SUCCESSFUL = 2
    FAILED = 3
    CANCELLED = 4

    @property
    def ended(self) -> bool:
        """Whether a process stays in this state."""
        return self >= ProcessState.SUCCESSFUL

    def __str__(self) -> str:
        return str(int(self))

    def __format__(self, spec: str) -> str:
        return format(int(self), spec)

    @classmethod
    def _missing_(cls, value: object) -> ProcessState | None:
        if not isinstance(value, int):
            return None
        state = int.__new__(cls, value)
        state._name_, state._value_ = f"STATE_{value}", value
        return state


#: States that a process does not leave.
ENDED = (ProcessState.SUCCESSFUL, ProcessState.FAILED, ProcessState.CANCELLED)
