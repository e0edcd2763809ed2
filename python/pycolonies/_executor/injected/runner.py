"""Runs the source code that comes along with processes."""

from __future__ import annotations

import base64
import binascii
import os
import tempfile
from collections.abc import Collection, Iterator
from contextlib import contextmanager
from typing import TYPE_CHECKING, Any

from pycolonies._executor.children.call import ChildCall
from pycolonies._executor.children.pool import Children
from pycolonies._executor.children.system import hide_memory
from pycolonies._executor.injected.members import Members
from pycolonies._executor.injected.policy import CodePolicy
from pycolonies._executor.injected.sandbox import Sandbox
from pycolonies._rpc.encoding import dumps
from pycolonies._rpc.keys import PrivateKey
from pycolonies.errors import CodeRefusedError

if TYPE_CHECKING:
    from pycolonies._client import Colonies
    from pycolonies._executor.children.child import Flag
    from pycolonies._models import Process


def carries_code(process: Process) -> bool:
    """Whether source code came along with a process."""
    return "code" in process.spec.env


class CodeRunner:
    """Runs source code that arrives with processes, each call in its own child process.

    Args:
        policy: Whose code is run, and how.
        limit: How many calls run at the same time.
        colonyname: The colony.
        executorname: The executor's name.
        executorid: The executor's identity.
        prvkey: The executor's private key; given away only where the policy says so.
        client: The executor's client, likewise.
    """

    def __init__(
        self,
        policy: CodePolicy,
        limit: int,
        *,
        colonyname: str,
        executorname: str,
        executorid: str,
        prvkey: PrivateKey,
        client: Colonies,
    ) -> None:
        self._policy = policy
        self._children = Children(limit, fresh=True, environment=policy.visible(os.environ))
        self._context = {
            "colonyname": colonyname,
            "colonyid": colonyname,
            "executorname": executorname,
            "executorid": executorid,
            **policy.context,
        }
        self._members = Members(client.bind(prvkey=prvkey, colonyname=colonyname))
        self._sandbox = policy.sandbox if isinstance(policy.sandbox, Sandbox) else None
        if self._sandbox is not None:
            self._sandbox.check()
        hide_memory()
        self._server: tuple[Any, ...] | None = None
        self._key = prvkey
        if policy.key:
            self._server = (client.host, client.port, client.tls, colonyname)

    def run(
        self,
        process: Process,
        args: Collection[Any],
        *,
        context: object,
        deadline: float | None = None,
        cancelled: Flag | None = None,
    ) -> list[Any]:
        """Run the code of a process, and call its function.

        Args:
            process: A process with code.
            args: Positional arguments of the function: outputs of the parents, or those of the spec.
            context: Has the methods ``log`` and ``progress``, which the function's ``ctx`` calls.
            deadline: Time of `time.monotonic` by which it must be done.
            cancelled: Ends the call, once it is set.

        Returns:
            The output: the values of a tuple, nothing for None, else the one value.

        Raises:
            CodeRefusedError: The policy does not allow it, or it is no code.
            Exception: What `Children.run` raises: the function's exceptions as `RemoteError`.
        """
        spec = process.spec
        initiator = self._members.find(process.initiatorid, process.initiatorname)
        self._policy.check(initiator, spec.funcname)
        source = _source(spec.env.get("code", ""))
        server = None if self._server is None else (*self._server, self._key.reveal())
        with _temporary() as folder:
            task = ChildCall(
                "pycolonies._executor.injected.child",
                "run",
                (source, spec.funcname, list(args), spec.kwargs or {}, folder, server),
                context=context,
                context_name="link",
                values={**self._context, "process": dumps(process, "process")},
                tells=frozenset({"log", "progress"}),
                limits=self._policy.limits,
                name=spec.funcname,
            )
            prefix = () if self._sandbox is None else self._sandbox.command(folder)
            output = self._children.run(task, deadline=deadline, cancelled=cancelled, prefix=prefix)
        return output if isinstance(output, list) else [output]

    def close(self) -> None:
        """End what runs, and run nothing more."""
        self._children.close()


@contextmanager
def _temporary() -> Iterator[str]:
    """Make a directory that goes with its content, also if a link has taken its place: then the link goes."""
    with tempfile.TemporaryDirectory(prefix="pycolonies-", ignore_cleanup_errors=True) as folder:
        try:
            yield folder
        finally:
            if os.path.islink(folder):  # noqa: PTH114 (a text)
                os.unlink(folder)  # noqa: PTH108 (as rmtree, without a Path)


def _source(code: str) -> str:
    try:
        return base64.b64decode(code, validate=True).decode()
    except (binascii.Error, UnicodeDecodeError) as fault:
        raise CodeRefusedError(f'env["code"] of the process must be source code in base64: {fault}') from None
