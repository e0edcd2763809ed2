"""Middleware around the calls of clients."""

from __future__ import annotations

import asyncio
import contextlib
import pickle
from collections.abc import AsyncIterator, Iterator
from typing import Any

import pytest

from conftest import Colony, Member
from pycolonies import AsyncColonies, ClientCall, Colonies, Executor, NotFoundError, Process, func_spec
from pycolonies.testing import DevServer

pytestmark = pytest.mark.both_modes


class Calls:
    """Keeps the types of messages, and what came of them."""

    def __init__(self) -> None:
        self.ended: list[str] = []

    def __call__(self, call: ClientCall) -> contextlib.AbstractContextManager[None]:
        return self._around(call)

    @contextlib.contextmanager
    def _around(self, call: ClientCall) -> Iterator[None]:
        assert call.reply is None
        assert call.value is None
        assert call.fields["msgtype"] == call.msgtype
        try:
            yield
        except Exception as error:
            self.ended.append(f"{call.msgtype} {type(error).__name__}")
            raise
        assert isinstance(call.reply, bytes)
        self.ended.append(call.msgtype)


class Place:
    """A colony with a user and an executor."""

    def __init__(self, server: DevServer) -> None:
        self.server = server
        colony = Colony(server.client())
        self.name = colony.name
        self.user: Member = colony.user()
        self.worker: Member = colony.executor("worker")

    def settings(self, *middleware: Any) -> dict[str, Any]:
        return {
            "host": "127.0.0.1",
            "port": self.server.port,
            "prvkey": self.user.prvkey,
            "colonyname": self.name,
            "middleware": middleware,
        }

    def client(self, *middleware: Any) -> Colonies:
        return Colonies(**self.settings(*middleware))


@pytest.fixture
def place(server: DevServer) -> Place:
    return Place(server)


def encrypted(call: ClientCall) -> Iterator[None]:
    """Turns the arguments of submitted processes round, and those of replies back."""
    if call.msgtype == "submitfuncspecmsg":
        fields = call.fields
        fields["spec"]["args"] = [text[::-1] for text in fields["spec"]["args"]]
        call.fields = fields
    yield
    if call.msgtype in ("submitfuncspecmsg", "getprocessmsg", "assignprocessmsg"):
        value = call.value
        value["spec"]["args"] = [text[::-1] for text in value["spec"]["args"]]
        call.value = value


def test_each_call_is_surrounded_and_its_error_is_seen(place: Place) -> None:
    calls = Calls()
    client = place.client(calls)
    process = client.submit_func_spec(func_spec("work", ["a"], place.name, "worker"))
    client.get_process(process.processid)
    with pytest.raises(NotFoundError):
        client.get_process("0" * 64)
    assert calls.ended == ["submitfuncspecmsg", "getprocessmsg", "getprocessmsg NotFoundError"]
    client.bind(prvkey=place.user.prvkey).get_process(process.processid)
    pickle.loads(pickle.dumps(place.client(encrypted))).get_process(process.processid)
    assert calls.ended[3:] == ["getprocessmsg"]


def test_the_first_one_is_the_outermost(place: Place) -> None:
    order: list[str] = []

    def named(name: str) -> Any:
        def middleware(call: ClientCall) -> Iterator[None]:
            order.append(name)
            yield
            order.append(f"{name} end of {call.msgtype}")

        return middleware

    place.client(named("a"), named("b")).get_processgraphs()
    assert order[:2] == ["a", "b"]
    assert [line.split()[0] for line in order[2:]] == ["b", "a"]


def test_messages_and_replies_may_be_changed(place: Place) -> None:
    spec = func_spec("work", ["hello"], place.name, "worker")
    process = place.client(encrypted).submit_func_spec(spec)
    assert process.spec.args == ["hello"]
    assert place.client().get_process(process.processid).spec.args == ["olleh"]
    assigned = place.client(encrypted).assign(timeout=5, prvkey=place.worker.prvkey)
    assert assigned.spec.args == ["hello"]


def test_awaited_calls_are_surrounded_too(place: Place) -> None:
    calls = Calls()

    async def program() -> Process:
        async with AsyncColonies(**place.settings(calls, encrypted)) as client:
            process = await client.submit_func_spec(func_spec("work", ["hello"], place.name, "worker"))
            assert process.spec.args == ["hello"]
            assigned = await client.assign(timeout=5, prvkey=place.worker.prvkey)
            assert assigned.spec.args == ["hello"]
            with pytest.raises(NotFoundError):
                await client.assign(timeout=1, prvkey=place.worker.prvkey)
            return process

    process = asyncio.run(program())
    assert place.client().get_process(process.processid).spec.args == ["olleh"]
    ended = [line for line in calls.ended if line != "getprocessmsg"]  # assign may look at a young process
    assert ended == ["submitfuncspecmsg", "assignprocessmsg", "assignprocessmsg NoProcessAvailable"]


def test_the_calls_of_an_executor_are_those_of_its_client(place: Place) -> None:
    calls = Calls()
    client = place.client(calls)
    executor = Executor("worker", client=client, prvkey=place.worker.prvkey)

    @executor.function
    def work(text: str) -> str:
        return text

    with executor:
        handle = client.submit("work", args=["a"], executortype="worker", maxexectime=60)
        assert handle.result(60) == "a"
    assert {"assignprocessmsg", "closesuccessfulmsg", "submitfuncspecmsg"} <= {
        line.split()[0] for line in calls.ended
    }


def test_a_suppressed_error_needs_a_reply(place: Place) -> None:
    def silent(call: ClientCall) -> Iterator[None]:
        with contextlib.suppress(NotFoundError):
            yield

    def answering(call: ClientCall) -> Iterator[None]:
        try:
            yield
        except NotFoundError:
            call.value = {"processid": call.fields["processid"]}

    with pytest.raises(RuntimeError, match="suppressed the error of getprocessmsg without a reply"):
        place.client(silent).get_process("0" * 64)
    assert place.client(answering).get_process("0" * 64).processid == "0" * 64


def test_what_is_no_middleware_is_refused() -> None:
    async def asynchronous(call: ClientCall) -> AsyncIterator[None]:
        yield

    for wrong in (asynchronous, 3):
        with pytest.raises(TypeError, match="must be a plain generator function that yields once"):
            Colonies("localhost", 1, middleware=[wrong])  # type: ignore[list-item]
