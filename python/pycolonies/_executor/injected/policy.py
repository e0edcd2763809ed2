"""Whose source code an executor runs, and how."""

from __future__ import annotations

from collections.abc import Collection, Mapping
from dataclasses import dataclass, field
from fnmatch import fnmatchcase
from types import NoneType
from typing import TYPE_CHECKING, Any

from pycolonies import _checks as checks
from pycolonies._home import publish
from pycolonies._shown import shown
from pycolonies.errors import CodeRefusedError, ConfigurationError

if TYPE_CHECKING:
    from pycolonies._executor.children.call import Limits
    from pycolonies._executor.injected.members import Initiator
    from pycolonies._executor.injected.sandbox import Sandbox

#: The least that a Python interpreter starts with.
LEAST_MEMORY = 32 * 2**20
#: The child, its guard, and the program that sets up a sandbox.
LEAST_PROCESSES = 4

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
    """Whose source code an executor runs, and how. Without a policy it runs none.

    ::

        Executor(executortype="python_executor", code=CodePolicy(["alice"], ["sum_*"], seconds=60))

    The code runs in its own child process, in a new and empty module, in a temporary directory, with few
    environment variables. On Linux it has no capabilities, cannot read the executor's memory or environment,
    and all processes it has started end with it.

    Without `sandbox`, it is a program of the user that runs the executor: it can read and write that user's
    files, use the network, and signal that user's processes. That is right for initiators whom you trust.
    For others use ``sandbox=True``, and read ``docs/security.md``.

    Args:
        initiators: Whose code is run: names of users, ``"executor:NAME"`` for executors, or identities of
            either. ``"*"`` is every member of the colony. Names are those of the executor's own colony.
        functions: Names of the functions that may be called; ``*`` stands for any text in them. They limit
            the names, not the code: what arrives under an allowed name can do anything.
        seconds: How long a call may take, once its child process has started; None for as long as the
            process's ``maxexectime``.
        memory: Bytes that the child and all that it has started may hold, the interpreter (about 10 MB)
            included. Checked ten times a second. Linux only.
        processes: How many processes it may be, itself and its guard included. Checked likewise. Linux only.
        sandbox: Run it in a `Sandbox`: read-only files, no network, its own processes. True is ``Sandbox()``.
            Linux with bubblewrap only.
        environment: Further environment variables that the code may see; ``*`` stands for any text.
        context: What the function finds in ``ctx`` beside the process, ``colonyname`` (in the words of 2023:
            ``colonyid``), ``executorname`` and ``executorid``: JSON values.
        key: Also give it ``ctx["executor_prvkey"]`` and ``ctx["colonies"]``, a client, and the names
            ``colonies`` and ``func_spec``, as executors of 1.x do. The code can then do whatever the
            executor can.

    Raises:
        ConfigurationError: A limit is not positive, too small for Python, or not available on this system.
        TypeError: `initiators` or `functions` is one text instead of a list.
    """

    initiators: Collection[str]
    functions: Collection[str] = ("*",)
    seconds: float | None = None
    memory: int | None = None
    processes: int | None = None
    sandbox: Sandbox | bool = False
    environment: Collection[str] = ()
    context: Mapping[str, Any] = field(default_factory=dict, repr=False)  # may hold secrets
    key: bool = False

    def __post_init__(self) -> None:
        for name in ("initiators", "functions", "environment"):
            checks.several(name, getattr(self, name), "a list of names", str, "a string")
        self._check_types()
        if self.seconds is not None and not self.seconds > 0:
            raise ConfigurationError(f"seconds must be more than 0, or None for no limit, got {self.seconds}")
        if self.memory is not None and self.memory < LEAST_MEMORY:
            raise ConfigurationError(f"memory must be at least {LEAST_MEMORY} bytes, got {self.memory}")
        if self.processes is not None and self.processes < LEAST_PROCESSES:
            raise ConfigurationError(f"processes must be at least {LEAST_PROCESSES}, got {self.processes}")
        if self.memory is not None or self.processes is not None:
            _ = self.limits  # raises where the system has none
        if self.sandbox is True:
            from pycolonies._executor.injected.sandbox import Sandbox

            object.__setattr__(self, "sandbox", Sandbox())

    def _check_types(self) -> None:
        if self.seconds is not None and not hasattr(type(self.seconds), "__float__"):
            raise TypeError(f"seconds must be a number of seconds or None, got {shown(self.seconds)}")
        for name in ("memory", "processes"):
            checks.kind(name, getattr(self, name), (int, NoneType), "an integer or None")
        if not isinstance(self.sandbox, bool):
            from pycolonies._executor.injected.sandbox import Sandbox

            checks.kind("sandbox", self.sandbox, Sandbox, "a Sandbox, True or False")
        checks.secret("context", self.context, Mapping, "a dictionary")
        checks.flag("key", self.key)

    @property
    def limits(self) -> Limits:
        """What a call may use."""
        from pycolonies._executor.children.call import Limits

        return Limits(memory=self.memory, processes=self.processes, seconds=self.seconds)

    def check(self, initiator: Initiator, funcname: str) -> None:
        """Refuse code that the policy does not allow.

        Args:
            initiator: Who sent it.
            funcname: The function that is called.

        Raises:
            CodeRefusedError: The policy does not allow this initiator or this function.
        """
        if not self._allows(initiator):
            raise CodeRefusedError(
                f"this executor does not run source code of {initiator}: "
                "its code policy lists other initiators"
            )
        if not any(fnmatchcase(funcname, pattern) for pattern in self.functions):
            raise CodeRefusedError(
                f"this executor does not run source code of a function {funcname}: "
                "its code policy lists other functions"
            )

    def _allows(self, initiator: Initiator) -> bool:
        if not initiator.kind:  # servers name no initiator of processes that a running process has added
            return "*" in self.initiators and not initiator.identity
        name = initiator.name if initiator.kind == "user" else f"{initiator.kind}:{initiator.name}"
        return not {"*", name, initiator.identity}.isdisjoint(self.initiators)

    def visible(self, environment: Mapping[str, str]) -> dict[str, str]:
        """Return the variables of an environment that code gets to see."""
        patterns = (*_HARMLESS, *self.environment)
        return {
            name: value
            for name, value in environment.items()
            if any(fnmatchcase(name, pattern) for pattern in patterns)
        }


publish(__name__)
