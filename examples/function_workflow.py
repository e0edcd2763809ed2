"""Makes a workflow of plain functions, draws it, and waits for its results.

eval "$(pycolonies dev --env)"
python3 examples/arithmetic.py     in another terminal
python3 examples/function_workflow.py
"""

from arithmetic import gen_nums, square, sum_nums

from pycolonies import Colonies, InvalidWorkflowError, Workflow

client = Colonies.from_env()
workflow = Workflow(colonyname=client.colonyname, maxexectime=60)
first = workflow.add(gen_nums, args=[4])
total = workflow.add(sum_nums, after=[first])
squared = workflow.add(square, after=[total])

graph = client.submit_workflow(workflow)
print(graph.mermaid())
result = client.wait_workflow(graph, timeout=60)
print(result[total], "squared is", result[squared])
print(result.graph.tree())

# What could never run is refused before anything is sent.
first.spec.conditions.dependencies = [squared]
try:
    client.submit_workflow(workflow)
except InvalidWorkflowError as refused:
    print(refused)
