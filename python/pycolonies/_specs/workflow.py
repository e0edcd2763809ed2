"""Workflows: function specs that depend on each other."""

from __future__ import annotations

import inspect
from collections.abc import Callable, Coroutine, Iterable, Mapping, Sequence
from typing import TYPE_CHECKING, Annotated, Any, Generic, TypeVar, overload

from pydantic import BeforeValidator, Field, PrivateAttr

from pycolonies import _checks as checks
from pycolonies._compat import WorkflowOf2023, spec_of_2023, workflow_of_2023
from pycolonies._home import publish
from pycolonies._misfits import refusing
from pycolonies._models import FuncSpec, Record
from pycolonies._models.base import empty_for_null
from pycolonies._render import Drawn, Picture
from pycolonies._specs.call import OPTIONS, call_spec
from pycolonies._specs.nodes import check_nodes, listed, picture
from pycolonies.errors import InvalidWorkflowError

if TYPE_CHECKING:
    from typing_extensions import Self, Unpack

    from pycolonies._specs.call import AddOptions, CallOptions, WorkflowOptions

_Result = TypeVar("_Result")


class Node(str, Generic[_Result]):
    """The name of a node, as `Workflow.add` returns it; other nodes wait for it with ``after=[node]``.

    Attributes:
        spec: Its function spec.
        func: Its Python function, if it was given as one.
    """

    __slots__ = ("func", "spec")
    spec: FuncSpec
    func: Callable[..., Any] | None

    def __new__(cls, name: str, spec: FuncSpec, func: Callable[..., Any] | None = None) -> Self:
        """Return a name with its function spec."""
        node = super().__new__(cls, name)
        node.spec, node.func = spec, func
        return node

    def __getnewargs__(self) -> tuple[str, FuncSpec]:  # type: ignore[override]  # str has one argument
        return str(self), self.spec


