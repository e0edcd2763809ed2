"""Arguments of the wrong type: the text names the argument, says the rule, and shows the value."""

from __future__ import annotations

import inspect
from collections.abc import Callable, Iterator
from functools import partial
from typing import Any

import pytest

import pycolonies
from pycolonies.testing import DevServer

untyped: Any = pycolonies
SECONDS = "must be a number of seconds, 0 or more"
POSITIVE = "must be a number of seconds, more than 0"
SPEC = "spec must be a FuncSpec, as func_spec(...) returns it, or a dictionary"


def _s3(**settings: Any) -> Any:
    return untyped.S3Settings(**{"endpoint": "localhost", "bucket": "b", **settings})


def _s3_credentials(**keys: Any) -> Any:
    return untyped.S3Credentials(**{"access_key": "", "secret_key": "", **keys})


def _aio(**settings: Any) -> Any:
    return untyped.AsyncColonies("localhost", 1, **settings)


def _policy(**limits: Any) -> Any:
    return untyped.CodePolicy(**{"initiators": ["*"], **limits})


def _node(**options: Any) -> Any:
    return untyped.Workflow(colonyname="dev", executortype="x").add("f", **options)


def _spec(**fields: Any) -> Any:
    return untyped.func_spec(**{"func": "f", "args": [], "colonyname": "dev", "executortype": "x", **fields})


