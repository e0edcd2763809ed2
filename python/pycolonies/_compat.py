"""The call forms of 2023 (pycolonies 1.0.2), in one place so that they can be read and dropped as one.

They name colonies and executors by id, and pass function specs and processes as dictionaries. Each one
works, and warns with the call to write today. The modern calls know nothing of this module but its
two names, `CallsOf2023` and `accept_forms_of_2023`.
"""

from __future__ import annotations

import contextlib
import functools
import os
import sys
import warnings
from collections.abc import Callable, Mapping, Sequence
from typing import TYPE_CHECKING, Any, TypeVar, cast

from pycolonies._home import publish
from pycolonies._models import FuncSpec
from pycolonies._rpc import environment
from pycolonies._rpc.keys import Key, PrivateKey
from pycolonies._specs.func_spec import func_spec
from pycolonies.errors import ColoniesError, ServerError

if TYPE_CHECKING:
    from pycolonies._specs.workflow import Workflow

Colonies = Any  # a client: `Colonies` is built on this module

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

    def workflow_spec(self: Workflow) -> dict[str, Any]:  # type: ignore[misc]  # workflows inherit it
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
    if isinstance(executor, Mapping) and "colonyid" in executor:
        _warn('add_executor({"colonyid": ...})', 'add_executor({"colonyname": ...})')
        executor = {key: value for key, value in executor.items() if key != "colonyid"} | {
            "colonyname": _colony_of(client, executor["colonyid"], prvkey[0] if prvkey else None)
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
            _note(client)
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
    _note(client)
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
            kwargs["funcspec"] = _spec_for(client, kwargs["funcspec"], _key_of(args[4:], kwargs))
    elif len(args) > 3 and isinstance(args[3], Mapping):  # noqa: PLR2004 (the place of the argument in 2023)
        args = (*args[:3], _spec_for(client, args[3], _key_of(args[4:], kwargs)), *args[4:])
    return modern(client, *args, **kwargs)


def _submit(modern: _Form, client: Colonies, *args: Any, **kwargs: Any) -> Any:
    spec, *rest = args or (kwargs.pop("spec", None),)
    if isinstance(spec, WorkflowOf2023):
        _warn("submit(workflow, prvkey)", "submit_workflow(workflow, prvkey)")
        _note(client)
        workflow = _workflow_for(client, cast("Workflow", spec), _key_of(rest, kwargs))
        return client.submit_workflow(workflow, *rest, **kwargs)
    if isinstance(spec, Mapping | FuncSpec):  # as in 2023 it may name its colony by id
        spec = _spec_for(client, spec, _key_of(rest, kwargs))
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
            colonyname = _colony_of(client, colonyname, _key_of(rest, kwargs))
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
    for name in _CALLS:
        setattr(client, name, _with_refusals(getattr(client, name)))
    return client


def _with_form(modern: _Form, form: _Form) -> _Form:
    @functools.wraps(modern)
    def method(self: Colonies, *args: Any, **kwargs: Any) -> Any:
        return form(modern, self, *args, **kwargs)

    return method


class RefusedError(ColoniesError):
    """The server refused a call of a program of 2023.

    Such programs end where `ColoniesConnectionError` is raised, which then meant that the server can't be
    reached. What is raised today for refusals, and for an empty queue, is one. A client that was called in a
    form of 2023 raises this instead.

    Attributes:
        message: The server's own words.
        status: HTTP status of the refusal.
    """

    def __init__(self, message: str, status: int) -> None:
        super().__init__(message, status)
        self.message = message
        self.status = status

    def __str__(self) -> str:
        return self.message


#: The calls of 2023.
_CALLS = (
    "add_attribute", "add_child", "add_colony", "add_executor", "add_function", "approve_executor",
    "assign", "close", "del_colony", "delete_executor", "delete_process", "fail", "find_process",
    "get_attribute", "get_colony", "get_functions_by_colony", "get_functions_by_executor",
    "get_process", "get_processgraph", "list_colonies", "list_executors", "list_processes",
    "reject_executor", "stats", "submit", "wait",
)  # fmt: skip


def _with_refusals(method: _Form) -> _Form:
    @functools.wraps(method)
    def call(self: Colonies, *args: Any, **kwargs: Any) -> Any:
        try:
            return method(self, *args, **kwargs)
        except ServerError as refused:
            if not self.__dict__.get(_NOTED):
                raise
            raise RefusedError(str(refused), refused.status) from refused

    return call


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
    if _is_id(colony) and colony == environment.text("COLONIES_COLONY_ID"):
        return environment.text("COLONIES_COLONY_NAME") or colony
    return colony


_NOTED = "_is_called_as_in_2023"


def _note(client: Colonies) -> None:
    """Note that a client is used by a program of 2023."""
    client.__dict__[_NOTED] = True


def _key_of(args: Sequence[Any], kwargs: Mapping[str, Any]) -> Key | None:
    """Return the private key among the arguments of a call: the last one."""
    found = kwargs.get("prvkey", args[-1] if args else None)
    return found if isinstance(found, str | PrivateKey) else None


def _colony_of(client: Colonies, colony: str, prvkey: Key | None) -> str:
    """Return a colony's name for its id: from the environment, else from the server, which is asked once.

    Only its executors, and the server's owner, can learn it. Otherwise the id is sent, as it is.
    """
    if not _is_id(colony):
        return colony
    _note(client)
    known: dict[str, str] = client.__dict__.setdefault("_colonies_of_2023", {})
    if colony not in known and (name := colony_of_2023(colony)) != colony:
        known[colony] = name
    if colony not in known:
        for find in (_as_executor, _as_server_owner):
            with contextlib.suppress(ColoniesError, KeyError, TypeError):  # or it is no record of one
                if (found := find(client, colony, prvkey)) is not None:
                    return known.setdefault(colony, found)
    return known.get(colony, colony)


def _as_executor(client: Colonies, colonyid: str, prvkey: Key | None) -> str | None:
    key = prvkey or client.endpoint.prvkey
    if key is None or (own := PrivateKey(key) if isinstance(key, str) else key).identity == colonyid:
        return None
    endpoint = client.endpoint.bind(prvkey=own)
    executor = endpoint.call("getexecutorbyidmsg", colonyname=colonyid, executorid=own.identity).value()
    colony = endpoint.call("getcolonymsg", colonyname=executor["colonyname"]).value()
    return str(colony["name"]) if colony["colonyid"] == colonyid else None


def _as_server_owner(client: Colonies, colonyid: str, prvkey: Key | None) -> str | None:
    if (key := environment.key("COLONIES_SERVER_PRVKEY")) is None:
        return None
    colonies = client.endpoint.bind(prvkey=key).call("getcoloniesmsg").value() or []
    return next((str(colony["name"]) for colony in colonies if colony["colonyid"] == colonyid), None)


def _spec_for(client: Colonies, spec: FuncSpec | Mapping[str, Any], prvkey: Key | None) -> FuncSpec:
    """Return a function spec with the colony by its name."""
    found = spec_of_2023(spec)
    if not _is_id(found.conditions.colonyname):
        return found
    conditions = found.conditions.model_copy(
        update={"colonyname": _colony_of(client, found.conditions.colonyname, prvkey)}
    )
    return found.model_copy(update={"conditions": conditions})


def _workflow_for(client: Colonies, workflow: Workflow, prvkey: Key | None) -> Workflow:
    """Return a workflow with the colony by its name."""
    specs = [_spec_for(client, spec, prvkey) for spec in workflow.functionspecs]
    colonyname = _colony_of(client, workflow.colonyname, prvkey)
    return workflow.model_copy(update={"colonyname": colonyname, "functionspecs": specs})


def spec_of_2023(spec: FuncSpec | Mapping[str, Any]) -> FuncSpec:
    """Return a function spec, or a dictionary that says the same, with the colony by its name."""
    found = spec if isinstance(spec, FuncSpec) else FuncSpec.of(spec)
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


publish(__name__)
