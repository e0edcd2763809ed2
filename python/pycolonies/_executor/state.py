"""State that the functions of an executor share."""

from __future__ import annotations

from types import SimpleNamespace
from typing import Any

from pycolonies._home import publish


class State(SimpleNamespace):
    """State that the functions of an executor share, as attributes: a database pool, a loaded model.

    Functions of `Executor.on_start` set attributes; other functions read them as ``ctx.state``.
    """

    def __getattr__(self, name: str) -> Any:
        if name.startswith("__"):
            raise AttributeError(name)
        raise AttributeError(
            f"the executor's state has no {name!r}; set it when the executor starts: "
            f"@executor.on_start, then state.{name} = ..."
        )


publish(__name__)