class Workflow(Drawn, WorkflowOf2023, Record):
    """Function specs that depend on each other, by the node names in their conditions.

    ::

        workflow = Workflow(colonyname="dev", executortype="python-executor")
        numbers = workflow.add(gen_nums, args=[10])
        workflow.add(sum_nums, after=[numbers])
        print(workflow.mermaid())
        graph = client.submit_workflow(workflow)

    Args:
        colonyname: Colony in which all of them run. An id, as in 2023, is taken too.
        functionspecs: The nodes; each has a ``nodename``, and in ``conditions.dependencies`` the names of
            the nodes that it waits for.
        executortype: Further arguments are default options of `add`: ``executortype``, ``maxexectime``,
            ``maxretries`` and so on; and ``codec``, which writes the arguments that `add` is given.
    """

    colonyname: str
    functionspecs: Annotated[list[FuncSpec], BeforeValidator(empty_for_null), Field(default=[])]
    _options: dict[str, Any] = PrivateAttr(default_factory=dict)
    _codec: Any = PrivateAttr(default=None)

    def __init__(
        self,
        colony: str | None = None,
        /,
        functionspecs: Sequence[FuncSpec | dict[str, Any]] = (),
        **given: Unpack[WorkflowOptions],
    ) -> None:
        fields: dict[str, Any] = {**given}
        colonyid = fields.pop("colonyid", colony)
        if colonyid is not None:
            fields["colonyname"] = workflow_of_2023(colonyid)
        codec = fields.pop("codec", None)
        options = {name: fields.pop(name) for name in OPTIONS & fields.keys()}
        checks.refuse_unknown(type(self), fields, OPTIONS)
        checks.refuse_impossible(options)
        fields["functionspecs"] = functionspecs
        with refusing(type(self)):
            super().__init__(**fields)
        self._options = options
        self._codec = codec

    @overload
    def add(
        self,
        func_spec: Callable[..., Coroutine[Any, Any, _Result]],
        nodename: str | None = None,
        dependencies: Iterable[str] = (),
        **options: Unpack[AddOptions],
    ) -> Node[_Result]: ...
    @overload
    def add(
        self,
        func_spec: Callable[..., _Result],
        nodename: str | None = None,
        dependencies: Iterable[str] = (),
        **options: Unpack[AddOptions],
    ) -> Node[_Result]: ...
    @overload
    def add(
        self,
        func_spec: FuncSpec | Mapping[str, Any] | str,
        nodename: str | None = None,
        dependencies: Iterable[str] = (),
        **options: Unpack[AddOptions],
    ) -> Node[Any]: ...
    def add(
        self,
        func_spec: FuncSpec | Mapping[str, Any] | Callable[..., Any] | str,
        nodename: str | None = None,
        dependencies: Iterable[str] = (),
        *,
        after: Iterable[str] = (),
        args: Sequence[Any] = (),
        kwargs: Mapping[str, Any] | None = None,
        **options: Unpack[CallOptions],
    ) -> Node[Any]:
        """Add a node.

        A node that waits for others gets their output as the positional arguments of its function. It has no
        `args` then: an executor would drop them. Pass further arguments by name, in `kwargs`.

        Args:
            func_spec: A Python function, the name of one, or a function spec, which is copied.
            nodename: Its name. Defaults to the function's name, with a number if that is taken.
            dependencies: Names of the nodes that it waits for; `after` is the same.
            after: Nodes that it waits for: what this method returned for them, or their names.
            args: Positional arguments of the function, of a node that waits for no other.
            kwargs: Keyword arguments of the function.
            options: Options of the call, instead of the workflow's: ``executortype``,
                ``executorname``, ``priority``, ``maxexectime``, ``maxretries``, ``maxwaittime``, ``fs``,
                ``env``, ``label``, ``channels``, and ``code``, which sends the source code along: True for
                that of the function, or a text.

        Returns:
            The node, to name it in `after` of others.

        Raises:
            InvalidWorkflowError: There is a node of that name, or one that it waits for is not there.
            TypeError: The function does not take these arguments, one can't be sent, or a node that waits for
                others has `args`.
            ValueError: The executor type is not known.
        """
        after = [after] if isinstance(after, str) else after
        for option, waited_for in (("after", after), ("dependencies", dependencies)):
            checks.several(option, waited_for, "a list of nodes", str, "a node or the name of one")
        given = kwargs or {}
        if isinstance(func_spec, FuncSpec | Mapping):
            if args or given or options:
                raise TypeError(
                    "args, kwargs and options must not be given with a function spec: set its fields instead"
                )
            spec = spec_of_2023(func_spec).model_copy(deep=True)
        else:
            _refuse_nodes(args)
            _refuse_nodes(given.values() if isinstance(given, Mapping) else ())
            if args and (after or dependencies):
                raise TypeError(
                    "a node with after= gets the output of those nodes as its positional arguments, so args= "
                    "would be dropped; pass further arguments by name: kwargs={...}"
                )
            spec = call_spec(
                func_spec,
                args,
                given,
                self.colonyname,
                {**self._options, **options},
                complete=False,
                codec=self._codec,
            )
        earlier = {node.nodename for node in self.functionspecs}
        for name in after:
            if name not in earlier:
                raise InvalidWorkflowError(
                    f"after must name earlier nodes ({listed(earlier) or 'none so far'}), got {str(name)!r}",
                    (str(name),),
                )
        name = str(nodename) if nodename else _free(spec.nodename or spec.funcname, earlier)
        if name in earlier:
            raise InvalidWorkflowError(f"node names must be unique, got a second {name!r}", (name,))
        spec.nodename = name
        waits_for = dict.fromkeys(str(name) for name in (*dependencies, *after))
        spec.conditions.dependencies = list(waits_for)
        self.functionspecs.append(spec)
        return Node(name, spec, func_spec if inspect.isroutine(func_spec) else None)

    def check(self) -> None:
        """Check that the nodes can be run, as `submit_workflow` does before it sends anything.

        Raises:
            InvalidWorkflowError: A node has no name or that of another, depends on a node that is not
                there, or waits for itself.
        """
        check_nodes(self.functionspecs)

    def picture(self) -> Picture:
        """Return its nodes for drawing."""
        return picture(self.functionspecs)


def workflow_of(workflow: Workflow | Mapping[str, Any]) -> Workflow:
    """Return a workflow, or its dictionary, as a workflow."""
    return workflow if isinstance(workflow, Workflow) else Workflow.of(workflow)


def _free(name: str, taken: set[str]) -> str:
    """Return a name, with a number where it is taken."""
    number, free = 1, name
    while free in taken:
        number += 1
        free = f"{name}-{number}"
    return free


def _refuse_nodes(values: Iterable[object]) -> None:
    for value in values if isinstance(values, Iterable) else ():
        if isinstance(value, Node):
            raise TypeError(
                f"the node {str(value)!r} is passed as an argument; its output is handed over by the server: "
                f"write after=[...] instead"
            )


publish(__name__)
