"""A workflow that grows while it runs: a function adds the processes that it finds it needs.

python3 examples/dynamic_workflow.py
"""

from pycolonies import Context, Executor, Workflow, func_spec
from pycolonies.testing import COLONY_NAME, COLONY_PRVKEY, EXECUTOR_PRVKEY, DevServer

server = DevServer()
executor = Executor("worker", client=server.client(), colonyname=COLONY_NAME, colony_prvkey=COLONY_PRVKEY)


@executor.function
def split(text: str, ctx: Context) -> str:
    """Adds a child for the words; it gets this function's output."""
    spec = func_spec("count_words", [], COLONY_NAME, "worker", maxexectime=60)
    ctx.add_child(spec, "words")
    return text


@executor.function
def count_words(text: str) -> int:
    return len(text.split())


with server, executor.start(concurrency=4):
    client = server.client(prvkey=EXECUTOR_PRVKEY, colonyname=COLONY_NAME)
    workflow = Workflow(colonyname=COLONY_NAME)
    workflow.add(split, args=["how many words are these"], maxexectime=60)
    graph = client.submit_workflow(workflow)
    client.wait_workflow(graph, timeout=60)
    for processid in client.get_processgraph(graph.processgraphid).processids:
        process = client.get_process(processid)
        print(process.spec.nodename, process.output)
