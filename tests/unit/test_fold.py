"""Equal siblings of wide graphs are drawn as one."""

from __future__ import annotations

import re
from typing import Any

from pycolonies import Workflow
from pycolonies._render import Box, Drawn, Picture
from pycolonies._render.fold import LIMIT, folded

WAITING, RUNNING, SUCCESSFUL, FAILED, CANCELLED = range(5)


class Graph(Drawn):
    def __init__(self, picture: Picture) -> None:
        self._picture = picture

    def picture(self) -> Picture:
        return self._picture


def fan(count: int, state_of: Any = lambda _: None, name: str = "square") -> Picture:
    """A node, a wide layer of equal ones, and a node that waits for all of them."""
    wide = [
        Box(f"w{number}", name if not number else f"{name}-{number + 1}", state_of(number))
        for number in range(count)
    ]
    arrows = [("first", box.id) for box in wide] + [(box.id, "last") for box in wide]
    return Picture([Box("first", "split"), *wide, Box("last", "reduce")], arrows)


def labels(picture: Picture) -> list[str]:
    return [box.label for box in picture.boxes]


def test_few_siblings_are_drawn_one_by_one() -> None:
    assert folded(fan(LIMIT)) == fan(LIMIT)


def test_many_siblings_are_one_box_with_arrows_to_the_same_places() -> None:
    found = folded(fan(60))
    assert labels(found) == ["split", "60 x square", "reduce"]
    assert found.numbered() == [(0, 1), (1, 2)]


def test_the_box_counts_states_and_has_the_one_that_tells_most() -> None:
    done = folded(fan(60, lambda number: SUCCESSFUL if number < 58 else RUNNING)).boxes[1]
    assert done == Box("w0", "60 x square, 58 done, 2 running", RUNNING)
    assert folded(fan(60, lambda _: WAITING)).boxes[1] == Box("w0", "60 x square, 0 done", WAITING)
    mixed = folded(fan(9, lambda number: (SUCCESSFUL, FAILED, CANCELLED)[number % 3])).boxes[1]
    assert mixed == Box("w0", "9 x square, 3 done, 3 failed, 3 cancelled", FAILED)


def test_siblings_of_other_names_or_with_other_neighbors_stay() -> None:
    wide = fan(20)
    named = Picture([Box(box.id, chr(97 + number) * 3) for number, box in enumerate(wide.boxes)], wide.arrows)
    assert folded(named) == named
    chain = Picture(wide.boxes, [(f"w{number}", f"w{number + 1}") for number in range(19)])
    assert len(folded(chain).boxes) == len(chain.boxes)


def test_layers_that_follow_each_other_are_folded_each() -> None:
    both = Picture(
        [
            *(Box(f"a{number}", f"load-{number}") for number in range(20)),
            *(Box(f"b{number}", f"save-{number}") for number in range(20)),
        ],
        [(f"a{one}", f"b{other}") for one in range(20) for other in range(20)],
    )
    assert labels(folded(both)) == ["20 x load", "20 x save"]
    assert folded(both).numbered() == [(0, 1)]


def test_every_kind_of_drawing_is_folded_unless_it_is_asked_for_in_full() -> None:
    graph = Graph(fan(60))
    assert graph.tree().splitlines() == ["split", "└── 60 x square", "    └── reduce"]
    assert "see above" not in graph.tree()
    width = re.search(r'width="(\d+)"', graph.svg())
    assert width is not None
    assert int(width[1]) < 200
    assert graph.mermaid().count('["') == graph.dot().count("label=") == 3
    assert graph.mermaid(fold=False).count('["') == graph.dot(fold=False).count("label=") == 62
    assert len(graph.tree(fold=False).splitlines()) == 121
    assert graph.svg(fold=False).count("<rect") == 62


def test_nodes_of_a_workflow_are_folded_by_their_functions() -> None:
    workflow = Workflow(colonyname="dev", executortype="t")
    nodes = [workflow.add("square", args=[number]) for number in range(12)]
    workflow.add("reduce", after=nodes)
    assert workflow.tree() == "12 x square\n└── reduce\n"
