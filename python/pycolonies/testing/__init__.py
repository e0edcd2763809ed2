"""A Colonies server in the process, for tests and for development.

`DevServer` is the server. With pytest, `colonies_server`, `colony`, `colonies` and `executor_key` are
fixtures wherever this package is installed: see `pycolonies.testing.pytest_plugin`.
"""

from importlib import import_module

#: What the package exports, by the module of `pycolonies` it lives in. Modules are loaded when one of their
#: names is used: pytest imports this package in every session, also where no test needs a server.
#: `__init__.pyi` says the same to type checkers.
_HOMES: dict[str, tuple[str, ...]] = {
    "_core": (
        "COLONY_ID",
        "COLONY_NAME",
        "COLONY_PRVKEY",
        "EXECUTOR_ID",
        "EXECUTOR_NAME",
        "EXECUTOR_PRVKEY",
        "EXECUTOR_TYPE",
        "S3_ACCESS_KEY",
        "S3_BUCKET",
        "S3_REGION",
        "S3_SECRET_KEY",
        "SERVER_PRVKEY",
    ),
    "_devserver.faults": ("Faults", "S3Faults"),
    "_devserver.keys": ("DevKeys", "SERVER_ID"),
    "testing._members": ("Colony", "Member"),
    "_executor.rehearsal": ("Rehearsal",),
    "_devserver.s3": ("S3Endpoint",),
    "_devserver.server": ("DevServer",),
}

_HOME = {name: module for module, names in _HOMES.items() for name in names}

__all__ = [*_HOME]  # noqa: PLE0604 (the names are strings)


def __getattr__(name: str) -> object:
    if name not in _HOME:
        raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
    value: object = getattr(import_module(f"pycolonies.{_HOME[name]}"), name)
    globals()[name] = value  # the next time it is found without asking here
    return value


def __dir__() -> list[str]:
    return sorted({*globals(), *__all__})
