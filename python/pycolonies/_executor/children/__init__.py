"""Child processes that run functions: spawned, never forked, and used again."""

from __future__ import annotations

from pycolonies._executor.children.call import ChildCall, Limits, check_reachable, remote_traceback
from pycolonies._executor.children.pool import Children

__all__ = ["ChildCall", "Children", "Limits", "check_reachable", "remote_traceback"]
