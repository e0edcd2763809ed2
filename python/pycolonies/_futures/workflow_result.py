"""Results of a workflow."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from typing import TYPE_CHECKING, Any, TypeVar, overload

from pycolonies._home import publish
from pycolonies._models import Process, ProcessGraph
from pycolonies._specs.call import value_of
from pycolonies._specs.returned import reader_for

if TYPE_CHECKING:
    from pycolonies._rpc.codec import Codec
    from pycolonies._specs.workflow import Node

_Result = TypeVar("_Result")


class WorkflowResult(Mapping[str, Any]):
    """The results of a successful workflow, by the names of its nodes.

    Processes are fetched on first use. Nodes that were added while the workflow ran are included. If several
    have the same name, the second is called ``name-2`` and so on.

    Attributes:
        graph: The process graph.
    """

    def __init__(
        self, graph: ProcessGraph, get_process: Callable[[str], Process], codec: Codec | None = None
    ) -> None:
        self.graph = graph
        self._codec = codec
        self._get_process = get_process
        self._ids = ids_by_name(graph)
        self._processes: dict[str, Process] = {}

    def process(self, nodename: str) -> Process:
        """Return the process of a node.

        Raises:
            KeyError: There is no such node.
            NotFoundError: It was removed.
        """
        if nodename not in self._processes:
            self._processes[nodename] = self._get_process(self._ids[nodename])
        return self._processes[nodename]

    @overload
    def __getitem__(self, nodename: Node[_Result]) -> _Result: ...
    @overload
    def __getitem__(self, nodename: str) -> Any: ...
    def __getitem__(self, nodename: str) -> Any:
        value = value_of(self.process(nodename), self._codec)
        read = reader_for(getattr(nodename, "func", None))
        return value if read is None else read(value)

    def __iter__(self) -> Iterator[str]:
        return iter(self._ids)

    def __len__(self) -> int:
        return len(self._ids)

    def __repr__(self) -> str:
        return f"<{type(self).__name__} of {self.graph.processgraphid}: {', '.join(self)}>"

    def _repr_html_(self) -> str:
        return self.graph._repr_html_()


def ids_by_name(graph: ProcessGraph) -> dict[str, str]:
    """Return the processes of a graph by the names of their nodes, in the graph's order."""
    names = {node.id: node.data.get("label", "") for node in graph.nodes}
    found: dict[str, str] = {}
    for processid in graph.processids:
        name = free = names.get(processid, "")
        number = 1
        while free in found:
            number += 1
            free = f"{name}-{number}"
        found[free] = processid
    return found


publish(__name__)
