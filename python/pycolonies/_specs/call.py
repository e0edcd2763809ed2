"""Function specs of calls of Python functions.

A call is sent as the *name* of the function and its arguments: submitter and executor share a module, or know
the function by its name. Source code is sent only with ``code=True``.
"""

from __future__ import annotations

import contextlib
import inspect
from collections.abc import Callable, Iterable, Mapping, Sequence
from typing import TYPE_CHECKING, Any, TypedDict

from pycolonies._checks import hint
from pycolonies._executor.callables import context_parameter
from pycolonies._models import Fs, FuncSpec, Process
from pycolonies._rpc.codec import decoded, encoded, encoded_fields
from pycolonies._rpc.values import plain
from pycolonies._shown import shown
from pycolonies._specs.func_spec import func_spec

if TYPE_CHECKING:
    from datetime import datetime

    from pycolonies._rpc.codec import Codec
    from pycolonies._rpc.keys import Key


class CallOptions(TypedDict, total=False):
    """Options of a call: executors, time limits, files and environment."""

    executortype: str
    executorname: str | None
    priority: int
    maxexectime: int
    maxretries: int
    maxwaittime: int
    fs: Fs | None
    code: bool | str
    env: Mapping[str, str]
    label: str
    channels: Sequence[str]


class CronOptions(TypedDict, total=False):
    """Options of the calls of a cron."""

    priority: int
    maxexectime: int
    maxretries: int
    maxwaittime: int


class SubmitOptions(CallOptions, total=False):
    """Arguments and options of a call."""

    args: Sequence[Any]
    kwargs: Mapping[str, Any] | None
    colonyname: str
    idempotency_key: str | None
    eta: datetime | None
    countdown: float | None


class WorkflowOptions(CallOptions, total=False):
    """Colony of a workflow, and options of its nodes."""

    colonyname: str | None
    colonyid: str | None
    codec: Codec | None


class AddOptions(CallOptions, total=False):
    """Options of a node, and the nodes that it waits for."""

    after: Iterable[str]
    args: Sequence[Any]
    kwargs: Mapping[str, Any] | None


class MapOptions(CallOptions, total=False):
    """Options of `map`, and of each call."""

    kwargs: Mapping[str, Any] | None
    prvkey: Key
    colonyname: str
    window: int
    ordered: bool
    timeout: float | None
    return_exceptions: bool
    progress: bool


#: The options of a call, of those that `func_spec` knows and of those that it does not.
_OF_FUNC_SPEC = ("executorname", "priority", "maxexectime", "maxretries", "maxwaittime", "fs")
_FURTHER = ("label", "channels")
OPTIONS = frozenset({"executortype", "code", "env", *_OF_FUNC_SPEC, *_FURTHER})


def call_spec(
    func: str | Callable[..., Any],
    args: Sequence[Any],
    kwargs: Mapping[str, Any],
    colonyname: str,
    options: Mapping[str, Any],
    *,
    complete: bool = True,
    codec: Codec | None = None,
) -> FuncSpec:
    """Describe a call of a function.

    Args:
        func: The function, or its name.
        args: Positional arguments.
        kwargs: Keyword arguments.
        colonyname: Colony of the executors.
        options: Options of the call: see `CallOptions`.
        complete: False where arguments may be missing, as those that come from other nodes of a workflow.
        codec: Writes the arguments.

    Raises:
        TypeError: The function does not take these arguments, or one is nothing that JSON can carry.
        ValueError: The executor type is not known, or there is no such option.
    """
    if unknown := sorted(options.keys() - OPTIONS):
        raise TypeError(
            f"unknown option {unknown[0]!r}; {hint(unknown[0], OPTIONS)} "
            "(keyword arguments of the function go into kwargs={...})"
        )
    if not isinstance(func, str) and not callable(func):
        raise TypeError(f"func must be a function or the name of one, got {_described(func)}")
    name = func if isinstance(func, str) else funcname_of(func)
    _check_arguments(name, args, kwargs)
    if not isinstance(func, str):
        _check_signature(name, func, args, kwargs, complete=complete)
    args, kwargs = plain(encoded(codec, args), "args"), plain(encoded_fields(codec, kwargs), "kwargs")
    executortype = options.get("executortype") or _known_by(func).get("executortype")
    if not executortype:
        raise ValueError(
            f"executortype is missing for {name}; pass executortype=..., "
            "or a function decorated with @executor.function"
        )
    code = options.get("code", False)
    spec = func_spec(
        func if code is True else name,
        args,
        colonyname,
        executortype,
        code=code if isinstance(code, str) else None,
        kwargs=kwargs,
        **{option: options[option] for option in _OF_FUNC_SPEC if option in options},
    )
    for name, value in options.get("env", {}).items():
        if not isinstance(value, str) or not isinstance(name, str):
            raise TypeError(
                f"env[{name!r}] must be a string, as environment variables are, got {shown(value)}"
            )
        spec.env[name] = value
    for option in _FURTHER:
        if option in options:
            spec[option] = options[option]
    return spec


