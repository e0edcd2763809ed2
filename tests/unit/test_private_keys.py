"""Private keys are opaque: nothing that prints an object, a traceback or a local variable shows one."""

from __future__ import annotations

import asyncio
import copy
import inspect
import json
import pickle
import traceback
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from types import FrameType
from typing import Any

import pytest

from pycolonies import (
    AsyncColonies,
    Backoff,
    CodePolicy,
    Colonies,
    ColoniesError,
    ColoniesPoolExecutor,
    ConfigurationError,
    ConnectError,
    Crypto,
    Executor,
    InvalidPrivateKeyError,
    PrivateKey,
    Process,
    S3Settings,
    func_spec,
)
from pycolonies.crypto import get_id, sign
from pycolonies.testing import DevServer

TEXT = "3934dfd73cd94fb2f640140b32cd10f295ba15c119c97cd163a4997172228004"
#: What a key must not leave behind: most of it counts as all of it.
SHOWN = TEXT[5:50]
MALFORMED = {
    "too long": f"{TEXT}0",
    "too short": TEXT[:-1],
    "with 0x": f"0x{TEXT}",
    "not hexadecimal": f"{TEXT[:-1]}g",
}


def frames_of(error: BaseException) -> Iterator[FrameType]:
    """Yield the frames of this package that an error reporter would show with their variables."""
    seen: BaseException | None = error
    while seen is not None:
        for frame, _ in traceback.walk_tb(seen.__traceback__):
            if "/pycolonies/" in frame.f_code.co_filename and "/tests/" not in frame.f_code.co_filename:
                yield frame
        seen = seen.__cause__ or seen.__context__


def represented(value: object) -> str:
    try:
        return repr(value)
    except AttributeError:  # an object whose constructor has raised
        return ""


def assert_hidden(error: BaseException) -> None:
    assert SHOWN not in str(error)
    for frame in frames_of(error):
        for name, value in frame.f_locals.items():
            assert SHOWN not in represented(value), f"{frame.f_code.co_name}: {name}"
            assert SHOWN not in repr(getattr(value, "__dict__", "")), f"attributes of {name}"


def test_a_key_keeps_its_value_and_prints_asterisks() -> None:
    key = PrivateKey(TEXT)
    assert key.reveal() == TEXT
    assert key.identity == Crypto().id(TEXT)
    for text in (repr(key), str(key), f"{key}", f"{key!r}", f"{key}", repr([key]), repr({"k": key})):
        assert "PrivateKey('**********')" in text
        assert SHOWN not in text


def test_keys_compare_by_value_and_can_be_copied() -> None:
    key = PrivateKey(TEXT.upper())
    assert key == PrivateKey(TEXT) == PrivateKey(key)
    assert key != PrivateKey.generate()
    assert key != TEXT
    assert {key: 1}[PrivateKey(TEXT)] == 1
    assert copy.copy(key) == key == copy.deepcopy(key)


def test_a_key_is_not_pickled_or_written_as_json() -> None:
    with pytest.raises(TypeError, match=r"cannot be pickled.*reveal"):
        pickle.dumps(PrivateKey(TEXT))
    with pytest.raises(TypeError):
        json.dumps({"key": PrivateKey(TEXT)})


@pytest.mark.parametrize("text", [*MALFORMED.values(), "", "0" * 64, "\ud800" * 64])
def test_malformed_text_is_refused_without_showing_it(text: str) -> None:
    for call in (
        PrivateKey,
        Crypto().id,
        get_id,
        lambda bad: Crypto().sign("t", bad),
        lambda bad: sign("t", bad),
    ):
        with pytest.raises(InvalidPrivateKeyError) as refused:
            call(text)
        assert_hidden(refused.value)


@pytest.mark.parametrize("value", [None, 5, b"0" * 64, ["a"]], ids=repr)
def test_values_of_other_types_are_refused(value: Any) -> None:
    with pytest.raises(TypeError, match="a private key must be a str or a PrivateKey, got"):
        PrivateKey(value)


def test_crypto_accepts_both_forms() -> None:
    crypto = Crypto()
    assert crypto.id(PrivateKey(TEXT)) == crypto.id(TEXT)
    assert crypto.sign("text", PrivateKey(TEXT)) == crypto.sign("text", TEXT)


