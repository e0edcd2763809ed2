"""The call forms of 2023 (pycolonies 1.0.2), in one place so that they can be read and dropped as one.

They name colonies and executors by id, and pass function specs and processes as dictionaries. Each one
works, and warns with the call to write today. The modern calls know nothing of this module but its
two names, `CallsOf2023` and `accept_forms_of_2023`.
"""

from __future__ import annotations

import functools
import os
import sys
import warnings
from collections.abc import Callable, Mapping, Sequence
from typing import TYPE_CHECKING, Any, TypeVar, cast

from pycolonies._models import FuncSpec
from pycolonies._rpc.keys import Key, PrivateKey
from pycolonies._specs.func_spec import func_spec
from pycolonies.errors import ServerError

if TYPE_CHECKING:
    from pycolonies._specs.workflow import Workflow

    Colonies = Any  # `Colonies` is built on this module

_ID_LENGTH = 64
_PACKAGE = os.path.dirname(__file__)  # noqa: PTH120 (text, as in a frame)
_HEX = frozenset("0123456789abcdefABCDEF")


def create_func_spec(
    func: str | Callable[..., Any],
    args: Sequence[Any],
    colonyid: str,
    executortype: str,
    priority: int,
    maxexectime: int,
    maxretries: int,
    maxwaittime: int,
    code: str | None = None,
) -> FuncSpec:
    """Describe a function call; the 2023 form of `func_spec`, with the colony's id (or name)."""
    _warn("create_func_spec(...)", "func_spec(func, args, colonyname, executortype, ...)")
    return func_spec(
        func,
        args,
        colony_of_2023(colonyid),
        executortype,
        priority=priority,
        maxexectime=maxexectime,
        maxretries=maxretries,
        maxwaittime=maxwaittime,
        code=code,
    )


class CallsOf2023:
    """Methods that only the 2023 form has."""

    create_func_spec = staticmethod(create_func_spec)

    def delete_executor(self: Colonies, executorid: str, prvkey: Key) -> None:
        """Unregister an executor by its id; the 2023 form of `remove_executor`."""
        _warn(
            "delete_executor(executorid, prvkey)",
            "remove_executor(colonyname, executorname, prvkey)",
        )
        self.remove_executor(*_executor(self, executorid, prvkey), prvkey)

    def delete_process(self: Colonies, processid: str, prvkey: Key) -> None:
        """Remove a process; the 2023 form of `remove_process`."""
        _warn("delete_process(processid, prvkey)", "remove_process(processid, prvkey)")
        self.remove_process(processid, prvkey)


class WorkflowOf2023:
    """Methods of workflows that only the 2023 form has."""

    def workflow_spec(self: Workflow) -> dict[str, Any]:  # type: ignore[misc]
        """Return what is submitted, as a dictionary. It names the colony as in 2023, and as today."""
        _warn("workflow.workflow_spec()", "workflow.model_dump(by_alias=True)")
        return {"colonyid": self.colonyname, **self.model_dump(by_alias=True)}


# --- Methods that have another form today --------------------------------------------------------------
#
# Each function takes the modern method, the client, and the arguments as they were given; it returns the
# modern call's result.

_Form = Callable[..., Any]


def _add_executor(
    modern: _Form, client: Colonies, executor: Mapping[str, Any], *prvkey: Key, **named: Key
) -> Any:
    if "colonyid" in executor:
        _warn('add_executor({"colonyid": ...})', 'add_executor({"colonyname": ...})')
        executor = {key: value for key, value in executor.items() if key != "colonyid"} | {
            "colonyname": colony_of_2023(executor["colonyid"])
        }
    added = modern(client, executor, *prvkey, **named)
    _remembered(client)[added["executorid"]] = (added["colonyname"], added["executorname"])
    return added


def _on_executor(name: str) -> _Form:
    def form(modern: _Form, client: Colonies, *args: Any, **kwargs: Any) -> Any:
        given = _named(("executorid", "prvkey"), args, kwargs)
        # Two arguments are the modern form, too, for a client that has its own key.
        if given is not None and _is_id(given["prvkey"]):
            _warn(f"{name}(executorid, prvkey)", f"{name}(colonyname, executorname, prvkey)")
            executor = _executor(client, given["executorid"], given["prvkey"])
            return modern(client, *executor, given["prvkey"])
        return modern(client, *args, **kwargs)

    return form


def _add_function(modern: _Form, client: Colonies, *args: Any, **kwargs: Any) -> Any:
    names = ("executorid", "colonyid", "funcname", "args", "desc", "prvkey")
    given = _named(names, args, kwargs)
    if given is None:
        return modern(client, *args, **kwargs)
    _warn(
        "add_function(executorid, colonyid, funcname, args, desc, prvkey)",
        "add_function(colonyname, executorname, funcname, prvkey, args=..., description=...)",
    )
    colonyname, executorname = _executor(client, given["executorid"], given["prvkey"])
    described = [{"name": name} for name in given["args"] if name]
    return modern(
        client,
        colonyname,
        executorname,
        given["funcname"],
        given["prvkey"],
        args=described,
        description=given["desc"],
    )


def _add_child(modern: _Form, client: Colonies, *args: Any, **kwargs: Any) -> Any:
    # The function spec is the fourth argument.
    if "funcspec" in kwargs:
        if isinstance(kwargs["funcspec"], Mapping):
            kwargs["funcspec"] = spec_of_2023(kwargs["funcspec"])
    elif len(args) > 3 and isinstance(args[3], Mapping):  # noqa: PLR2004
        args = (*args[:3], spec_of_2023(args[3]), *args[4:])
    return modern(client, *args, **kwargs)