def _check_arguments(name: str, args: object, kwargs: object) -> None:
    if isinstance(args, str) or not isinstance(args, Sequence):
        raise TypeError(f"args of {name} must be a list of arguments, got {_described(args)}")
    if not isinstance(kwargs, Mapping):
        raise TypeError(f"kwargs of {name} must be a dictionary of arguments, got {_described(kwargs)}")


def funcname_of(func: Callable[..., Any]) -> str:
    """Return the name under which executors know a function.

    Raises:
        ValueError: It has none.
    """
    name = _known_by(func).get("funcname") or getattr(func, "__name__", "")
    if not name or name == "<lambda>":
        raise ValueError(f"{_described(func)} must have a name; define it with def, or pass a name")
    return str(name)


def value_of(process: Process, codec: Codec | None = None) -> Any:
    """Return the return value of a function, from the output of its process.

    A single value is returned as it is, several as a list, and None for an empty output.
    """
    output = decoded(codec, process.output or [])
    return output[0] if len(output) == 1 else output or None


def note_executor(func: Callable[..., Any], funcname: str, executortype: str | None) -> None:
    """Store the name and the executor type of a function on the function."""
    with contextlib.suppress(AttributeError, TypeError):  # methods and builtins take no notes
        func.__colonies__ = {"funcname": funcname, "executortype": executortype}  # type: ignore[attr-defined]  # functions have room


def _known_by(func: object) -> Mapping[str, Any]:
    """Return the name and the executor type that an executor has stored on its function, if it is one."""
    found = getattr(func, "__colonies__", None)
    return found if isinstance(found, Mapping) else {}


def _check_signature(
    name: str, func: Callable[..., Any], args: Sequence[Any], kwargs: Mapping[str, Any], *, complete: bool
) -> None:
    try:
        signature = inspect.signature(func)
    except (TypeError, ValueError):
        return  # builtins may have none
    # The executor passes the context.
    context = context_parameter(signature)
    parameters = [one for name, one in signature.parameters.items() if name != context]
    try:
        bound = signature.replace(parameters=parameters).bind_partial(*args, **kwargs)
    except TypeError as misfit:
        raise TypeError(f"{name}{signature} cannot be called with these arguments: {misfit}") from None
    if not complete:
        return
    missing = [
        parameter.name
        for parameter in parameters
        if parameter.default is parameter.empty
        and parameter.kind not in (parameter.VAR_POSITIONAL, parameter.VAR_KEYWORD)
        and parameter.name not in bound.arguments
    ]
    if missing:
        raise TypeError(
            f"{name}{signature} cannot be called with these arguments: {', '.join(missing)} missing"
        )


def _described(value: object) -> str:
    return f"an object of the class {type(value).__qualname__}"
