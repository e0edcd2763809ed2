"""Function specs from names and from Python functions."""

from __future__ import annotations

import base64
import inspect
from collections.abc import Callable, Iterable, Mapping, Sequence
from types import NoneType
from typing import Any

from pycolonies import _checks as checks
from pycolonies._home import publish
from pycolonies._models import NO_LIMIT, Conditions, Fs, FuncSpec
from pycolonies._shown import shown
from pycolonies._specs.source import source_of


def func_spec(
    func: str | Callable[..., Any],
    args: Sequence[Any] | None,
    colonyname: str,
    executortype: str,
    executorname: str | None = None,
    priority: int = 1,
    maxexectime: int = NO_LIMIT,
    maxretries: int = NO_LIMIT,
    maxwaittime: int = NO_LIMIT,
    code: str | None = None,
    kwargs: Mapping[str, Any] | None = None,
    fs: Fs | None = None,
) -> FuncSpec:
    """Describe a function call for an executor.

    Args:
        func: Name of a function that the executor knows, or a Python function whose source code is sent
            along in ``env["code"]``, for executors that run injected code.
        args: Positional arguments: JSON values.
        colonyname: Colony of the executor.
        executortype: Type of the executor.
        executorname: Only this executor may run it.
        priority: -50000 to 50000; each step counts for a day of waiting.
        maxexectime: Seconds until the process is taken from its executor; -1 for no limit.
        maxretries: How often it then goes back to the queue before it fails; -1 for no limit.
        maxwaittime: Seconds until a waiting process fails; -1 for no limit.
        code: Source code to send along with a named function.
        kwargs: Keyword arguments: JSON values.
        fs: Files that the function finds when it runs.

    Returns:
        The function spec, ready to be submitted.

    Raises:
        TypeError: The function is neither a function nor a name, or the code is not a string.
        ValueError: The source code of the function is not available, or an argument has another type.
    """
    checks.kind("code", code, (str, NoneType), "source code as a string")
    env: dict[str, str] = {}
    if isinstance(func, str):
        name = func
    elif not callable(func):
        raise TypeError(f"func must be a function or the name of one, got {shown(func)}")
    else:
        name, code = getattr(func, "__name__", repr(func)), source_of(func)
        described = inspect.getfullargspec(func)
        env["args_spec"] = ",".join([*described.args, *described.kwonlyargs])
    if code is not None:
        env["code"] = base64.b64encode(code.encode()).decode("ascii")
    return FuncSpec(
        nodename=name,
        funcname=name,
        args=_listed(args or []),
        kwargs=dict(kwargs) if isinstance(kwargs, Mapping) else kwargs or {},
        priority=priority,
        maxwaittime=maxwaittime,
        maxexectime=maxexectime,
        maxretries=maxretries,
        conditions=Conditions(
            colonyname=colonyname,
            executortype=executortype,
            executornames=None if executorname is None else [executorname],
        ),
        fs=fs if fs is not None else Fs(),
        env=env,
    )


def _listed(args: Any) -> Any:
    """Return arguments as a list. Values that are no arguments stay, and the function spec refuses them."""
    is_list = isinstance(args, Iterable) and not isinstance(args, str | bytes | Mapping)
    return list(args) if is_list else args


publish(__name__)