@pytest.mark.parametrize(
    ("make", "kind", "text"),
    [
        (lambda: _spec(args=5), ValueError, "FuncSpec: args: must be a valid list, got 5"),
        (lambda: _spec(args="ab"), ValueError, "FuncSpec: args: must be a valid list, got 'ab'"),
        (lambda: _spec(args={"a": 1}), ValueError, "FuncSpec: args: must be a valid list, got {'a': 1}"),
        (lambda: _spec(kwargs=5), ValueError, "FuncSpec: kwargs: must be a valid dictionary, got 5"),
        (lambda: _spec(func=5), TypeError, "func must be a function or the name of one, got 5"),
        (lambda: _spec(code=5), TypeError, "code must be source code as a string, got 5"),
        (lambda: untyped.FuncSpec.of(5), TypeError, "FuncSpec must be a dictionary, got 5"),
        (
            lambda: untyped.Process(processid=5),
            ValueError,
            "Process: processid: must be a valid string, got 5",
        ),
        (lambda: untyped.File(size="x"), ValueError, ("File: size: must be a valid integer, unable to parse "
         "string as an integer, got 'x'")),
        (lambda: _node(args=5), TypeError, ("args of f must be a list of arguments, got an object of the "
         "class int")),
        (lambda: _node(kwargs=5), TypeError, ("kwargs of f must be a dictionary of arguments, got an object "
         "of the class int")),
        (lambda: _node(after=5), TypeError, "after must be a list of nodes, got 5"),
        (lambda: _node(dependencies=[5]), TypeError, ("each of dependencies must be a node or the name of "
         "one, got 5")),
        (lambda: untyped.Backoff(initial="1"), TypeError, f"initial {SECONDS}, got '1'"),
        (lambda: untyped.Backoff(maximum=None), TypeError, f"maximum {SECONDS}, got None"),
        (lambda: untyped.Backoff(factor="2"), TypeError, "factor must be a number of at least 1, got '2'"),
        (lambda: untyped.Backoff(jitter=5), TypeError, "jitter must be True or False, got 5"),
        (lambda: untyped.Retry(after="x"), TypeError, f"after {SECONDS}, got 'x'"),
        (lambda: _s3(endpoint=5), TypeError, "endpoint must be a string, got 5"),
        (lambda: _s3(bucket=None), TypeError, "bucket must be a string, got None"),
        (lambda: _s3(region=5), TypeError, "region must be a string, got 5"),
        (lambda: _s3(tls="yes"), TypeError, "tls must be True or False, got 'yes'"),
        (lambda: _s3(verify=1), TypeError, "verify must be True or False, got 1"),
        (lambda: _s3(ca_file=5), TypeError, "ca_file must be a path, got 5"),
        (lambda: _s3(timeout="x"), TypeError, f"timeout {POSITIVE}, got 'x'"),
        (lambda: _s3(connect_timeout=0), ValueError, f"connect_timeout {POSITIVE}, got 0"),
        (lambda: _s3(parallel=1.5), TypeError, "parallel must be an integer, got 1.5"),
        (lambda: _s3(parallel=0), ValueError, "parallel must be at least 1, got 0"),
        (lambda: _s3(credentials=5), TypeError, "credentials must be a function that returns S3Credentials"),
        (lambda: _aio(tls="yes"), TypeError, "tls must be True or False, got 'yes'"),
        (lambda: _aio(timeout="x"), TypeError, f"timeout {POSITIVE}, got 'x'"),
        (lambda: _aio(connect_timeout=-1), ValueError, f"connect_timeout {POSITIVE}, got -1"),
        (lambda: _aio(ca_file=5), TypeError, "ca_file must be a path, got 5"),
        (lambda: _aio(skip_tls_verify=1), TypeError, "skip_tls_verify must be True or False, got 1"),
        (lambda: _aio(max_concurrency="9"), TypeError, "max_concurrency must be an integer, got '9'"),
        (lambda: _aio(max_concurrency=0), ValueError, "max_concurrency must be at least 1, got 0"),
        (lambda: _aio(hosts="a:1"), TypeError, "hosts must be a list of servers, got 'a:1'"),
        (lambda: _aio(hosts=[5]), TypeError, "each of hosts must be a string, got 5"),
        (lambda: _aio(colonyname=5), TypeError, "colonyname must be a string, got 5"),
        (lambda: _aio(middleware=5), TypeError, "middleware must be a list of generator functions, got 5"),
        (lambda: _aio(timeouts=5), TypeError, "there is no setting 'timeouts'; did you mean 'timeout'?"),
        (lambda: untyped.Colonies("a", 1, s3=5), TypeError, ("s3 must be an S3Settings, got an object of the "
         "class int")),
        (lambda: untyped.Executor(5), TypeError, "executortype must be a string, got 5"),
        (lambda: untyped.Executor("x", client=5), TypeError, "client must be a Colonies, got 5"),
        (lambda: untyped.Executor("x", code=5), TypeError, "code must be a CodePolicy, got 5"),
        (lambda: untyped.Executor("x", fs_dir=5), TypeError, "fs_dir must be a path, got 5"),
        (
            lambda: untyped.Executor("x").function(name=5)(_s3),
            TypeError,
            "name must be a string, got 5",
        ),
        (lambda: untyped.Executor("x", observers=5), TypeError, ("observers must be a list of observers, "
         "got 5")),
        (lambda: untyped.Executor("x", observers=[5]), TypeError, ("each of observers must be an Observer, "
         "got 5")),
        (lambda: _policy(initiators=5), TypeError, "initiators must be a list of names, got 5"),
        (lambda: _policy(functions="f"), TypeError, "functions must be a list of names, got 'f'"),
        (lambda: _policy(seconds="x"), TypeError, "seconds must be a number of seconds or None, got 'x'"),
        (lambda: _policy(memory="x"), TypeError, "memory must be an integer or None, got 'x'"),
        (lambda: _policy(sandbox=5), TypeError, "sandbox must be a Sandbox, True or False, got 5"),
        (lambda: untyped.ColoniesPoolExecutor(window=None), TypeError, "window must be an integer, got None"),
        (lambda: untyped.ColoniesPoolExecutor(5), TypeError, "client must be a Colonies, got 5"),
        (lambda: untyped.HealthServer("x"), TypeError, "port must be an integer, got 'x'"),
        (lambda: untyped.HealthServer(0, 5), TypeError, "host must be a string, got 5"),
    ],
)  # fmt: skip
def test_a_wrong_argument_is_named_with_rule_and_value(
    make: Callable[[], Any], kind: type[Exception], text: str
) -> None:
    with pytest.raises(kind) as refused:
        make()
    assert str(refused.value) == text


@pytest.mark.parametrize("name", ["access_key", "secret_key", "session_token"])
@pytest.mark.parametrize("make", [_s3, _s3_credentials])
def test_a_secret_of_the_wrong_type_is_not_shown(make: Callable[..., Any], name: str) -> None:
    with pytest.raises(
        TypeError, match=f"{name} must be a string.*, got an object of the class bytes"
    ) as said:
        make(**{name: b"hunter2"})
    assert "hunter2" not in str(said.value)


