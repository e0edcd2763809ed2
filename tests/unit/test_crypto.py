"""Crypto against the answers recorded from libcryptolib, and what follows from them."""

import json
from pathlib import Path
from typing import Any

import pytest
from hypothesis import assume, given
from hypothesis import strategies as st

from pycolonies import ColoniesError, Crypto, InvalidPrivateKeyError, InvalidSignatureError

VECTORS: dict[str, Any] = json.loads((Path(__file__).parents[1] / "vectors/crypto.json").read_text())
ORDER = 0xFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFEBAAEDCE6AF48A03BBFD25E8CD0364141

crypto = Crypto()
prvkeys = st.integers(1, ORDER - 1).map("{:064x}".format)
texts = st.text()


def test_every_recorded_identity() -> None:
    for vector in VECTORS["ids"]:
        assert crypto.id(vector["prvkey"]) == vector["id"]


def test_every_recorded_hash() -> None:
    for vector in VECTORS["hashes"]:
        assert crypto.hash(vector["message"]) == vector["hash"]


def test_every_recorded_signature() -> None:
    for vector in VECTORS["signatures"]:
        assert crypto.sign(vector["message"], vector["prvkey"]) == vector["signature"]
        assert crypto.recoverid(vector["message"], vector["signature"]) == vector["id"]


@pytest.mark.parametrize("vector", VECTORS["recover"], ids=lambda vector: vector["why"])
def test_every_recorded_recovery(vector: dict[str, str]) -> None:
    if vector["recoverid"] == "error":
        with pytest.raises(InvalidSignatureError):
            crypto.recoverid(vector["message"], vector["signature"])
    else:
        assert crypto.recoverid(vector["message"], vector["signature"]) == vector["recoverid"]


@pytest.mark.parametrize("vector", VECTORS["rejected_keys"], ids=lambda vector: vector["why"])
def test_every_recorded_rejection_of_a_key(vector: dict[str, str]) -> None:
    prvkey = vector["prvkey"]
    with pytest.raises(InvalidPrivateKeyError) as refused:
        crypto.id(prvkey)
    assert isinstance(refused.value, ValueError)
    assert isinstance(refused.value, ColoniesError)
    assert not prvkey or prvkey not in str(refused.value)
    with pytest.raises(InvalidPrivateKeyError):
        crypto.sign("x", prvkey)


def test_upper_case_keys_are_the_same_keys() -> None:
    vector = VECTORS["upper_case_key"]
    assert crypto.id(vector["prvkey"]) == vector["id"]


def test_messages_say_what_is_wrong() -> None:
    with pytest.raises(InvalidPrivateKeyError, match="64 hexadecimal digits, this one has 3 characters"):
        crypto.id("abc")
    with pytest.raises(InvalidPrivateKeyError, match="position 1 is not one"):
        crypto.id("0x" + "a" * 62)
    with pytest.raises(InvalidPrivateKeyError, match="above 0 and below the order"):
        crypto.id("0" * 64)
    with pytest.raises(InvalidSignatureError, match=r"must have 65 bytes .* this one has 0"):
        crypto.recoverid("x", "")
    with pytest.raises(InvalidSignatureError):
        crypto.recoverid("x", "\ud800" * 130)


def test_the_argument_native_changes_nothing() -> None:
    prvkey = VECTORS["ids"][0]["prvkey"]
    assert Crypto(native=True).sign("x", prvkey) == Crypto(native=False).sign("x", prvkey)


def test_other_types_are_type_errors() -> None:
    with pytest.raises(TypeError):
        crypto.id(1)  # type: ignore[arg-type]
    with pytest.raises(TypeError):
        crypto.sign(b"bytes", crypto.prvkey())  # type: ignore[arg-type]


def test_generated_keys_are_keys_and_differ() -> None:
    keys = {crypto.prvkey() for _ in range(50)}
    assert len(keys) == 50
    assert len({crypto.id(key) for key in keys}) == 50


@given(text=texts, prvkey=prvkeys)
def test_a_signature_gives_back_the_signers_identity(text: str, prvkey: str) -> None:
    assert crypto.recoverid(text, crypto.sign(text, prvkey)) == crypto.id(prvkey)


@given(text=texts, other=texts, prvkey=prvkeys)
def test_a_signature_of_another_text_does_not(text: str, other: str, prvkey: str) -> None:
    assume(text != other)
    assert _recovered(other, crypto.sign(text, prvkey)) != crypto.id(prvkey)


@given(text=texts, prvkey=prvkeys, bit=st.integers(0, 511))
def test_a_signature_with_a_changed_bit_does_not(text: str, prvkey: str, bit: int) -> None:
    signature = crypto.sign(text, prvkey)
    changed = f"{int(signature[:128], 16) ^ (1 << bit):0128x}{signature[128:]}"
    assert _recovered(text, changed) != crypto.id(prvkey)


@given(
    text=texts, signature=st.text(alphabet="0123456789abcdefABCDEFxz", min_size=120, max_size=140) | st.text()
)
def test_any_text_is_a_signature_or_an_error(text: str, signature: str) -> None:
    _recovered(text, signature)


@given(prvkey=st.text(alphabet="0123456789abcdefABCDEF", min_size=60, max_size=68) | st.text())
def test_any_text_is_a_key_or_an_error(prvkey: str) -> None:
    try:
        identity = crypto.id(prvkey)
    except InvalidPrivateKeyError:
        return
    assert len(identity) == 64


def _recovered(text: str, signature: str) -> str | None:
    try:
        return crypto.recoverid(text, signature)
    except InvalidSignatureError:
        return None
