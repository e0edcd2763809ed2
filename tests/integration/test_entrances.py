"""Every method refuses values that can't be sent, before anything is sent.

The methods and their parameters are read from the clients, so a new one is tested without a change here. Text
with a lone surrogate stands for what is no text, and NaN for values that JSON would change.
"""

from __future__ import annotations

import asyncio
import http.server
import inspect
import math
import re
import threading
from collections.abc import Callable, Iterator
from typing import Any

import pytest

from pycolonies import (
    AsyncColonies,
    Colonies,
    Crypto,
    FuncSpec,
    Process,
    ProcessGraph,
    SerializationError,
    Workflow,
    func_spec,
)

KEY = Crypto().prvkey()
NO_TEXT = "\ud800"
#: Parameters that stay here: paths of local files, keys, limits of time, callbacks and settings.
LOCAL = re.compile(
    r"prvkey|dst|dir|filepath|data|on_progress|progress|callback|timeout|window|ordered|plan|self"
)
#: Methods that begin with a local file, a store or the environment, forms of 2023, which call others, and
#: `call` with `with_options`, which are `submit` with the function's own arguments.
OTHERWISE = re.compile(
    "call|with_options|from_env|create_func_spec|delete_(executor|process|file)|(apply|plan)_sync|sync|(up|down)load_.*"
)
#: Parameters of some methods that stay here, too.
UNSENT = {
    ("bind", "colonyname"),
    ("failed", "funcname"),
    ("failed", "label"),
    ("find_process", "nodename"),
    ("get_processes_for_workflow", "colonyname"),
}
#: Parameters with a form, which is checked first, and the label of a scheduled call, which has one already.
CHECKED = {"serverid", "label", "eta", "since"}
CHECKED_OF = {("schedule", "options")}
#: Arguments of which one is needed, beside those without a default.
FURTHER: dict[str, dict[str, Any]] = {
    "get_file": {"label": "x", "filename": "x"},
    "get_blueprints": {"kind": "x"},
    "submit": {"executortype": "x"},
    "map": {"executortype": "x"},
    "schedule": {"executortype": "x", "countdown": 7200},
}
#: Those of them that are left out beside a parameter.
INSTEAD_OF = {"fileid": ("label", "filename"), "eta": ("countdown",), "spec": ("executortype",)}


def spec(item: object) -> FuncSpec:
    return func_spec("f", [item], "dev", "cli")


#: Arguments by how their annotation begins, made of a text and a value.
VALUES: list[tuple[str, Callable[[str, Any], Any]]] = [
    ("FuncSpec", lambda _, item: spec(item)),
    ("Workflow", lambda _, item: Workflow(colonyname="dev", functionspecs=[spec(item)])),
    ("ProcessGraph", lambda text, _: ProcessGraph(processgraphid=text)),
    ("Process", lambda text, _: Process(processid=text)),
    ("Sequence[str]", lambda text, _: [text]),
    ("str", lambda text, _: text),
    ("Callable[..., Any] | str", lambda text, _: text),
    ("Iterable[Any]", lambda _, item: [item]),
    ("Sequence[Any]", lambda _, item: [{"id": item}]),
    ("Iterable[FunctionArgument", lambda text, _: [{"name": text}]),
    ("Unpack[CallOptions]", lambda text, _: {"label": text}),
    ("bool", lambda *_: False),
    ("int", lambda *_: 1),
    ("float", lambda *_: 1),
    # Records and mappings.
    ("", lambda _, item: {"name": "x", "trigger": 1, "metadata": {"name": "x"}, "more": {"id": item}}),
]


def value(annotation: str, *, bad: bool) -> Any:
    """Return an argument for a type."""
    make = next(make for begin, make in VALUES if annotation.startswith(begin))
    return make(NO_TEXT, math.nan) if bad else make("x", 1)


def entrances(client: type) -> Iterator[tuple[str, str]]:
    """Return each method with each parameter whose value is sent."""
    for method, found in inspect.getmembers(client, callable):
        if method.startswith("_") or OTHERWISE.fullmatch(method):
            continue
        for name, parameter in inspect.signature(found).parameters.items():
            if (method, name) in UNSENT or LOCAL.fullmatch(name):
                continue
            if parameter.annotation not in ("int", "float", "bool", "int | None", "float | None"):
                yield method, name


def arguments(client: type, method: str, bad: str) -> tuple[list[Any], dict[str, Any]]:
    """Return the arguments of a call, of which one can't be sent."""
    args, kwargs = [], dict(FURTHER.get(method, {}))
    for name in INSTEAD_OF.get(bad, ()):
        kwargs.pop(name, None)
    for name, parameter in inspect.signature(getattr(client, method)).parameters.items():
        if name in ("self", "prvkey"):
            continue
        if method in ("submit", "schedule") and name == "spec" and bad != "spec":
            kwargs["spec"] = "f"
            continue
        needed = parameter.default is parameter.empty or repr(parameter.default) == "<required>"
        if not needed and name != bad:
            continue
        made = value(str(parameter.annotation), bad=name == bad)
        if parameter.kind is parameter.VAR_POSITIONAL:
            args.append(made)
        elif parameter.kind is parameter.VAR_KEYWORD:
            kwargs.update(made if name == bad else {})
        else:
            kwargs[name] = made
    if args:
        args.insert(0, kwargs.pop("func"))
    return args, kwargs


def _is_checked(method: str, bad: str) -> bool:
    return bad in CHECKED or (method, bad) in CHECKED_OF


class Counting(http.server.BaseHTTPRequestHandler):
    """Counts requests."""

    seen = 0

    def do_POST(self) -> None:
        Counting.seen += 1
        self.send_error(500)

    def log_message(self, *_: object) -> None:
        return


@pytest.fixture(scope="module")
def port() -> Iterator[int]:
    server = http.server.ThreadingHTTPServer(("127.0.0.1", 0), Counting)
    threading.Thread(target=server.serve_forever, daemon=True).start()
    yield server.server_port
    server.shutdown()
    server.server_close()


@pytest.mark.parametrize(("method", "bad"), [*entrances(Colonies)])
def test_nothing_is_sent_with_a_value_that_cannot_be(port: int, method: str, bad: str) -> None:
    client = Colonies("127.0.0.1", port, prvkey=KEY, colonyname="dev")
    args, kwargs = arguments(Colonies, method, bad)
    Counting.seen = 0

    def call() -> None:
        found = getattr(client, method)(*args, **kwargs)
        if isinstance(found, Iterator):
            list(found)

    with pytest.raises((TypeError, ValueError)) as caught:
        call()
    assert isinstance(caught.value, SerializationError) or _is_checked(method, bad)
    assert Counting.seen == 0


@pytest.mark.parametrize(("method", "bad"), [*entrances(AsyncColonies)])
def test_nothing_is_sent_by_coroutines_either(port: int, method: str, bad: str) -> None:
    async def call() -> None:
        async with AsyncColonies("127.0.0.1", port, prvkey=KEY, colonyname="dev") as client:
            args, kwargs = arguments(AsyncColonies, method, bad)
            found = getattr(client, method)(*args, **kwargs)
            if inspect.isawaitable(found):
                await found
            elif hasattr(found, "__aiter__"):
                async for _ in found:
                    pass

    Counting.seen = 0
    with pytest.raises((TypeError, ValueError)) as caught:
        asyncio.run(call())
    assert isinstance(caught.value, SerializationError) or _is_checked(method, bad)
    assert Counting.seen == 0
