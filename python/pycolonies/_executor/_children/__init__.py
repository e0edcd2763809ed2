"""Child processes that run functions: spawned, never forked, and used again."""

from __future__ import annotations

from pycolonies._executor._children._pool import Children
from pycolonies._executor._children._task import Limits, Task, check_reachable, remote_traceback

__all__ = ["Children", "Limits", "Task", "check_reachable", "remote_traceback"]
