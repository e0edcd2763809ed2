"""Whatever a program of 1.0.25 imports, calls and reads is there."""

from __future__ import annotations

import importlib
import inspect
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from pydantic import BaseModel
from recorded import signature, surface

MODULES: dict[str, dict[str, Any]] = surface("1.0.25")["modules"]

#: Private steps of signing in 1.0.25, in plain Python: their time tells of the key.
ARITHMETIC = {
    "big_endian_to_int",
    "deterministic_generate_k",
    "ecdsa_raw_sign",
    "encode_raw_public_key",
    "int_to_big_endian",
    "int_to_byte",
    "pad32",
    "private_key_to_public_key",
}


def _names() -> Iterator[Any]:
    for module, names in MODULES.items():
        for name in names:
            if not (module == "crypto" and name in ARITHMETIC):
                yield pytest.param(module, name, id=f"{module}.{name}")


def _callables() -> Iterator[Any]:
    for module, names in MODULES.items():
        for name, described in names.items():
            if described["kind"] == "function" and name not in ARITHMETIC:
                yield pytest.param(module, name, described["signature"], id=f"{module}.{name}")
            for method, text in described.get("methods", {}).items():
                yield pytest.param(module, f"{name}.{method}", text, id=f"{module}.{name}.{method}")


def _models() -> Iterator[Any]:
    for module, names in MODULES.items():
        for name, described in names.items():
            if "fields" in described:
                yield pytest.param(module, name, described["fields"], id=f"{module}.{name}")


def _found(module: str, path: str) -> Any:
    found = importlib.import_module(module)
    for name in path.split("."):
        found = getattr(found, name)
    return found


@pytest.mark.parametrize(("module", "name"), list(_names()))
def test_the_name_can_be_imported(module: str, name: str) -> None:
    assert hasattr(importlib.import_module(module), name)


def test_modules_share_their_names() -> None:
    for module, name in (("crypto", "Crypto"), ("model", "FuncSpec"), ("model", "Workflow")):
        assert _found(module, name) is _found("pycolonies", name)


@pytest.mark.parametrize(("module", "path", "text"), list(_callables()))
def test_the_signature_binds(module: str, path: str, text: str) -> None:
    recorded = signature(text).parameters
    today = inspect.signature(_found(module, path))
    names = list(recorded)
    assert list(today.parameters)[: len(names)] == names  # in the same order
    values: dict[str, Any] = {name: object() for name in names}
    by_place = today.bind(*values.values())
    by_place.apply_defaults()
    assert {name: by_place.arguments[name] for name in names} == values
    itself = names[:1] if names[:1] == ["self"] else []
    by_name = {name: values[name] for name in names if name not in itself}
    today.bind(*(values[name] for name in itself), **by_name)
    needed = [values[name] for name in names if recorded[name].default is inspect.Parameter.empty]
    today.bind(*needed)


@pytest.mark.parametrize(("module", "path", "text"), list(_callables()))
def test_defaults_are_the_same(module: str, path: str, text: str) -> None:
    today = inspect.signature(_found(module, path)).parameters
    for name, parameter in signature(text).parameters.items():
        if parameter.default is not inspect.Parameter.empty:
            assert today[name].default == parameter.default, name


@pytest.mark.parametrize(("module", "name", "fields"), list(_models()))
def test_the_model_has_its_fields(module: str, name: str, fields: dict[str, Any]) -> None:
    model = _found(module, name)
    assert issubclass(model, BaseModel)
    for field, recorded in fields.items():
        today = model.model_fields[field]
        assert (today.alias or field) == (recorded["alias"] or field), field
        if not recorded["required"]:
            assert not today.is_required(), field
            default = today.get_default(call_default_factory=True)
            assert (default.model_dump() if isinstance(default, BaseModel) else default) == recorded[
                "default"
            ]


@pytest.mark.parametrize(
    "path", [path for path, described in MODULES["pycolonies"].items() if "constants" in described]
)
def test_constants(path: str) -> None:
    for name, value in MODULES["pycolonies"][path]["constants"].items():
        assert getattr(_found("pycolonies", path), name) == value


@pytest.mark.parametrize("name", ["ColoniesError", "ColoniesConnectionError"])
def test_exceptions_are_exceptions(name: str) -> None:
    assert issubclass(_found("pycolonies", name), Exception)


def test_what_is_left_out_was_recorded() -> None:
    assert set(MODULES["crypto"]) >= ARITHMETIC


def test_cfs_synchronises_with_the_arguments_of_1_0_25() -> None:
    sync = inspect.signature(_found("cfs", "CFS.sync"))
    assert list(sync.parameters) == [
        "self",
        "host",
        "port",
        "insecure",
        "skip_tls_verify",
        "dir",
        "label",
        "keeplocal",
        "colonyname",
        "prvkey",
    ]
    assert _found("cfs", "CFS")() is not None


def test_functions_of_crypto_do_what_the_class_does() -> None:
    crypto = importlib.import_module("crypto")
    prvkey = crypto.genkey()
    assert crypto.get_id(prvkey) == crypto.Crypto().id(prvkey)
    assert crypto.sign("text", prvkey) == crypto.Crypto().sign("text", prvkey)


def test_top_level_modules_are_shipped() -> None:
    project = Path(__file__).parents[2]
    settings = (project / "pyproject.toml").read_text()
    modules = [path.name for path in sorted((project / "python").glob("*.py"))]
    assert modules == ["cfs.py", "crypto.py", "model.py"]
    assert all(f'"python/{name}"' in settings for name in modules)
