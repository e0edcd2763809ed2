"""Nodes of a workflow: from functions, and what is wrong with them."""

from __future__ import annotations

import html
import pickle
import re
import xml.etree.ElementTree as ET
from itertools import pairwise
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from pycolonies import Executor, FuncSpec, InvalidWorkflowError, Node, ProcessGraph, Workflow, func_spec
from pycolonies._render import Drawn
from pycolonies._render.layers import lay_out

SVG = "{http://www.w3.org/2000/svg}"


def f(a: int, b: int = 0, *, ctx: object = None) -> int:
    return a + b


def workflow(**options: Any) -> Workflow:
    return Workflow(colonyname="dev", executortype="t", **options)


def of(dependencies: dict[str, list[str]]) -> Workflow:
    """A workflow of nodes by name, each with what it waits for."""
    specs = []
    for name, names in dependencies.items():
        spec = func_spec("f", [], "dev", "t")
        spec.nodename, spec.conditions.dependencies = name, names
        specs.append(spec)
    return Workflow(colonyname="dev", functionspecs=specs)


def test_nodes_are_named_by_their_functions_and_numbered() -> None:
    made = workflow()
    nodes = [made.add(f, args=[number]) for number in range(3)]
    assert nodes == ["f", "f-2", "f-3"]
    assert [spec.args for spec in made.functionspecs] == [[0], [1], [2]]
    last = made.add("collect", "all", after=nodes)
    assert last.spec.conditions.dependencies == ["f", "f-2", "f-3"]
    assert made.add("again", after=last).spec.conditions.dependencies == ["all"]
    copy = pickle.loads(pickle.dumps(last))
    assert copy == last
    assert copy.spec == last.spec
    made.check()


def test_options_of_a_node_win_over_those_of_the_workflow() -> None:
    made = workflow(maxexectime=10, label="all")
    spec = made.add(f, args=[1], maxexectime=20, env={"K": "v"}, channels=["c"], executorname="e").spec
    assert spec.maxexectime == 20
    assert spec.label == "all"
    assert spec.env == {"K": "v"}
    assert spec.channels == ["c"]
    assert spec.conditions.executortype == "t"
    assert spec.conditions.executornames == ["e"]
    assert set(made.model_dump()) == {"colonyname", "functionspecs"}


def test_source_code_travels_when_asked_for() -> None:
    made = workflow()
    assert "code" not in made.add(f, args=[1]).spec.env
    assert made.add(f, args=[1], code=True).spec.env["args_spec"] == "a,b,ctx"
    assert set(made.add("g", code="def g(): pass").spec.env) == {"code"}


@pytest.mark.parametrize(
    ("arguments", "kind", "text"),
    [
        (
            {"func_spec": "f", "nodename": "a"},
            InvalidWorkflowError,
            "node names must be unique, got a second 'a'",
        ),
        (
            {"func_spec": "f", "after": ["b"]},
            InvalidWorkflowError,
            "after must name earlier nodes ('a'), got 'b'",
        ),
        (
            {"func_spec": f, "args": [1, 2, 3]},
            TypeError,
            "cannot be called with these arguments: too many positional",
        ),
        ({"func_spec": f, "kwargs": {"c": 1}}, TypeError, "unexpected keyword argument 'c'"),
        (
            {"func_spec": f, "maxexec": 1},
            TypeError,
            "unknown option 'maxexec'; did you mean 'maxexec",
        ),
        (
            {"func_spec": f, "args": [object()]},
            TypeError,
            "args[0]: an object of type object has no JSON form",
        ),
        (
            {"func_spec": f, "kwargs": {"b": [2**53 + 1]}},
            ValueError,
            "kwargs['b'][0]: 9007199254740993 is beyond 2**53",
        ),
        ({"func_spec": f, "args": "text"}, TypeError, "args of f must be a list"),
        ({"func_spec": lambda: 0}, ValueError, "must have a name"),
        ({"func_spec": 1}, TypeError, "func must be a function or the name of one"),
        ({"func_spec": "f", "executortype": ""}, ValueError, "executortype is missing for f"),
        (
            {"func_spec": FuncSpec(funcname="f"), "args": [1]},
            TypeError,
            "must not be given with a function spec",
        ),
    ],
)
def test_what_cannot_be_a_node(arguments: dict[str, Any], kind: type[Exception], text: str) -> None:
    made = workflow()
    made.add("first", "a")
    with pytest.raises(kind, match=re.escape(text)):
        made.add(**arguments)
    assert len(made.functionspecs) == 1


