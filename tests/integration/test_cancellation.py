"""Blocked calls that another thread ends."""

from __future__ import annotations

import threading
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor

import pytest

from badserver import bad_server, silence
from conftest import Colony, Member
from polling import until
from proxy import wire_to
from pycolonies import CallCancelledError, Colonies, Crypto
from pycolonies._core import Cancellation, pause

pytestmark = pytest.mark.both_modes

PRVKEY = Crypto().prvkey()

BLOCKED: dict[str, Callable[[Colonies], object]] = {
    "call": lambda client: client.get_process("x", PRVKEY),
    "assign": lambda client: client.assign("dev", 1000, PRVKEY),
    "one of several servers": lambda client: Colonies(
        hosts=["127.0.0.1:1", f"127.0.0.1:{client.port}"], timeout=1000
    ).get_process("x", PRVKEY),
    "subscription": lambda client: client.endpoint.transport.subscribe(),
    "pause": lambda _: pause(1000),
}


@pytest.mark.parametrize("blocked", BLOCKED)
def test_another_thread_ends_a_blocked_call(blocked: str) -> None:
    cancellation, entered = Cancellation(), threading.Event()

    def call(client: Colonies) -> None:
        with cancellation:
            entered.set()
            BLOCKED[blocked](client)

    with bad_server(silence) as (port, _), ThreadPoolExecutor(1) as threads:
        done = threads.submit(call, Colonies("127.0.0.1", port, timeout=1000))
        assert entered.wait(60)
        cancellation.cancel()
        assert isinstance(done.exception(60), CallCancelledError)  # not a thousand seconds


def test_a_subscription_ends(colony: Colony, executor: Member) -> None:
    process = colony.submit(executor)
    cancellation = Cancellation()

    def follow(port: int) -> None:
        with cancellation:
            for found in Colonies("127.0.0.1", port).follow_process(process.processid, executor.prvkey):
                assert found.state == Colonies.WAITING

    with wire_to(colony.client.host, colony.client.port) as wire, ThreadPoolExecutor(1) as threads:
        done = threads.submit(follow, wire.port)
        until(lambda: wire.open == 2, "the subscription")
        cancellation.cancel()
        assert isinstance(done.exception(60), CallCancelledError)
        until(lambda: wire.open == 1, "its end; the connection of the calls is kept")


def test_it_tells_whether_the_message_went_out() -> None:
    cancellation = Cancellation()
    with bad_server(silence) as (port, heard), ThreadPoolExecutor(1) as threads:
        client = Colonies("127.0.0.1", port, timeout=1000)

        def call() -> None:
            with cancellation:
                client.get_process("x", PRVKEY)

        done = threads.submit(call)
        until(lambda: heard, "the message")
        cancellation.cancel()
        sent = done.exception(60)
        assert isinstance(sent, CallCancelledError)
        assert sent.may_have_been_processed
        assert "interrupted after its message was sent" in str(sent)
        with pytest.raises(CallCancelledError, match="before anything was sent") as unsent:
            call()
        assert not unsent.value.may_have_been_processed


def test_cancellations_end_with_their_block_and_nest(colony: Colony, executor: Member) -> None:
    def ask() -> str:
        return colony.client.get_colony(colony.name, executor.prvkey).name

    outer, inner = Cancellation(), Cancellation()
    assert not outer.cancelled
    with outer:
        with inner:
            inner.cancel()
            with pytest.raises(CallCancelledError):
                ask()
        assert ask() == colony.name  # it was the inner one
        with Cancellation():
            outer.cancel()
            with pytest.raises(CallCancelledError):
                ask()
    assert outer.cancelled
    assert ask() == colony.name
    with pytest.raises(CallCancelledError), outer:  # it stays cancelled
        ask()


def test_a_cancellation_is_for_those_who_entered_it(colony: Colony, executor: Member) -> None:
    cancellation = Cancellation()
    cancellation.cancel()
    with cancellation, ThreadPoolExecutor(1) as threads:
        other = threads.submit(colony.client.get_colony, colony.name, executor.prvkey)
        assert other.result(60)["name"] == colony.name


def test_a_pause_ends_by_itself_and_takes_no_nonsense() -> None:
    pause(0)
    pause(0.06)
    with pytest.raises(ValueError, match="finite and at least 0, got -1"):
        pause(-1)
