"""Codecs on both sides of the wire."""

from __future__ import annotations

import asyncio
import json
from collections.abc import Iterator
from typing import TYPE_CHECKING, Any

import pytest

from pycolonies import (
    AsyncColonies,
    Colonies,
    ColoniesPoolExecutor,
    Context,
    Executor,
    ProcessFailedError,
    TypeCodec,
    Workflow,
)

if TYPE_CHECKING:
    from executor_bench import Bench

pytestmark = pytest.mark.both_modes

CODEC = TypeCodec()
CODEC.register(complex, "complex", encode=lambda z: [z.real, z.imag], decode=lambda pair: complex(*pair))
CODEC.register(bytes, "bytes", encode=bytes.hex, decode=bytes.fromhex)


class Secret:
    """Writes whole values so that a server can't read them (and neither does it keep a secret)."""

    def encode(self, value: Any, /) -> Any:
        return {"box": json.dumps(value)[::-1]}

    def decode(self, value: Any, /) -> Any:
        return json.loads(value["box"][::-1])


def _client(bench: Bench, codec: Any) -> Colonies:
    server = bench.server
    return Colonies(
        "127.0.0.1", server.port, prvkey=bench.user.prvkey, colonyname=bench.colony.name, codec=codec
    ).with_options(executortype="worker", maxexectime=60)


def test_values_of_registered_types_travel_both_ways(bench: Bench) -> None:
    executor = bench.executor(codec=CODEC)
    client = _client(bench, CODEC)

    @executor.function
    def conjugate(z: complex, *, factor: complex = 1) -> tuple[complex, list[bytes]]:
        assert isinstance(z, complex)
        return z.conjugate() * factor, [b"\x00"]

    @executor.function
    async def echo(value: Any) -> Any:
        return value

    with executor:
        handle = client.submit("conjugate", args=[1 + 2j], kwargs={"factor": 2j})
        assert handle.result(60) == [(4 + 2j), [b"\x00"]]
        assert handle.output == [
            {"$type": "complex", "$value": [4.0, 2.0]},
            [{"$type": "bytes", "$value": "00"}],
        ]
        assert handle.spec.args == [{"$type": "complex", "$value": [1.0, 2.0]}]
        assert client.call(conjugate, 1j).result(60) == (-1j, [b"\x00"])
        assert list(client.map(echo, [1j, 2, {"$type": 3j}])) == [1j, 2, {"$type": 3j}]
        with ColoniesPoolExecutor(client) as pool:
            assert pool.submit(echo, 1j).result(60) == 1j
    assert executor.call("echo", [1j]) == [1j]


def test_it_works_awaited(bench: Bench) -> None:
    executor = bench.executor(codec=CODEC)

    @executor.function
    def echo(value: Any) -> Any:
        return value

    async def program() -> None:
        async with AsyncColonies(
            "127.0.0.1",
            bench.server.port,
            prvkey=bench.user.prvkey,
            colonyname=bench.colony.name,
            codec=CODEC,
        ) as client:
            handle = await client.submit("echo", args=[1j], executortype="worker")
            assert await handle == 1j

    with executor:
        asyncio.run(program())


def test_outputs_of_nodes_are_read_by_the_next_ones(bench: Bench) -> None:
    executor = bench.executor(codec=CODEC)
    client = _client(bench, CODEC)

    @executor.function
    def make(real: complex) -> complex:
        return real * 1j

    @executor.function
    def square(z: complex) -> complex:
        return z * z

    workflow = Workflow(colonyname=bench.colony.name, executortype="worker", codec=CODEC)
    first = workflow.add(make, args=[2 + 0j])
    last = workflow.add(square, after=[first])
    with executor:
        result = client.wait_workflow(client.submit_workflow(workflow), 60)
    assert result[first] == 2j
    assert result[last] == -4 + 0j


def test_whole_values_may_be_written_as_something_else(bench: Bench) -> None:
    executor = bench.executor(codec=Secret())
    client = _client(bench, Secret())

    @executor.function
    def greet(name: str, *, times: int) -> Iterator[str]:
        yield from ["hello " + name] * times

    with executor:
        handle = client.submit("greet", args=["Ada"], kwargs={"times": 2})
        assert handle.result(60) == ["hello Ada"] * 2
        assert handle.spec.args == [{"box": '"adA"'}]
        assert handle.spec.kwargs == {"times": {"box": "2"}}
        assert handle.output == [{"box": '"adA olleh"'}] * 2


def test_output_that_is_stored_while_a_function_runs_is_written_too(bench: Bench) -> None:
    executor = bench.executor(codec=CODEC)

    @executor.function
    def work(ctx: Context) -> None:
        ctx.set_output(1j)

    with executor:
        assert bench.outcome("work").output == [{"$type": "complex", "$value": [0.0, 1.0]}]


def test_an_executor_takes_the_codec_of_its_client() -> None:
    executor = Executor("worker", client=Colonies("localhost", 1, codec=CODEC))

    @executor.function
    def twice(z: complex) -> complex:
        return 2 * z

    assert executor.call("twice", 1j) == 2j


def test_what_the_codec_cannot_read_fails_the_process_once(bench: Bench) -> None:
    executor = bench.executor(codec=Secret())

    @executor.function(retries=3)
    def work(value: Any) -> Any:
        return value

    with executor:
        plain = bench.outcome("work", "text")
        assert (
            plain.errors
            == [
                (
                    "the arguments do not fit work: the codec can't read them: TypeError: "
                    "string indices must be integers, not 'str'"
                )
            ]
            or "the codec can't read them: TypeError" in plain.errors[0]
        )
        assert len(plain.errors) == 1


def test_what_the_codec_cannot_write_fails_the_process(bench: Bench) -> None:
    executor = bench.executor(codec=Secret())
    client = _client(bench, Secret())

    @executor.function
    def work() -> object:
        return object()

    with executor:
        with pytest.raises(
            ProcessFailedError, match="the codec can't write it: TypeError: Object of type object"
        ):
            client.submit("work").result(60)
        with pytest.raises(TypeError, match="Object of type object is not JSON"):
            client.submit("work", args=[object()])


def test_a_result_that_the_codec_cannot_read_is_an_exception_of_the_handle(bench: Bench) -> None:
    executor = bench.executor()
    client = _client(bench, Secret())

    @executor.function
    def work() -> str:
        return "plain"

    with executor:
        handle = client.submit("work")
        with pytest.raises(TypeError, match="string indices"):
            handle.result(60)
        assert handle.output == ["plain"]


def test_without_a_codec_nothing_changes(bench: Bench) -> None:
    executor = bench.executor()
    value = {"$type": "complex", "$value": [0, 1]}

    @executor.function
    def echo(value: Any) -> Any:
        return value

    with executor:
        assert _client(bench, None).submit("echo", args=[value]).result(60) == value
        with pytest.raises(TypeError, match="complex has no JSON form"):
            _client(bench, None).submit("echo", args=[1j])


def test_what_is_no_codec_is_refused() -> None:
    with pytest.raises(TypeError, match="codec must have the methods encode and decode, got 3"):
        Colonies("localhost", 1, codec=3)  # type: ignore[arg-type]