def test_attributes_of_clients_and_executors_hold_no_text(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("COLONIES_SERVER_HOST", "localhost")
    monkeypatch.setenv("COLONIES_SERVER_PORT", "1")
    monkeypatch.setenv("COLONIES_PRVKEY", TEXT)
    client = Colonies("localhost", 1, prvkey=TEXT, colonyname="dev")
    executor = Executor("t", prvkey=TEXT, colony_prvkey=TEXT, colonyname="dev", client=client)
    of_environment = Executor("t", colonyname="dev", client=client)
    holders: list[object] = [
        client,
        Colonies.from_env(),
        AsyncColonies("localhost", 1, prvkey=TEXT),
        AsyncColonies.from_env(),
        executor,
        executor.identity,
        of_environment.identity,
        ColoniesPoolExecutor(client, executortype="t", colonyname="dev", prvkey=TEXT),
    ]
    for holder in holders:
        assert SHOWN not in shown(holder), holder


def shown(value: object, depth: int = 4) -> str:
    """Return what an error reporter that descends into attributes would print."""
    if depth == 0 or isinstance(value, (str, int, float, type(None))):
        return repr(value)
    inner: list[object] = list(getattr(value, "__dict__", {}).values())
    if isinstance(value, dict):
        inner += value.items()
    elif isinstance(value, (list, tuple, set)):
        inner += value
    return "\n".join([repr(value), *(shown(part, depth - 1) for part in inner)])


def calls_of(client: object) -> list[tuple[str, Callable[..., Any]]]:
    return [
        (name, method)
        for name, method in inspect.getmembers(client, callable)
        if name[0] != "_" and "prvkey" in inspect.signature(method).parameters and name != "from_env"
    ]


def arguments_of(method: Callable[..., Any], key: object) -> dict[str, Any]:
    """Return arguments that get a call as far as its key."""
    given: dict[str, Any] = {}
    for name, parameter in inspect.signature(method).parameters.items():
        required = parameter.default is inspect.Parameter.empty or repr(parameter.default) == "<required>"
        if required and parameter.kind not in (parameter.VAR_KEYWORD, parameter.VAR_POSITIONAL):
            given[name] = 1 if name in ("timeout", "state", "count") else "x"
            if name == "process":
                given[name] = {"processid": "a" * 64}
    return {**given, "prvkey": key}


@pytest.mark.parametrize("kind", MALFORMED)
def test_no_frame_of_a_call_shows_a_malformed_key(kind: str) -> None:
    client = Colonies("127.0.0.1", 1, colonyname="dev", timeout=1)
    calls = calls_of(client)
    assert len(calls) > 90
    for name, method in calls:
        with pytest.raises(InvalidPrivateKeyError) as refused:
            method(**arguments_of(method, MALFORMED[kind]))
        assert_hidden(refused.value)
        assert SHOWN not in name


def test_no_frame_of_a_call_that_fails_shows_its_key() -> None:
    client = Colonies("127.0.0.1", 1, colonyname="dev", timeout=1)
    for call in (
        lambda: client.get_process("a" * 64, TEXT),
        lambda: client.get_process("a" * 64, prvkey=TEXT),
        lambda: client.assign("dev", 1, TEXT),
        lambda: client.submit("f", TEXT, executortype="t"),
        lambda: Colonies("127.0.0.1", 1, prvkey=TEXT).stats("dev"),
        lambda: list(client.follow_process("a" * 64, TEXT, timeout=0.1)),
    ):
        with pytest.raises(ColoniesError) as refused:
            call()
        assert len(list(frames_of(refused.value))) > 1
        assert_hidden(refused.value)


def test_no_frame_of_an_awaited_call_shows_its_key() -> None:
    async def call(key: str) -> None:
        async with AsyncColonies("127.0.0.1", 1, colonyname="dev", timeout=1) as client:
            await client.get_process("a" * 64, key)

    for key in (TEXT, *MALFORMED.values()):
        with pytest.raises(ColoniesError) as refused:
            asyncio.run(call(key))
        assert_hidden(refused.value)


@pytest.mark.parametrize("name", ["prvkey", "colony_prvkey"])
@pytest.mark.parametrize("kind", MALFORMED)
def test_no_frame_of_an_executor_shows_a_malformed_key(name: str, kind: str) -> None:
    with pytest.raises(InvalidPrivateKeyError) as refused:
        _ = Executor("t", colonyname="dev", **{name: MALFORMED[kind]}).executorid  # type: ignore[arg-type]
    assert_hidden(refused.value)


@pytest.mark.parametrize("name", ["COLONIES_PRVKEY", "COLONIES_COLONY_PRVKEY"])
def test_no_frame_shows_a_malformed_key_of_the_environment(
    monkeypatch: pytest.MonkeyPatch, name: str
) -> None:
    monkeypatch.delenv("COLONIES_COLONY_PRVKEY", raising=False)
    monkeypatch.setenv(name, MALFORMED["too long"])
    with pytest.raises(InvalidPrivateKeyError) as refused:
        _ = Executor("t", colonyname="dev").executorid
    assert_hidden(refused.value)


@pytest.mark.parametrize(
    "key",
    [TEXT, *MALFORMED.values(), PrivateKey(TEXT)],
    ids=lambda key: type(key).__name__,
)
def test_a_key_in_the_place_of_the_host_is_not_shown(key: Any) -> None:
    for call in (
        lambda: Colonies(key, 50080),
        lambda: Colonies(host=key, port=50080),
        lambda: Colonies(hosts=["localhost:1", key]),
        lambda: AsyncColonies(key, 50080),
        lambda: Colonies("localhost", key),
    ):
        with pytest.raises((ConfigurationError, TypeError)) as refused:
            call()
        assert_hidden(refused.value)


@pytest.mark.parametrize(
    "key", [[TEXT], (TEXT,), TEXT.encode(), {"key": TEXT}], ids=lambda key: type(key).__name__
)
def test_a_key_of_another_type_is_refused_without_being_shown(key: Any) -> None:
    client = Colonies("127.0.0.1", 1, colonyname="dev", timeout=1)
    for call in (
        lambda: Colonies("127.0.0.1", 1, prvkey=key),
        lambda: client.get_process("a" * 64, key),
        lambda: client.stats(prvkey=key),
        lambda: Executor("t", client=client, prvkey=key).executorid,
        lambda: asyncio.run(AsyncColonies("127.0.0.1", 1).stats("dev", key)),
    ):
        with pytest.raises(TypeError, match="a private key must be a str or a PrivateKey, got ") as refused:
            call()
        assert_hidden(refused.value)


def refusing_text(method: Callable[..., Any]) -> list[str]:
    """Return the names of the parameters whose annotation names no type of text."""
    of_text = {"str", "Key", "LocalPath", "Any", "Iterable", "AsyncIterable", "Sequence", "bytes"}
    return [
        name
        for name, parameter in inspect.signature(method).parameters.items()
        if isinstance(parameter.annotation, str)
        and parameter.kind is not parameter.VAR_KEYWORD
        and of_text.isdisjoint(part.split("[")[0].strip() for part in parameter.annotation.split("|"))
    ]


#: Calls that take ids in other places and under other names, too.
FORMS_OF_2023 = {
    name
    for name, method in inspect.getmembers(Colonies, inspect.isfunction)
    if hasattr(getattr(method, "__wrapped__", None), "__wrapped__")
}


def begin(method: Callable[..., Any], arguments: dict[str, Any]) -> None:
    """Make a call that must be refused; an iterator is begun."""
    made = method(**arguments)
    assert isinstance(made, Iterator), f"{method.__name__} accepts {arguments}"
    next(made)


@pytest.mark.parametrize("text", [TEXT, *MALFORMED.values()], ids=["a key", *MALFORMED])
def test_a_key_in_the_place_of_a_number_or_a_record_is_not_shown(text: str) -> None:
    client = Colonies("127.0.0.1", 1, colonyname="dev", timeout=1)
    places = [
        (name, method, place)
        for name, method in calls_of(client)
        if name not in FORMS_OF_2023
        for place in refusing_text(method)
    ]
    assert len(places) > 60
    for name, method, place in places:
        with pytest.raises((ColoniesError, TypeError, ValueError)) as refused:
            begin(method, {**arguments_of(method, "5" * 64), place: text})
        assert_hidden(refused.value)
        assert SHOWN not in name


def test_a_key_as_a_misspelt_or_surplus_argument_is_not_shown() -> None:
    client = Colonies("127.0.0.1", 1, colonyname="dev", timeout=1)
    call: Any = client.cancel_process
    for wrong in (
        lambda: Colonies("127.0.0.1", 1, prvkye=TEXT),  # type: ignore[call-arg]
        lambda: Colonies("127.0.0.1", 1, timeout=TEXT),  # type: ignore[arg-type]
        lambda: Colonies("127.0.0.1", 1, TEXT),  # type: ignore[arg-type]
        lambda: Executor("t", client=client, colony_prvkye=TEXT),  # type: ignore[call-arg]
        lambda: Executor("t", client=client, check_every=TEXT),  # type: ignore[arg-type]
        lambda: call("a" * 64, prvkye=TEXT),
        lambda: call("a" * 64, TEXT, TEXT),
        lambda: call("a" * 64, TEXT, prvkey=TEXT),
    ):
        with pytest.raises((ConfigurationError, TypeError)) as refused:
            wrong()
        assert_hidden(refused.value)


def test_the_key_of_a_call_is_never_sent_in_another_place() -> None:
    own = Colonies("127.0.0.1", 1, colonyname="dev", prvkey=TEXT, timeout=1)
    other = Colonies("127.0.0.1", 1, colonyname="dev", timeout=1)
    tried = 0
    for name, method in calls_of(own):
        parameters = inspect.signature(method).parameters
        for place in parameters:
            if place == "prvkey" or parameters[place].kind is inspect.Parameter.VAR_KEYWORD:
                continue
            if parameters[place].kind is inspect.Parameter.VAR_POSITIONAL:
                continue
            tried += 1
            given = {**arguments_of(method, None), place: TEXT.upper()}
            given.pop("prvkey")
            with pytest.raises(ConfigurationError, match=f"{place} must not be the private key") as refused:
                method(**given)
            assert_hidden(refused.value)
            with pytest.raises(ConfigurationError, match=f"{place} must not be the private key") as refused:
                getattr(other, name)(**given, prvkey=TEXT)
            assert_hidden(refused.value)
    assert tried > 200


def test_the_key_of_an_awaited_call_is_never_sent_in_another_place() -> None:
    async def call() -> None:
        async with AsyncColonies("127.0.0.1", 1, colonyname="dev", prvkey=TEXT, timeout=1) as client:
            await client.get_process(TEXT)

    with pytest.raises(ConfigurationError, match="processid must not be the private key") as refused:
        asyncio.run(call())
    assert_hidden(refused.value)


def test_ids_pass_as_arguments() -> None:
    client = Colonies("127.0.0.1", 1, colonyname="dev", prvkey=TEXT, timeout=1)
    for identity in (PrivateKey(TEXT).identity, "a" * 64):
        with pytest.raises(ConnectError):
            client.get_process(identity)


@pytest.mark.parametrize("text", [TEXT, *MALFORMED.values()], ids=["a key", *MALFORMED])
def test_messages_about_values_show_no_key(text: Any) -> None:
    for wrong in (
        lambda: func_spec("f", text, "dev", "t"),
        lambda: func_spec("f", [], "dev", "t", maxexectime=text),
        lambda: func_spec("f", [], "dev", "t", kwargs=[text]),  # type: ignore[arg-type]
        lambda: CodePolicy(text),
        lambda: CodePolicy(["*"], seconds=text),
        lambda: CodePolicy(["*"], memory=[text]),  # type: ignore[arg-type]
        lambda: Backoff(initial=text),
        lambda: Colonies(f"http://{text}@localhost"),
        lambda: DevServer(port=text),
        lambda: S3Settings("localhost:1", bucket=[text]),  # type: ignore[arg-type]
        lambda: Process.of(text),
        lambda: Process.of({"processid": [text]}),
    ):
        with pytest.raises((ConfigurationError, TypeError, ValueError)) as refused:
            wrong()
        assert SHOWN not in str(refused.value)


@pytest.mark.parametrize("name", ["COLONIES_SERVER_PORT", "COLONIES_SERVER_TLS"])
def test_messages_about_variables_show_no_key(monkeypatch: pytest.MonkeyPatch, name: str) -> None:
    monkeypatch.setenv("COLONIES_SERVER_HOST", "localhost")
    monkeypatch.setenv("COLONIES_SERVER_PORT", "1")
    monkeypatch.setenv(name, TEXT)
    with pytest.raises(ConfigurationError, match=name) as refused:
        Colonies.from_env()
    assert SHOWN not in str(refused.value)


def test_the_wrapped_calls_keep_their_signatures() -> None:
    signature = inspect.signature(Colonies.get_process)
    assert list(signature.parameters) == ["self", "processid", "prvkey"]
    assert inspect.iscoroutinefunction(AsyncColonies.get_process)
    assert Colonies.get_process.__doc__
    assert CodePolicy(["*"]).key is False


def test_a_key_can_be_used_by_many_threads() -> None:
    key = PrivateKey(TEXT)
    with ThreadPoolExecutor(8) as pool:
        assert len(set(pool.map(lambda _: Crypto().sign("text", key), range(200)))) == 1
