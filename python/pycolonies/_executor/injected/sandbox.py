"""A sandbox for code that arrives: namespaces of Linux, set up by bubblewrap."""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
import sysconfig
from collections.abc import Collection, Iterator
from dataclasses import dataclass
from pathlib import Path

from pycolonies import _checks as checks
from pycolonies._executor.children.spawn import ROOT
from pycolonies._home import publish
from pycolonies._platform import is_linux
from pycolonies._shown import shown
from pycolonies.errors import ConfigurationError

#: Directories of the system, which hold programs and libraries.
_SYSTEM = ("/usr", "/bin", "/sbin", "/lib", "/lib32", "/lib64", "/nix/store")
#: What programs need of /etc: libraries, certificates, the time zone. Nothing in it names users or secrets.
_ETC = (
    "ld.so.cache",
    "ld.so.conf",
    "ld.so.conf.d",
    "alternatives",
    "ssl",
    "pki",
    "ca-certificates",
    "localtime",
)
_ETC_NETWORK = ("resolv.conf", "hosts", "nsswitch.conf", "gai.conf")
#: Seconds that an empty sandbox may take to start.
_TRIAL = 20


@dataclass(frozen=True)
class Sandbox:
    """Runs code that arrives with a process in separate namespaces, with `bubblewrap`_. Linux only.

    The code sees the programs and libraries of the system, this Python and its packages, all read-only, its
    own processes, and an empty ``/tmp``. It can write in its temporary directory only. It does not see home
    directories, the executor's files, its processes or its memory, and has no network.

    .. _bubblewrap: https://github.com/containers/bubblewrap

    Args:
        network: Let the code use the network of the executor, the services on this machine included.
        visible: Further files and directories that it may read, as absolute paths.
        program: The program ``bwrap``, by name or path.

    Raises:
        ConfigurationError: A path is not absolute, or the system is not Linux.
    """

    network: bool = False
    visible: Collection[str | os.PathLike[str]] = ()
    program: str = "bwrap"

    def __post_init__(self) -> None:
        if not is_linux():
            raise ConfigurationError("a sandbox needs Linux; leave sandbox= out on this system")
        checks.flag("network", self.network)
        checks.kind("program", self.program, (str, os.PathLike), "a path")
        if isinstance(self.visible, (str, os.PathLike)):
            raise TypeError("visible must be a list of paths, got one path")
        checks.several("visible", self.visible, "a list of paths", (str, os.PathLike), "a path")
        for path in self.visible:
            if not Path(path).is_absolute():
                raise ConfigurationError(f"visible must hold absolute paths, got {shown(os.fspath(path))}")

    def check(self) -> None:
        """Start an empty sandbox.

        Raises:
            ConfigurationError: It can't be started here.
        """
        if shutil.which(self.program) is None:
            raise ConfigurationError(
                f"the sandbox needs the program {self.program}; install bubblewrap (apt install bubblewrap)"
            )
        try:
            tried = subprocess.run(  # noqa: S603 (the sandbox)
                [*self.command("/tmp"), sys.executable, "-c", ""],  # noqa: S108 (a name in the sandbox)
                capture_output=True,
                text=True,
                timeout=_TRIAL,
                check=False,
            )
        except subprocess.TimeoutExpired:
            raise ConfigurationError(f"{self.program} did not start a sandbox in {_TRIAL} seconds") from None
        if tried.returncode != 0:
            raise ConfigurationError(
                f"{self.program} cannot make a sandbox here: {tried.stderr.strip()[-500:]}; it needs user "
                "namespaces, which containers often forbid"
            )

    def command(self, folder: str) -> list[str]:
        """Return the command that runs a program in a sandbox, up to the program.

        Args:
            folder: The directory in which the program may write; it is its working directory.
        """
        arguments = [self.program, "--unshare-all", "--die-with-parent", "--cap-drop", "ALL"]
        if self.network:
            arguments.append("--share-net")
        for path in _SYSTEM:
            if Path(path).is_symlink():
                arguments += ["--symlink", str(Path(path).readlink()), path]
            else:
                arguments += ["--ro-bind-try", path, path]
        for name in (*_ETC, *(_ETC_NETWORK if self.network else ())):
            arguments += ["--ro-bind-try", f"/etc/{name}", f"/etc/{name}"]
        arguments += ["--proc", "/proc", "--dev", "/dev", "--tmpfs", "/tmp"]  # noqa: S108 (in the sandbox)
        for path in (*_python(), *(os.fspath(path) for path in self.visible)):
            arguments += ["--ro-bind", path, path]
        if folder != "/tmp":  # noqa: S108 (as above)
            arguments += ["--bind", folder, folder]
        return [*arguments, "--chdir", folder]


def _python() -> Iterator[str]:
    """Yield the directories of this Python and of its packages."""
    paths = sysconfig.get_paths()
    interpreter = Path(sys.executable)
    wanted = [
        sys.prefix,
        sys.base_prefix,
        str(interpreter.parent),
        str(interpreter.resolve().parent),
        *(paths[name] for name in ("stdlib", "platstdlib", "purelib", "platlib")),
        str(Path(ROOT, "pycolonies")),
    ]
    seen: list[Path] = [Path("/usr")]
    for text in wanted:
        path = Path(text)
        if path.exists() and path != Path("/") and not any(path.is_relative_to(known) for known in seen):
            seen.append(path)
            yield text


publish(__name__)