def _submit(modern: _Form, client: Colonies, *args: Any, **kwargs: Any) -> Any:
    spec, *rest = args or (kwargs.pop("spec", None),)
    if isinstance(spec, WorkflowOf2023):
        _warn("submit(workflow, prvkey)", "submit_workflow(workflow, prvkey)")
        return client.submit_workflow(cast("Workflow", spec), *rest, **kwargs)
    if isinstance(spec, Mapping):  # as in 2023, and as in 2023 it may name its colony by id
        spec = spec_of_2023(spec)
    return modern(client, spec, *rest, **kwargs)


def _in_colony(name: str) -> _Form:
    def form(modern: _Form, client: Colonies, *args: Any, **kwargs: Any) -> Any:
        if "colonyid" in kwargs:
            kwargs["colonyname"] = kwargs.pop("colonyid")
        if args:
            colonyname, *rest = args
        else:
            colonyname, rest = kwargs.pop("colonyname", None), []
        if _is_id(colonyname):
            _warn(f"{name}(colonyid, ...)", f"{name}(colonyname, ...)")
            colonyname = colony_of_2023(colonyname)
        return (
            modern(client, colonyname, *rest, **kwargs)
            if colonyname is not None
            else modern(client, **kwargs)
        )

    return form


_FORMS: dict[str, _Form] = {
    "add_child": _add_child,
    "add_executor": _add_executor,
    "approve_executor": _on_executor("approve_executor"),
    "reject_executor": _on_executor("reject_executor"),
    "add_function": _add_function,
    "submit": _submit,
    "get_functions_by_executor": _on_executor("get_functions_by_executor"),
} | {
    name: _in_colony(name)
    for name in (
        "assign",
        "del_colony",
        "get_colony",
        "get_functions_by_colony",
        "list_executors",
        "list_processes",
        "stats",
    )
}

_Client = TypeVar("_Client", bound=type)


def accept_forms_of_2023(client: _Client) -> _Client:
    """Let the methods of a client class take their 2023 forms, too."""
    for name, form in _FORMS.items():
        setattr(client, name, _with_form(getattr(client, name), form))
    return client


def _with_form(modern: _Form, form: _Form) -> _Form:
    @functools.wraps(modern)
    def method(self: Colonies, *args: Any, **kwargs: Any) -> Any:
        return form(modern, self, *args, **kwargs)

    return method


def _named(names: tuple[str, ...], args: tuple[Any, ...], kwargs: dict[str, Any]) -> dict[str, Any] | None:
    """Return the arguments by name where they are just these, else None."""
    if len(args) + len(kwargs) != len(names):
        return None
    given = dict(zip(names, args, strict=False)) | kwargs
    return given if given.keys() == set(names) else None


# --- Translations ----------------------------------------------------------------------------------------


def _warn(old: str, new: str) -> None:
    """Warn the program: the innermost frame outside this package."""
    level, frame = 1, sys._getframe()  # noqa: SLF001 (as the warnings module does)
    while frame.f_back is not None and frame.f_code.co_filename.startswith(_PACKAGE):
        level, frame = level + 1, frame.f_back
    warnings.warn(f"{old} is the form of 2023; write {new}", DeprecationWarning, stacklevel=level)


def _is_id(text: object) -> bool:
    return isinstance(text, PrivateKey) or (
        isinstance(text, str) and len(text) == _ID_LENGTH and _HEX.issuperset(text)
    )


def workflow_of_2023(colonyid: str) -> str:
    """Return the colony of `Workflow(colonyid)`."""
    _warn("Workflow(colonyid)", "Workflow(colonyname=...)")
    return colony_of_2023(colonyid)


def colony_of_2023(colony: str) -> str:
    """Return a colony's name for its id, as far as the environment tells; a server may know ids as well."""
    if _is_id(colony) and colony == os.getenv("COLONIES_COLONY_ID"):
        return os.getenv("COLONIES_COLONY_NAME") or colony
    return colony


def spec_of_2023(spec: FuncSpec | Mapping[str, Any]) -> FuncSpec:
    """Return a function spec, or a dictionary that says the same, with the colony by its name."""
    found = spec if isinstance(spec, FuncSpec) else FuncSpec.model_validate(dict(spec))
    extra = found.conditions.model_extra or {}
    if colonyid := extra.pop("colonyid", None):
        found.conditions.colonyname = colony_of_2023(colonyid)
    return found


def _remembered(client: Colonies) -> dict[str, tuple[str, str]]:
    """Return the colony and name of each executor that this client has added, by id.

    The colony owner, who approves and removes executors, may not look them up: it is no member.
    """
    found: dict[str, tuple[str, str]] = client.__dict__.setdefault("_executors_of_2023", {})
    return found


def _executor(client: Colonies, executorid: str, prvkey: Key) -> tuple[str, str]:
    """Return the colony and name of an executor."""
    if (known := _remembered(client).get(executorid)) is not None:
        return known
    try:
        found = client.get_executor_by_id(executorid, prvkey)
    except ServerError as refused:
        words = (
            f"{refused.message}; only members can name an executor by an id that this client has not added: "
            "write the modern form, as in approve_executor(colonyname, executorname, prvkey)"
        )
        raise type(refused)(words, refused.status, refused.msgtype) from None
    return found["colonyname"], found["executorname"]
