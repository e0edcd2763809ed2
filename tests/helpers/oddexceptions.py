"""Exceptions whose classes raise where they are examined, and ones that are long."""

from __future__ import annotations

from typing import Any, NoReturn


class HugeError(Exception):
    def __str__(self) -> str:
        return "x" * (50 << 20)


class HiddenClassError(Exception):
    @property  # type: ignore[misc]
    def __class__(self) -> Any:
        raise RuntimeError("no class")


class HiddenNotesError(Exception):
    @property
    def __notes__(self) -> Any:
        raise RuntimeError("no notes")


class HiddenCauseError(Exception):
    @property
    def __cause__(self) -> Any:  # type: ignore[override]
        raise RuntimeError("no cause")


def chained(links: int) -> Exception:
    error = ValueError("the first")
    for number in range(links):
        following = ValueError(number)
        following.__cause__ = error
        error = following
    return error


#: What is raised, and what the beginning of its message has.
ODD: dict[str, tuple[Any, str]] = {
    "huge message": (HugeError, "HugeError: xxx"),
    "class": (
        HiddenClassError,
        "RuntimeError: HiddenClassError was raised; examining it raised RuntimeError",
    ),
    "notes": (
        HiddenNotesError,
        "RuntimeError: HiddenNotesError was raised; examining it raised RuntimeError",
    ),
    "cause": (
        HiddenCauseError,
        "RuntimeError: HiddenCauseError was raised; examining it raised RuntimeError",
    ),
    "many causes": (lambda: chained(3000), "ValueError: 2999"),
    "many arguments": (lambda: ValueError(*range(100_000)), "ValueError: (0, 1, 2"),
    "long names": (
        lambda: SyntaxError("wrong", ("f" * 10**6, 1, 1, "t" * 10**6)),
        "",
    ),
}


def raise_odd(name: str) -> NoReturn:
    error: Exception = ODD[name][0]()
    raise error
