"""Whatever a server does, a call ends in the documented exception, in time."""

from __future__ import annotations

import contextlib
import json
from pathlib import Path

import pytest

from badserver import Behaviour, answer, bad_server, close, envelope, reply, silence
from polling import until
from ports import reserved_port
from pycolonies import (
    CallTimeoutError,
    Colonies,
    ColoniesConnectionError,
    ConnectError,
    ConnectionLostError,
    Crypto,
    InvalidRequestError,
    Process,
    ProtocolError,
    ServerError,
    TransportError,
)

PRVKEY = Crypto().prvkey()
REFUSAL = envelope(json.dumps({"status": 400, "message": "no"}).encode(), error=True)

NO_REPLIES: dict[str, tuple[Behaviour, type[TransportError]]] = {
    "silence": (silence, CallTimeoutError),
    "hangs up": (close, ConnectionLostError),
    "half a head": (answer(b"HTTP/1.1 200 OK\r\nContent-Le"), ConnectionLostError),
    "half a body": (answer(b"HTTP/1.1 200 OK\r\nContent-Length: 100\r\n\r\n{"), TransportError),
    "garbage": (answer(b"\x00\xff garbage \r\n\r\n"), ProtocolError),
    "a body without end": (
        answer(b"HTTP/1.1 200 OK\r\nContent-Length: 99999999999\r\n\r\nx"),
        TransportError,
    ),
    "HTML with status 502": (reply(b"<html>Bad Gateway</html>", "502 Bad Gateway"), ProtocolError),
    "an empty body": (reply(b""), ProtocolError),
    "JSON that is no envelope": (reply(b"[]"), ProtocolError),
    "broken JSON": (reply(b'{"payloadtype":'), ProtocolError),
    "broken base64": (reply(envelope("!!!")), ProtocolError),
    "an error without a message": (reply(envelope(b"{}", error=True)), ProtocolError),
}


@pytest.mark.parametrize("case", NO_REPLIES)
@pytest.mark.parametrize("writes", [False, True], ids=["read", "write"])
def test_what_is_no_reply_is_the_documented_exception(case: str, writes: bool) -> None:
    behave, expected = NO_REPLIES[case]
    with bad_server(behave) as (port, _):
        client = Colonies("127.0.0.1", port, timeout=0.5 if behave is silence else 60)
        with pytest.raises(expected) as raised:
            client.close("x", [], PRVKEY) if writes else client.get_process("x", PRVKEY)
        assert isinstance(raised.value, ColoniesConnectionError)
        assert f"127.0.0.1:{port}" in str(raised.value)
        assert PRVKEY not in str(raised.value)


@pytest.mark.parametrize(
    ("payload", "expected"),
    [(b"{broken", ProtocolError), (b"", ProtocolError)],
    ids=["broken JSON", "nothing"],
)
def test_a_payload_that_is_not_json_is_told(payload: bytes, expected: type[Exception]) -> None:
    with bad_server(reply(envelope(payload))) as (port, _):
        client = Colonies("127.0.0.1", port, timeout=60)
        with pytest.raises(expected):
            client.get_colony("x", PRVKEY)
        with pytest.raises(expected):
            client.get_process("x", PRVKEY)


@pytest.mark.parametrize("status", ["200 OK", "400 Bad Request"])
def test_a_refusal_is_one_whatever_the_http_status(status: str) -> None:
    with bad_server(reply(REFUSAL, status)) as (port, _), pytest.raises(InvalidRequestError) as refused:
        Colonies("127.0.0.1", port, timeout=60).close("x", [], PRVKEY)
    assert isinstance(refused.value, ServerError)
    assert refused.value.message == "no"
    assert refused.value.status == 400
    assert refused.value.msgtype == "closesuccessfulmsg"


def test_a_write_is_never_sent_twice() -> None:
    with bad_server(close) as (port, requests):
        with pytest.raises(ConnectionLostError) as lost:
            Colonies("127.0.0.1", port, timeout=60).close("x", [], PRVKEY)
        assert lost.value.may_have_been_processed
        assert len(requests) == 1


def test_nobody_listening_names_the_address_and_the_remedy() -> None:
    with reserved_port() as port, pytest.raises(ConnectError, match="pycolonies dev") as refused:
        Colonies("127.0.0.1", port).get_process("x", PRVKEY)
    assert f"127.0.0.1:{port}" in str(refused.value)
    assert not refused.value.may_have_been_processed


def test_an_unknown_host_is_told() -> None:
    with pytest.raises(ConnectError, match=r"no-such-host\.invalid"):
        Colonies("no-such-host.invalid", 50080).get_process("x", PRVKEY)


def test_plain_http_where_tls_is_spoken_is_told() -> None:
    with bad_server(silence) as (port, _), pytest.raises(TransportError):
        Colonies("127.0.0.1", port, tls=True, timeout=1, connect_timeout=1).get_process("x", PRVKEY)


def test_waiting_for_a_process_of_a_silent_server_ends() -> None:
    with bad_server(silence) as (port, _), pytest.raises(CallTimeoutError):
        Colonies("127.0.0.1", port, timeout=0.5).wait(Process(processid="x"), 5, PRVKEY)


@pytest.mark.skipif(not Path("/proc/self/fd").exists(), reason="counts sockets in /proc")
def test_calls_that_fail_leave_no_socket() -> None:
    before = _sockets()
    for behave, _ in NO_REPLIES.values():
        if behave is silence:
            continue
        with bad_server(behave) as (port, _requests):
            client = Colonies("127.0.0.1", port, timeout=60)
            for _ in range(5):
                with pytest.raises(ColoniesConnectionError):
                    client.close("x", [], PRVKEY)
            del client
    # The bad servers' threads close their ends in their own time.
    until(lambda: _sockets() <= before, "the sockets of failed calls to close")


def _sockets() -> int:
    found = 0
    for entry in Path("/proc/self/fd").iterdir():
        with contextlib.suppress(OSError):
            found += str(entry.readlink()).startswith("socket:")
    return found
