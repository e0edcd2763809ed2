"""What depends on the operating system, as on Windows, macOS and Linux."""

from __future__ import annotations

import os
import re
import signal
import socket
import sys
import types
from pathlib import Path

import pytest

from pycolonies import ConfigurationError, Sandbox, _platform
from pycolonies._executor.children import system
from pycolonies._executor.children.call import Limits
from pycolonies._executor.stop_request import StopRequest
from pycolonies._files import mounts
from pycolonies.cli import _keys, _shells

PACKAGE = Path(_platform.__file__).parent
#: Modules that may compare `sys.platform`: everything else asks them.
PLATFORM_MODULES = {
    "_platform.py",
    "cli/_keys.py",
    "_executor/children/guard.py",  # Linux only
    "_executor/children/limits.py",
    "_executor/children/main.py",
    "_executor/children/spawn.py",
    "_executor/children/system.py",
}

needs_posix = pytest.mark.skipif(sys.platform == "win32", reason="needs POSIX")
needs_linux = pytest.mark.skipif(sys.platform != "linux", reason="needs Linux")


@pytest.fixture
def windows(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    """Let the package see Windows, without what only POSIX has."""
    monkeypatch.setattr(sys, "platform", "win32")
    monkeypatch.setattr(signal, "SIGBREAK", signal.SIGUSR1, raising=False)
    monkeypatch.setattr(_platform, "_NEW_PROCESS_GROUP", 0x200, raising=False)
    for module, names in {
        os: ("getuid", "register_at_fork", "set_inheritable", "waitpid"),
        signal: ("SIGHUP", "pthread_kill"),
        socket: ("AF_UNIX",),
    }.items():
        for name in names:
            monkeypatch.delattr(module, name, raising=False)


@pytest.fixture
def macos(monkeypatch: pytest.MonkeyPatch) -> None:
    """Let the package see macOS."""
    monkeypatch.setattr(sys, "platform", "darwin")


def test_only_the_platform_modules_ask_for_the_platform() -> None:
    asks = re.compile(r"sys\.platform|os\.name\b|platform\.system|hasattr\((?:os|signal|socket), ")
    found = {
        path.relative_to(PACKAGE).as_posix()
        for path in PACKAGE.rglob("*.py")
        if asks.search(path.read_text(encoding="utf-8"))
    }
    assert found <= PLATFORM_MODULES


@pytest.mark.usefixtures("windows")
def test_windows_has_no_user_ids_and_every_file_is_ones_own(tmp_path: Path) -> None:
    assert _platform.user_id() is None
    assert _platform.is_own(tmp_path)
    assert mounts.default_root().name == "pycolonies-fs-own"


@needs_posix
def test_elsewhere_a_file_of_another_user_is_not_ones_own(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    assert _platform.is_own(tmp_path)
    monkeypatch.setattr(_platform, "user_id", lambda: tmp_path.stat().st_uid + 1)
    assert not _platform.is_own(tmp_path)


@needs_posix
def test_the_owner_of_a_link_counts_not_that_of_its_target(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    link = tmp_path / "link"
    link.symlink_to("missing")
    monkeypatch.setattr(_platform, "user_id", lambda: link.lstat().st_uid)
    assert _platform.is_own(link)


@pytest.mark.usefixtures("windows")
def test_windows_runs_nothing_after_a_fork() -> None:
    _platform.after_fork_in_child(lambda: pytest.fail("nothing forks on Windows"))


@pytest.mark.usefixtures("windows")
def test_windows_stops_for_ctrl_c_sigterm_and_ctrl_break() -> None:
    assert _platform.stop_signals() == [signal.SIGINT, signal.SIGTERM, signal.SIGUSR1]
    assert _platform.own_group() == {"creationflags": 0x200}
    before = signal.getsignal(signal.SIGINT)
    with StopRequest() as request:
        signal.raise_signal(signal.SIGINT)
        assert request.wait(3) == 3
    assert signal.getsignal(signal.SIGINT) is before


@needs_posix
def test_sighup_stops_a_program_unless_it_is_ignored() -> None:
    assert signal.SIGHUP in _platform.stop_signals()
    assert _platform.own_group() == {"start_new_session": True}
    before = signal.signal(signal.SIGHUP, signal.SIG_IGN)
    try:
        assert signal.SIGHUP not in _platform.stop_signals()
    finally:
        signal.signal(signal.SIGHUP, before)


@needs_posix
def test_a_locked_file_is_locked_for_everyone_else(tmp_path: Path) -> None:
    file = tmp_path / "state"
    with file.open("wb") as holder, file.open("rb") as other:
        assert _platform.lock_file(holder.fileno())
        assert _platform.lock_file(other.fileno(), shared=True) is False
    with file.open("rb") as other:
        assert _platform.lock_file(other.fileno(), shared=True)


@pytest.mark.usefixtures("windows")
def test_files_are_not_locked_on_windows(tmp_path: Path) -> None:
    with (tmp_path / "state").open("wb") as file:
        assert _platform.lock_file(file.fileno()) is None


@pytest.mark.usefixtures("windows")
def test_windows_sends_no_datagrams() -> None:
    with pytest.raises(OSError, match="Windows"):
        _platform.send_datagram("/run/notify", b"READY=1")


@needs_posix
@pytest.mark.parametrize("kind", ["path", pytest.param("abstract", marks=needs_linux)])
def test_a_datagram_reaches_a_path_and_an_abstract_address(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, kind: str
) -> None:
    assert sys.platform != "win32"
    # The path of a socket may have 107 bytes, which a temporary directory may have itself.
    monkeypatch.chdir(tmp_path)
    address = f"@pycolonies-{os.getpid()}" if kind == "abstract" else "notify"
    with socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM) as receiver:
        receiver.bind(address.replace("@", "\0") if kind == "abstract" else address)
        _platform.send_datagram(address, b"READY=1")
        assert receiver.recv(100) == b"READY=1"


@pytest.mark.usefixtures("windows")
def test_children_on_windows_have_no_signals_and_no_zombies() -> None:
    with socket.socket() as handle:
        system.keep(handle.fileno())
    system.terminate_main_thread()
    assert not system.reap(1)
    assert system.exit_signal(-9) is None


@needs_posix
def test_elsewhere_a_negative_exit_code_is_a_signal() -> None:
    assert system.exit_signal(-9) == "SIGKILL"
    assert system.exit_signal(3) is None
    assert system.exit_signal(-4242) is None


@pytest.mark.parametrize("platform", ["windows", "macos"])
def test_what_needs_linux_says_so(platform: str, request: pytest.FixtureRequest) -> None:
    request.getfixturevalue(platform)
    with pytest.raises(ConfigurationError, match="need Linux"):
        Limits(memory=1 << 30)
    with pytest.raises(ConfigurationError, match="need Linux"):
        Limits(processes=3)
    with pytest.raises(ConfigurationError, match="needs Linux"):
        Sandbox()


def test_limits_of_processor_time_need_posix(request: pytest.FixtureRequest) -> None:
    request.getfixturevalue("windows")
    with pytest.raises(ConfigurationError, match="need POSIX"):
        Limits(processor=1)
    request.getfixturevalue("macos")
    assert Limits(processor=1).processor == 1


@pytest.mark.usefixtures("windows")
def test_the_shell_of_windows_is_powershell(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("SHELL", "/bin/bash")
    assert _shells.current_shell() == "powershell"


@pytest.mark.usefixtures("windows")
@pytest.mark.parametrize(
    ("typed", "keys"),
    [
        ("q", ["q"]),
        ("\r", ["enter"]),
        ("\xe0H", ["up"]),
        ("\xe0Q", ["page down"]),
        ("\x00O", ["end"]),
        ("\xe0Z", [""]),
    ],
)
def test_the_keys_of_a_windows_console(typed: str, keys: list[str], monkeypatch: pytest.MonkeyPatch) -> None:
    waiting = list(typed)
    console = types.ModuleType("msvcrt")
    console.kbhit = lambda: bool(waiting)  # type: ignore[attr-defined]
    console.getwch = lambda: waiting.pop(0)  # type: ignore[attr-defined]
    monkeypatch.setitem(sys.modules, "msvcrt", console)
    monkeypatch.setattr(sys.stdin, "isatty", lambda: True, raising=False)
    with _keys.keys() as opened:
        assert opened.read(1) == keys
        assert opened.read(0) == []