def test_a_node_is_no_argument() -> None:
    made = workflow()
    node = made.add(f)
    with pytest.raises(TypeError, match=r"write after=\[...\] instead"):
        made.add(f, args=[node])


@pytest.mark.parametrize(
    ("made", "text", "nodes"),
    [
        (of({"a": [], "": []}), "node 2 of 2 ('f') must have a name", ("",)),
        (
            of({"a": ["x"], "b": []}),
            "node 'a' depends on 'x', which is not a node of this workflow",
            ("a", "x"),
        ),
        (of({"a": ["a"]}), "'a' -> 'a'", ("a",)),
        (
            of({"start": [], "a": ["start", "c"], "b": ["a"], "c": ["b"]}),
            "must not wait for each other",
            None,
        ),
    ],
)
def test_faults_name_the_nodes(made: Workflow, text: str, nodes: tuple[str, ...] | None) -> None:
    with pytest.raises(InvalidWorkflowError, match=re.escape(text)) as caught:
        made.check()
    assert nodes is None or caught.value.nodes == nodes
    copy = pickle.loads(pickle.dumps(caught.value))
    assert str(copy) == str(caught.value)
    assert copy.nodes == caught.value.nodes


def test_two_nodes_of_one_name() -> None:
    made = of({"a": [], "b": []})
    made.functionspecs[1].nodename = "a"
    with pytest.raises(
        InvalidWorkflowError, match="node names must be unique, got 'a' for nodes 1 and 2 of 2"
    ):
        made.check()


def test_an_empty_workflow_is_none_of_our_business() -> None:
    Workflow(colonyname="dev").check()


names = st.text(max_size=6)


@st.composite
def graphs(draw: st.DrawFn) -> dict[str, list[str]]:
    """Nodes in an order in which they could run, each with what it waits for."""
    nodes = draw(st.lists(names.filter(bool), unique=True, min_size=1, max_size=12))
    return {
        name: draw(st.lists(st.sampled_from(nodes[:index]), unique=True, max_size=3)) if index else []
        for index, name in enumerate(nodes)
    }


@given(dependencies=graphs(), data=st.data())
def test_circles_are_found_and_nothing_else(dependencies: dict[str, list[str]], data: st.DataObject) -> None:
    of(dependencies).check()
    nodes = list(dependencies)
    circle = data.draw(st.lists(st.sampled_from(nodes), unique=True, min_size=1))
    for before, after in pairwise([*circle, circle[0]]):
        if before not in dependencies[after]:
            dependencies[after].append(before)
    with pytest.raises(InvalidWorkflowError) as caught:
        of(dependencies).check()
    found = caught.value.nodes
    for before, after in pairwise([*found, found[0]]):
        assert before in dependencies[after]


def test_a_long_chain_needs_no_deep_stack() -> None:
    chain = of({str(number): [str(number - 1)] if number else [] for number in range(3000)})
    chain.check()
    assert len(chain.tree().splitlines()) == 3000
    chain.functionspecs[0].conditions.dependencies = ["2999"]
    with pytest.raises(InvalidWorkflowError) as caught:
        chain.check()
    assert len(caught.value.nodes) == 3000


@given(dependencies=graphs(), back=st.lists(st.tuples(st.integers(0, 11), st.integers(0, 11)), max_size=3))
def test_pictures_show_every_node_and_arrow(
    dependencies: dict[str, list[str]], back: list[tuple[int, int]]
) -> None:
    nodes = list(dependencies)
    for first, second in back:  # circles can be drawn, too
        source, target = first % len(nodes), second % len(nodes)
        if source != target and nodes[source] not in dependencies[nodes[target]]:
            dependencies[nodes[target]].append(nodes[source])
    made = of(dependencies)
    arrows = sum(map(len, dependencies.values()))
    lines = made.mermaid().splitlines()
    assert lines[0] == "flowchart TD"
    assert sum(bool(re.fullmatch(r'    n\d+\["[^"<>`\\{}%]+"\]', line)) for line in lines) == len(nodes)
    assert sum(bool(re.fullmatch(r"    n\d+ --> n\d+", line)) for line in lines) == arrows
    assert len(lines) == 1 + len(nodes) + arrows
    assert made.dot().count("[label=") == len(nodes)
    assert made.dot().count(" -> ") >= arrows
    drawn = ET.fromstring(made.svg())
    assert len(drawn.findall(f"{SVG}g")) == len(nodes)
    assert len(drawn.findall(f"{SVG}path")) == arrows
    assert len(made.tree().splitlines()) >= len(nodes)