@pytest.mark.parametrize(
    ("spec", "kind", "text"),
    [
        (5, TypeError, f"{SPEC}, got 5"),
        (None, TypeError, f"{SPEC}, got None"),
        ("add", TypeError, f"{SPEC}, got 'add'"),
        ({"funcname": 5}, ValueError, "FuncSpec: funcname: must be a valid string, got 5"),
        ({"conditions": {"nodes": "x"}}, ValueError, ("FuncSpec: conditions.nodes: must be a valid integer, "
         "unable to parse string as an integer, got 'x'")),
        ({"funcnam": "f"}, TypeError, "FuncSpec has no field 'funcnam'; did you mean 'funcname'?"),
        ({"conditions": {"executortyp": "x"}}, TypeError, ("Conditions has no field 'executortyp'; "
         "did you mean 'executortype'?")),
    ],
)  # fmt: skip
def test_a_bad_function_spec_is_refused_before_it_is_sent(
    spec: object, kind: type[Exception], text: str
) -> None:
    client = untyped.Colonies("localhost", 1, prvkey="1" * 64, colonyname="dev")  # nothing listens there
    with pytest.raises(kind) as refused:
        client.submit_func_spec(spec)
    assert str(refused.value) == text


def test_a_dictionary_is_submitted_as_a_function_spec(server: DevServer) -> None:
    process = server.client().submit_func_spec(
        {"funcname": "add", "args": [1], "conditions": {"executortype": "x"}}
    )
    assert process.spec.funcname == "add"
    assert process.spec.args == [1]


@pytest.mark.parametrize("call", ["add_executor", "add_user", "add_generator"])
def test_a_record_that_is_no_dictionary_is_refused(call: str) -> None:
    client = untyped.Colonies("localhost", 1, prvkey="1" * 64, colonyname="dev")
    with pytest.raises(TypeError, match=r"^the record must be a dictionary, got 5$"):
        getattr(client, call)(5)


def test_map_names_an_argument_that_is_no_iterable() -> None:
    client = untyped.Colonies("localhost", 1, prvkey="1" * 64, colonyname="dev")
    with pytest.raises(
        TypeError, match="each argument of map after the function must be an iterable of arguments"
    ):
        client.map("f", [1], 5, executortype="x")


@pytest.mark.parametrize("process", [5, "id", None])
def test_waiting_for_a_value_that_is_no_process_is_refused(process: object) -> None:
    client = untyped.Colonies("localhost", 1, prvkey="1" * 64, colonyname="dev")
    with pytest.raises(TypeError, match="process must be a process, as submit_func_spec returns it, got"):
        client.wait(process, 1)


#: Arguments with which each class and function can be made.
_GOOD = {"func": "f", "args": [], "colonyname": "dev", "executortype": "x", "endpoint": "h", "host": "h"}
#: Listeners, and classes that only this package makes.
_LEFT_OUT = {"HealthServer", "PrometheusMetrics", "colonies_client"}
#: What texts of pydantic and of the native module contain.
_RAW = (
    "validation error",
    "pydantic",
    "Input should",
    "argument '",
    "cannot be converted",
    "not supported between",
)


def _parameters() -> Iterator[Any]:
    for name in untyped.__all__:
        made = getattr(untyped, name)
        if not callable(made) or name in _LEFT_OUT or name.endswith("Error"):
            continue
        try:
            found = inspect.signature(made).parameters.values()
        except ValueError:  # dictionaries
            continue
        plain = [one for one in found if one.kind in (one.POSITIONAL_OR_KEYWORD, one.KEYWORD_ONLY)]
        needed = {one.name: _GOOD.get(one.name, "x") for one in plain if one.default is one.empty}
        for field in getattr(made, "model_fields", None) or [one.name for one in plain]:
            yield pytest.param(made, needed, field, id=f"{name}-{field}")


def _refusal(make: Callable[[], object]) -> str:
    try:
        make()
    except Exception as refused:  # noqa: BLE001 (only its text is judged)
        return str(refused)
    return ""


@pytest.mark.parametrize(("made", "needed", "field"), list(_parameters()))
def test_no_public_constructor_shows_texts_of_libraries(
    made: Callable[..., Any], needed: dict[str, Any], field: str
) -> None:
    for wrong in (5, 2.5, "x", b"x", None, object(), [object()], {1: 2}):
        refused = _refusal(partial(made, **{**needed, field: wrong}))
        assert not any(raw in refused for raw in _RAW), f"{wrong!r}: {refused}"
