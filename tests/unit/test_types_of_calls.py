"""Arguments of calls that have a wrong type are refused by name before anything is sent."""

from __future__ import annotations

import asyncio
import inspect
import warnings
from collections.abc import Callable, Iterator
from typing import Any

import pytest

import pycolonies
from pycolonies import AsyncColonies, Colonies

untyped: Any = pycolonies
KEY = "ddf7f7791208083b6a9ed975a72684f6406a269cfa36f1b1c32045c0a71fff05"
#: Arguments that fit the calls in which they are required.
FITTING: dict[str, Any] = {
    "data": b"content",
    "dir": "directory",
    "dst": "directory",
    "filepath": __file__,
    "func": "f",
    "local": "directory",
    "prvkey": KEY,
    "spec": untyped.FuncSpec(),
    "workflow": untyped.Workflow(colonyname="dev"),
}
FILE = {"label": "x", "filename": "x"}
#: Arguments that calls also need, though they have a default.
NEEDED: dict[str, dict[str, Any]] = {
    "delete_file": FILE,
    "download_data": FILE,
    "download_file": {"dst": "directory", **FILE},
    "download_snapshot": {"dst": "directory"},
    "get_blueprints": {"kind": "x"},
    "get_file": FILE,
    "schedule": {"spec": "f", "executortype": "x", "countdown": 60},
    "upload_data": {"data": b"content", **FILE},
    "upload_file": {"filepath": __file__, "label": "x"},
}
WRONG: dict[str, Any] = {"str": 5, "int": "x", "bool": "x"}
#: Parameters that name another one, a flag that is only read, or what is never sent.
LEFT_OUT = {
    ("delete_file", "latest"),
    ("download_data", "latest"),
    ("download_file", "latest"),
    ("find_process", "nodename"),
    ("get_processes_for_workflow", "colonyname"),
    ("map", "colonyname"),  # map needs iterables by position; see below
    ("map", "ordered"),
    ("map", "return_exceptions"),
    ("map", "window"),
    ("plan_sync", "keeplocal"),
    ("resubmit_workflow", "only_failed"),
    ("submit", "colonyname"),  # the colony of the function spec counts
    ("sync", "keeplocal"),
}


def _kind(parameter: inspect.Parameter) -> str:
    return str(parameter.annotation).split(" | ")[0]


def _calls() -> Iterator[Any]:
    for name, call in inspect.getmembers(Colonies, inspect.isfunction):
        if name.startswith("_") or name == "create_func_spec":  # the form of 2023 of func_spec
            continue
        parameters = list(inspect.signature(call).parameters.values())[1:]
        for wrong in parameters:
            if _kind(wrong) in WRONG and wrong.name != "progress" and (name, wrong.name) not in LEFT_OUT:
                yield pytest.param(name, parameters, wrong, id=f"{name}-{wrong.name}")


def _fitting(parameter: inspect.Parameter) -> Any:
    kinds = {"str": "x", "int": 1, "bool": False, "float": 1.0}
    found = FITTING.get(parameter.name)
    if found is not None:
        return found
    kind = _kind(parameter)
    return kinds.get(kind, [] if "list" in kind or "Sequence" in kind else {})


def _arguments(name: str, parameters: list[inspect.Parameter], wrong: inspect.Parameter) -> dict[str, Any]:
    needed = {
        one.name: _fitting(one)
        for one in parameters
        if one.kind not in (one.VAR_POSITIONAL, one.VAR_KEYWORD)
        and (one.default is one.empty or repr(one.default) == "<required>")
    }
    needed |= NEEDED.get(name, {})
    if wrong.name == "fileid":  # in place of these
        del needed["label"], needed["filename"]
    return {**needed, wrong.name: WRONG[_kind(wrong)]}


def _refusal(call: Callable[[], object]) -> BaseException:
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")  # forms of 2023
        with pytest.raises((TypeError, ValueError)) as refused:
            _run(call)
    return refused.value


def _run(call: Callable[[], object]) -> None:
    result = call()
    if isinstance(result, Iterator):
        next(result)


@pytest.mark.parametrize(("name", "parameters", "wrong"), list(_calls()))
def test_a_wrong_argument_is_refused_by_name_and_not_sent(
    name: str, parameters: list[inspect.Parameter], wrong: inspect.Parameter
) -> None:
    s3 = untyped.S3Settings(endpoint="localhost:1", bucket="b", access_key="a", secret_key="b", tls=False)
    client = Colonies("localhost", 1, prvkey=KEY, colonyname="dev", s3=s3)  # nothing listens there
    refused = _refusal(lambda: getattr(client, name)(**_arguments(name, parameters, wrong)))
    assert wrong.name in str(refused)
    assert repr(WRONG[_kind(wrong)]) in str(refused)


@pytest.mark.parametrize(("option", "wrong"), [("colonyname", 5), ("window", "x")])
def test_a_wrong_option_of_map_is_refused_by_name(option: str, wrong: Any) -> None:
    client = Colonies("localhost", 1, prvkey=KEY, colonyname="dev")
    options: Any = {"executortype": "x", option: wrong}
    refused = _refusal(lambda: list(client.map("f", [1], **options)))
    assert option in str(refused)
    assert repr(wrong) in str(refused)


@pytest.mark.parametrize("wrong", [5, None, True, 1.5, ["id"], {"processid": "id"}, b"id"])
def test_a_process_id_is_text(wrong: Any) -> None:
    client = Colonies("localhost", 1, prvkey=KEY, colonyname="dev")
    for call in (client.get_process, client.cancel_process, client.remove_process, client.get_process_log):
        with pytest.raises(TypeError, match="processid"):
            call(wrong)


@pytest.mark.parametrize("wrong", ["5", None, True, 5.0, [5]])
def test_a_count_is_an_integer(wrong: Any) -> None:
    client = Colonies("localhost", 1, prvkey=KEY, colonyname="dev")
    with pytest.raises(TypeError, match="count must be an integer, got"):
        client.get_crons(count=wrong)


def test_a_field_of_a_record_is_refused_by_name() -> None:
    client = Colonies("localhost", 1, prvkey=KEY, colonyname="dev")
    with pytest.raises(TypeError, match="executorname must be a string, got 5"):
        client.add_executor({"executorname": 5})


def test_an_attribute_set_on_a_function_spec_is_refused_by_name() -> None:
    client = Colonies("localhost", 1, prvkey=KEY, colonyname="dev")
    spec = untyped.func_spec("f", [], "dev", "x")
    spec.maxexectime = "x"
    with pytest.raises(TypeError, match="maxexectime must be an integer, got 'x'"):
        client.submit_func_spec(spec)


@pytest.mark.parametrize("wrong", [5, "text", None])
def test_the_content_of_a_file_is_bytes(wrong: Any) -> None:
    s3 = untyped.S3Settings(endpoint="localhost:1", bucket="b", access_key="a", secret_key="b", tls=False)
    client = Colonies("localhost", 1, prvkey=KEY, colonyname="dev", s3=s3)
    with pytest.raises((TypeError, ValueError), match="data "):
        client.upload_data(filename="f", data=wrong, label="x")


def test_awaitable_calls_refuse_the_same() -> None:
    async def test() -> None:
        client: Any = AsyncColonies("localhost", 1, prvkey=KEY, colonyname="dev")
        async with client:
            with pytest.raises(TypeError, match="processid must be a string, got 5"):
                await client.get_process(5)
            with pytest.raises(TypeError, match="count must be an integer, got 'x'"):
                await client.get_crons(count="x")

    asyncio.run(test())
