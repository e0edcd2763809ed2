"""Notebooks: cells that await, bars below cells, and records as tables and pictures, in a real kernel."""

from __future__ import annotations

import asyncio
import re
import sys
import warnings
from collections.abc import Iterator
from importlib import import_module
from pathlib import Path
from typing import Any

import pytest

from conftest import Colony
from pycolonies import Executor, Workflow, func_spec
from pycolonies.testing import DevServer

HOSTILE = "<script>alert(1)</script>"


@pytest.fixture
def adder(server: DevServer, colony: Colony) -> Iterator[Executor]:
    client = server.client(prvkey=colony.executor().prvkey, colonyname=colony.name)
    executor = Executor("adder", client=client, colony_prvkey=colony.prvkey)
    executor.function(lambda *numbers: sum(numbers), name="add")
    executor.function(lambda: None, name=HOSTILE)
    with executor:
        yield executor


def cells(
    server: DevServer, colony: Colony, monkeypatch: pytest.MonkeyPatch, folder: Path, *sources: str
) -> list[Any]:
    """Run cells in a kernel, and return the outputs of the last one."""
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        import nbclient

        nbformat: Any = import_module("nbformat")
    variables = {
        **server.environment,
        "COLONIES_COLONY_NAME": colony.name,
        "COLONIES_PRVKEY": colony.executor().prvkey,
        "AWS_S3_ENDPOINT": "127.0.0.1:1",
        "IPYTHONDIR": str(folder / "ipython"),
        "JUPYTER_RUNTIME_DIR": str(folder / "runtime"),
        "JUPYTER_PATH": str(Path(sys.prefix) / "share" / "jupyter"),
    }
    for name, value in variables.items():
        monkeypatch.setenv(name, value)
    notebook = nbformat.v4.new_notebook(cells=[nbformat.v4.new_code_cell(source) for source in sources])
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        nbclient.NotebookClient(notebook, timeout=120, startup_timeout=120, kernel_name="python3").execute(
            cwd=str(folder)
        )
    outputs: list[Any] = notebook.cells[-1].outputs
    return outputs


def html_of(outputs: list[Any]) -> str:
    return "".join(one.data.get("text/html", "") for one in outputs if "data" in one)


@pytest.mark.usefixtures("adder")
def test_a_cell_awaits_and_shows_bars_and_tables(
    server: DevServer, colony: Colony, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    outputs = cells(
        server,
        colony,
        monkeypatch,
        tmp_path,
        "from pycolonies import AsyncColonies, Colonies\n"
        "options = {'executortype': 'adder', 'maxexectime': 60}\n"
        "aio, client = AsyncColonies.from_env(), Colonies.from_env()",
        "handle = await aio.submit('add', args=[1, 2], **options)\nassert await handle == 3",
        "assert sum(client.map('add', range(20), progress=True, **options)) == 190\nhandle",
    )
    html = html_of(outputs)
    assert '<progress value="20" max="20"></progress> 20 of 20 processes' in html
    assert "<caption>AsyncProcessHandle</caption>" in html
    assert "<th>funcname</th><td>&#x27;add&#x27;</td>" in html
    assert not [one for one in outputs if one.output_type == "stream"], "no bar of a terminal"


@pytest.mark.usefixtures("adder")
def test_a_workflow_is_shown_as_a_picture(
    server: DevServer, colony: Colony, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    outputs = cells(
        server,
        colony,
        monkeypatch,
        tmp_path,
        "from pycolonies import Colonies, Workflow\n"
        "client = Colonies.from_env()\n"
        "workflow = Workflow(colonyname=client.colonyname, executortype='adder', maxexectime=60)\n"
        "workflow.add('add', 'total', after=[workflow.add('add', 'first', args=[1])])\n"
        "result = client.wait_workflow(client.submit_workflow(workflow), timeout=60, progress=True)\n"
        "result.graph",
    )
    assert re.search(r"<progress value=\"\d\" max=\"2\"", html_of(outputs))
    shown = outputs[-1].data
    assert shown["image/svg+xml"].startswith("<svg")
    assert ">total<" in shown["image/svg+xml"]
    assert shown["text/html"].startswith("<svg")
    assert "<caption>ProcessGraph</caption>" in shown["text/html"]


def test_hostile_text_is_escaped_everywhere(adder: Executor, server: DevServer, colony: Colony) -> None:
    client = server.client(prvkey=colony.executor().prvkey, colonyname=colony.name)
    handle = client.submit(HOSTILE, args=[HOSTILE], executortype="adder", maxexectime=60)
    handle.exception(timeout=60)
    workflow = Workflow(colonyname=colony.name, executortype="adder", maxexectime=60)
    workflow.add(HOSTILE, HOSTILE)
    graph = client.submit_workflow(workflow)
    graph = client.get_processgraph(graph.processgraphid)
    shown: list[Any] = [
        handle,
        handle.process,
        func_spec(HOSTILE, [HOSTILE], HOSTILE, HOSTILE),
        workflow,
        graph,
        client.wait_workflow(graph, 60),
        adder.stats(),
        client.stats(),
        client.list_executors()[0],
    ]
    for one in shown:
        html = one._repr_html_()
        assert "<table>" in html
        assert "<script" not in html, type(one)
    for drawn in (workflow, graph):
        svg = drawn._repr_svg_()
        assert svg is not None
        assert "<script" not in svg
    assert "&lt;script&gt;" in handle._repr_html_()


def test_a_graph_without_nodes_has_no_picture() -> None:
    assert "<table>" in Workflow(colonyname="dev")._repr_html_()


@pytest.mark.usefixtures("adder")
def test_an_awaitable_handle_is_a_table(server: DevServer, colony: Colony) -> None:
    from pycolonies import AsyncColonies

    async def shown() -> str:
        key = colony.executor().prvkey
        client = AsyncColonies("127.0.0.1", server.port, prvkey=key, colonyname=colony.name)
        handle = await client.submit(HOSTILE, executortype="adder", maxexectime=60)
        html: str = handle._repr_html_()
        return html

    html = asyncio.run(shown())
    assert "<table>" in html
    assert "<script" not in html