@given(dependencies=graphs())
def test_layers_lead_down(dependencies: dict[str, list[str]]) -> None:
    nodes = list(dependencies)
    arrows = [(nodes.index(name), index) for index, node in enumerate(nodes) for name in dependencies[node]]
    layout = lay_out(len(nodes), arrows)
    depth = {number: index for index, layer in enumerate(layout.layers) for number in layer}
    assert sorted(number for number in depth if number < len(nodes)) == list(range(len(nodes)))
    for (source, target), way in layout.ways.items():
        assert way[0] == source
        assert way[-1] == target
        assert [depth[number] for number in way] == list(range(depth[source], depth[target] + 1))


def test_boxes_of_an_svg_do_not_overlap() -> None:
    made = of({"a": [], "b": ["a"], "c": ["a"], "a much longer name than all others": ["a"], "d": ["b", "c"]})
    by_row: dict[str, list[tuple[float, float]]] = {}
    for box in ET.fromstring(made.svg()).iter(f"{SVG}rect"):
        left = float(box.attrib["x"])
        by_row.setdefault(box.attrib["y"], []).append((left, left + float(box.attrib["width"])))
    assert sorted(map(len, by_row.values())) == [1, 1, 3]
    for row in by_row.values():
        for (_, end), (start, _) in pairwise(sorted(row)):
            assert start > end


def test_a_tree_writes_out_what_is_shared_once() -> None:
    made = of({"a": [], "b": ["a"], "c": ["a"], "d": ["b", "c"], "e": ["d"]})
    expected = """\
a
├── b
│   └── d
│       └── e
└── c
    └── d (see above)
"""
    assert made.tree() == expected


def test_states_are_coloured() -> None:
    graph = ProcessGraph.model_validate(
        {
            "processids": ["1", "2"],
            "nodes": [
                {"id": "2", "data": {"label": "b"}, "style": {"background": "#cb4239"}},
                {"id": "1", "data": {"label": "a"}, "style": {"background": "#92d050"}},
            ],
            "edges": [{"source": "1", "target": "2"}],
        }
    )
    assert graph.tree() == "a [successful]\n└── b [failed]\n"
    assert graph.tree(color=True) == "a [\x1b[32msuccessful\x1b[0m]\n└── b [\x1b[31mfailed\x1b[0m]\n"
    assert 'n1 [label="b", fillcolor="#cb4239"];' in graph.dot(direction="LR")
    assert "classDef failed fill:#cb4239,color:#000" in graph.mermaid(direction="LR")
    assert "<title>b: failed</title>" in graph.svg()


def test_a_label_holds_no_directive_of_mermaid() -> None:
    label = '%%{init: {"themeCSS": "* {display: none}"}}%%'
    line = of({label: []}).mermaid().splitlines()[1]
    assert not set("%{}") & set(line)
    assert html.unescape(line.replace("#", "&#")) == f'    n0["{label}"]'


def test_nothing_is_a_picture_too() -> None:
    empty = ProcessGraph()
    assert empty.tree() == ""
    assert empty.mermaid() == "flowchart TD\n"
    ET.fromstring(empty.svg())
    with pytest.raises(ValueError, match="direction must be one of TD, TB, LR, BT, RL, got 'UP'"):
        empty.mermaid(direction="UP")
    with pytest.raises(NotImplementedError):
        Drawn().dot()


def test_a_node_is_its_name() -> None:
    assert Node("a", FuncSpec()) == "a"


def test_a_function_of_an_executor_knows_whom_to_ask() -> None:
    executor = Executor(executortype="image-executor")

    @executor.function(name="scale")
    def resize(width: int) -> int:
        return width

    spec = Workflow(colonyname="dev").add(resize, args=[1]).spec
    assert spec.funcname == "scale"
    assert spec.conditions.executortype == "image-executor"
    assert (
        Workflow(colonyname="dev").add(resize, executortype="other").spec.conditions.executortype == "other"
    )
    executor.function("text".upper, name="upper")  # takes no notes
