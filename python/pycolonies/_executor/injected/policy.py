"""Whose source code an executor runs, and how."""

from __future__ import annotations

from collections.abc import Collection, Mapping
from dataclasses import dataclass, field
from fnmatch import fnmatchcase
from typing import Any

from pycolonies.errors import CodeRefusedError, ConfigurationError

#: The least that a Python interpreter starts with.
LEAST_MEMORY = 32 * 2**20

#: Variables that code gets to see: what programs and libraries need to be found, and nothing of anybody's.
_HARMLESS = (
    "PATH",
    "LANG",
    "LANGUAGE",
    "LC_*",
    "TZ",
    "LD_LIBRARY_PATH",
    "DYLD_*",
    "PYTHON*",
    "VIRTUAL_ENV",
    "CONDA_PREFIX",
    "CUDA_*",
    "NVIDIA_*",
    "OMP_*",
    "SSL_CERT_*",
    "REQUESTS_CA_BUNDLE",
    "SYSTEMROOT",
)


@dataclass(frozen=True)
class CodePolicy:
    """Whose source code an executor runs, and how. Without a policy it runs nobody's.

    ::

        Executor(executortype="python_executor", code=CodePolicy(["alice"], ["sum_*"], seconds=60))

    The code runs in a child process of its own, in a new and empty module, in a temporary directory, with few
    environment variables and without the executor's keys. That keeps honest code from doing harm. It is no
    prison for hostile code, which can read what the user who runs the executor can read: list initiators
    that you trust, and run the executor as a user who may do little.

    Args:
        initiators: Names of the members whose code is run, as the server knows them from their signatures;
            ``"*"`` is every member of the colony.
        functions: Names of the functions that may be called; ``*`` stands for any text in them.
        seconds: How long a call may take; None for as long as the process's ``maxexectime``.
        memory: Bytes that the child may hold, the interpreter (about 10 MB) included. Linux only.
        environment: Further environment variables that the code may see; ``*`` stands for any text.
        context: What the function finds in ``ctx`` beside the process, ``colonyname`` (in the words of 2023:
            ``colonyid``), ``executorname`` and ``executorid``: JSON values.
        key: Also give it ``ctx["executor_prvkey"]`` and ``ctx["colonies"]``, a client, and the names
            ``colonies`` and ``func_spec``, as executors of 1.x do. The code can then do whatever the
            executor can.

    Raises:
        ConfigurationError: A limit is not positive, too small for Python, or not to be had on this system.
        TypeError: `initiators` or `functions` is one text instead of a list.
    """

    initiators: Collection[str]
    functions: Collection[str] = ("*",)
    seconds: float | None = None
    memory: int | None = None
    environment: Collection[str] = ()
    context: Mapping[str, Any] = field(default_factory=dict, repr=False)  # may hold secrets
    key: bool = False

    def __post_init__(self) -> None:
        for name in ("initiators", "functions", "environment"):
            if isinstance(getattr(self, name), str):
                raise TypeError(f"{name} is a text; give a list of names")
        if self.seconds is not None and not self.seconds > 0:
            raise ConfigurationError(f"seconds is {self.seconds}; a call needs some, or None for no limit")
        if self.memory is not None and self.memory < LEAST_MEMORY:
            raise ConfigurationError(f"memory is {self.memory} bytes; Python needs {LEAST_MEMORY} or more")
        if self.memory is not None:
            from pycolonies._executor.children import Limits  # noqa: PLC0415 (heavier than this)

            Limits(memory=self.memory)  # raises where the system has none

    def check(self, initiatorname: str, funcname: str) -> None:
        """Do nothing where a member may have its code of a function run.

        Raises:
            CodeRefusedError: It may not.
        """
        if "*" not in self.initiators and initiatorname not in self.initiators:
            raise CodeRefusedError(
                f"this executor does not run source code of {initiatorname or 'nobody'}: "
                "its code policy lists other initiators"
            )
        if not any(fnmatchcase(funcname, pattern) for pattern in self.functions):
            raise CodeRefusedError(
                f"this executor does not run source code of a function {funcname}: "
                "its code policy lists other functions"
            )

    def visible(self, environment: Mapping[str, str]) -> dict[str, str]:
        """Return the variables of an environment that code gets to see."""
        patterns = (*_HARMLESS, *self.environment)
        return {
            name: value
            for name, value in environment.items()
            if any(fnmatchcase(name, pattern) for pattern in patterns)
        }
