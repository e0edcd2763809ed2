"""What is left of a workflow: rules without a server."""

from __future__ import annotations

from hypothesis import given
from hypothesis import strategies as st

from pycolonies import Conditions, FuncSpec, Process
from pycolonies._specs.again import spec_again, workflow_again
from pycolonies._specs.nodes import check_nodes

SUCCESSFUL, FAILED = 2, 3


@st.composite
def graphs(draw: st.DrawFn) -> list[Process]:
    """Graphs of nodes whose ancestors succeeded, or that have failed."""
    processes: list[Process] = []
    for number in range(draw(st.integers(1, 8))):
        earlier = [process.processid for process in processes]
        parents = draw(st.lists(st.sampled_from(earlier), unique=True, max_size=3)) if earlier else []
        possible = all(processes[int(parent)].output for parent in parents)
        good = possible and draw(st.booleans())
        name = draw(st.sampled_from(["a", "b", str(number)]))
        spec = FuncSpec(funcname="f", nodename=name, args=[name], conditions=Conditions(colonyname="dev"))
        processes.append(
            Process(
                processid=str(number),
                state=draw(st.sampled_from([SUCCESSFUL, FAILED])) if good else FAILED,
                spec=spec,
                parents=parents,
                output=[number] if good else [],
                errors=[] if good else ["broken"],
            )
        )
    return processes


@given(graphs())
def test_each_node_gets_the_input_that_it_would_have_had(processes: list[Process]) -> None:
    if all(process.output for process in processes):
        return
    workflow = workflow_again(processes, only_failed=True)
    specs = {spec.env["PYCOLONIES_RESUBMITTED"]: spec for spec in workflow.functionspecs}
    check_nodes(workflow.functionspecs)  # names are unique, and dependencies exist
    ids = {spec.nodename: id_ for id_, spec in specs.items()}
    assert {process.processid for process in processes if not process.output} <= specs.keys()
    for process in processes:
        spec = specs.get(process.processid)
        if spec is None:
            continue
        waits_for = [ids[name] for name in spec.conditions.dependencies]
        if waits_for:
            assert waits_for == process.parents, "a part of its input would be missing"
        elif process.parents:
            assert spec.args == [processes[int(parent)].output[0] for parent in process.parents]  # type: ignore[index]
        else:
            assert spec.args == process.spec.args


def test_a_key_and_dependencies_are_left_out_and_the_process_is_unchanged() -> None:
    spec = FuncSpec(funcname="f", label="key:o-17", env={"A": "b"}, conditions=Conditions(dependencies=["x"]))
    process = Process(processid="1", spec=spec, input=["in"])
    again = spec_again(process)
    assert again.label == ""
    assert again.args == ["in"]
    assert again.conditions.dependencies == []
    assert spec.label == "key:o-17"
    assert spec.env == {"A": "b"}
    assert spec.conditions.dependencies == ["x"]
