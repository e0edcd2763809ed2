"""Process graphs: what the server makes of workflows."""

from typing import Annotated, ClassVar

from pydantic import BeforeValidator

from pycolonies._models.base import NEVER, Record, Texts, Time, empty_for_null
from pycolonies._models.state import ProcessState
from pycolonies._render import Box, Drawn, Picture, state_of_colour


class Position(Record):
    """Where a node is drawn."""

    x: int = 0
    y: int = 0


class ProcessNode(Record):
    """A process in the drawing of a process graph."""

    id: str = ""
    data: dict[str, str] = {}
    position: Position = Position()
    type: str = ""
    style: dict[str, str] = {}


class ProcessEdge(Record):
    """A dependency in the drawing of a process graph."""

    id: str = ""
    source: str = ""
    target: str = ""
    animated: bool = False


class ProcessGraph(Drawn, Record):
    """What the server makes of a workflow. `get_processgraph` tells its nodes, and so can be drawn."""

    _shown: ClassVar[tuple[str, ...]] = ("processgraphid", "colonyname", "state", "processids")

    processgraphid: str = ""
    initiatorid: str = ""
    initiatorname: str = ""
    colonyname: str = ""
    rootprocessids: Texts = []
    state: ProcessState = ProcessState.WAITING
    submissiontime: Time = NEVER
    starttime: Time = NEVER
    endtime: Time = NEVER
    processids: Texts = []
    nodes: Annotated[list[ProcessNode], BeforeValidator(empty_for_null)] = []
    edges: Annotated[list[ProcessEdge], BeforeValidator(empty_for_null)] = []

    def picture(self) -> Picture:
        """Return what is drawn: its nodes with their states.

        Raises:
            ValueError: They are not known.
        """
        if self.processids and not self.nodes:
            raise ValueError(
                f"the nodes of process graph {self.processgraphid} are not known here, as in listings; "
                "get_processgraph(processgraphid) returns it with them"
            )
        places = {processid: place for place, processid in enumerate(self.processids)}
        # Servers tell the nodes in no fixed order.
        nodes = sorted(self.nodes, key=lambda node: places.get(node.id, len(places)))
        boxes = [
            Box(node.id, node.data.get("label", ""), state_of_colour(node.style.get("background", "")))
            for node in nodes
        ]
        return Picture(
            boxes,
            sorted(
                ((edge.source, edge.target) for edge in self.edges),
                key=lambda arrow: (places.get(arrow[0], -1), places.get(arrow[1], -1)),
            ),
        )
