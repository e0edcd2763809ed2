"""Children that send half messages, do not read, flood, fork or leave processes: the executor goes on."""

from __future__ import annotations

import logging
import os
import signal
import subprocess
import sys
import textwrap
import threading
import time
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest

import childwork
from executor_bench import ended
from polling import until
from pycolonies import (
    ChildDiedError,
    FunctionCancelledError,
    FunctionTimeoutError,
    RemoteError,
    ResourceLimitError,
)
from pycolonies._executor.children import child as child_module
from pycolonies._executor.children import loggers
from pycolonies._executor.children.call import ChildCall, Limits, check_reachable
from pycolonies._executor.children.pool import Children

if TYPE_CHECKING:
    from programs import Programs

pytestmark = pytest.mark.skipif(not sys.platform.startswith("linux"), reason="reads /proc")


@pytest.fixture
def pool() -> Iterator[Children]:
    pool = Children(1, grace=0.5)
    yield pool
    pool.close()


@pytest.fixture
def code_pool() -> Iterator[Children]:
    """A pool whose children are not trusted."""
    pool = Children(1, fresh=True, grace=0.5)
    yield pool
    pool.close()


def task(function: Callable[..., Any], *args: object, **fields: Any) -> ChildCall:
    module, qualname = check_reachable(function)
    return ChildCall(module, qualname, args, **fields)


def soon(seconds: float = 1) -> float:
    return time.monotonic() + seconds


class Context:
    """A context that counts what it is asked."""

    def __init__(self) -> None:
        self.said: list[object] = []

    def log(self, text: str) -> None:
        self.said.append(text)

    def large(self) -> str:
        return "x" * 5_000_000


PARTS = {
    "nothing of the length": b"",
    "half a length": b"\0",
    "a length": (10).to_bytes(4, "big"),
    "half": b"\0\0\0\x0ahalf",
}


class Exists:
    """Set once a file is there."""

    def __init__(self, file: Path) -> None:
        self._file = file

    def is_set(self) -> bool:
        return self._file.exists()


@pytest.mark.parametrize("part", PARTS)
@pytest.mark.parametrize("fresh", [False, True], ids=["trusted", "not trusted"])
def test_a_cancellation_gets_through_half_a_message(tmp_path: Path, part: str, fresh: bool) -> None:
    pool, started = Children(1, fresh=fresh, grace=0.5), tmp_path / "started"
    call = ChildCall("childwork", "send_text", [PARTS[part].hex(), str(started)])
    with pytest.raises(FunctionCancelledError):
        pool.run(call, cancelled=Exists(started))
    assert pool.run(task(childwork.add, 1, 2)) == 3
    pool.close()


@pytest.mark.parametrize("part", PARTS)
def test_half_a_message_does_not_outlive_the_deadline(pool: Children, part: str) -> None:
    pool.run(task(childwork.pid))
    with pytest.raises(FunctionTimeoutError):
        pool.run(ChildCall("childwork", "send_text", [PARTS[part].hex()]), deadline=soon(1))
    assert pool.run(task(childwork.add, 1, 2)) == 3


def test_a_message_that_comes_byte_by_byte_does_not_outlive_the_deadline(pool: Children) -> None:
    pool.run(task(childwork.pid))
    message = (1000).to_bytes(4, "big") + b"x" * 500
    with pytest.raises(FunctionTimeoutError):
        pool.run(task(childwork.send_a_part, message, 0.01), deadline=soon(1.5))


@pytest.mark.parametrize("raw_fork", [False, True], ids=["fork of Python", "fork of C"])
def test_a_descriptor_of_another_process_does_not_keep_a_dead_child_alive(
    pool: Children, tmp_path: Path, raw_fork: bool
) -> None:
    started = tmp_path / "started"
    with pytest.raises(ChildDiedError, match="killed by SIGKILL"):
        pool.run(task(childwork.die_in_a_message, raw_fork, str(started)))
    until(lambda: ended(int(started.read_text())), "the end of the copy")
    assert pool.run(task(childwork.add, 1, 2)) == 3


def test_a_child_that_does_not_read_is_ended_and_so_is_the_pool(tmp_path: Path) -> None:
    pool = Children(1, grace=0.5)
    started = tmp_path / "started"
    call = task(
        childwork.ask_and_hold_the_interpreter,
        str(started),
        context=Context(),
        context_name="ctx",
        asks=frozenset({"large"}),
    )
    with pytest.raises(FunctionCancelledError):
        pool.run(call, cancelled=Exists(started))
    assert pool.run(task(childwork.add, 1, 2)) == 3
    last = int(str(pool.run(task(childwork.pid))))
    pool.close()
    assert ended(last)


def test_closing_a_pool_ends_a_child_that_does_not_read(tmp_path: Path) -> None:
    pool = Children(1, grace=0.5)
    started = tmp_path / "started"
    call = task(
        childwork.ask_and_hold_the_interpreter,
        str(started),
        context=Context(),
        context_name="ctx",
        asks=frozenset({"large"}),
    )
    raised: list[BaseException] = []

    def run() -> None:
        try:
            pool.run(call)
        except FunctionCancelledError as error:
            raised.append(error)

    thread = threading.Thread(target=run)
    thread.start()
    until(started.exists)
    pool.close()
    thread.join(60)
    assert len(raised) == 1


def test_large_arguments_for_a_stopped_child_do_not_outlive_the_deadline(pool: Children) -> None:
    pid = pool.run(task(childwork.pid))
    assert isinstance(pid, int)
    os.kill(pid, signal.SIGSTOP)
    until(lambda: ") T " in Path(f"/proc/{pid}/stat").read_text(), "the stop")
    with pytest.raises(FunctionTimeoutError):
        pool.run(task(childwork.add, "x" * 20_000_000), deadline=soon(1))
    assert pool.run(task(childwork.add, 1, 2)) == 3


def test_a_call_that_a_child_never_received_goes_to_another_one(pool: Children) -> None:
    for _ in range(10):  # dead already, or just about to be
        pid = pool.run(task(childwork.pid))
        assert isinstance(pid, int)
        os.kill(pid, signal.SIGKILL)
        assert pool.run(task(childwork.pid)) != pid


def test_a_message_that_is_too_large_is_refused_before_it_is_received(code_pool: Children) -> None:
    with pytest.raises(ChildDiedError, match=r"announced a message of 2147483647 bytes; at most 67108864"):
        code_pool.run(ChildCall("childwork", "send_text", ["7fffffff"]))


def test_a_result_that_is_too_large_is_refused_with_its_size(code_pool: Children) -> None:
    with pytest.raises(RemoteError, match=r"repeat returned 40000002 bytes; at most 33554432 can"):
        code_pool.run(ChildCall("childwork", "repeat", [40_000_000]))


def test_children_bring_only_so_many_loggers_into_being(
    pool: Children, caplog: pytest.LogCaptureFixture, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(loggers, "_new", set())  # other tests need names, too
    before = set(logging.Logger.manager.loggerDict)
    pool.run(task(childwork.log_much, loggers.MAX_NEW + 300, logging.WARNING, "x"))
    pool.run(task(childwork.log_with_dots))
    new = set(logging.Logger.manager.loggerDict) - before
    assert sum(name.partition(".")[0] in ("noise", "a") for name in new) <= loggers.MAX_NEW + 1
    last = [record for record in caplog.records if record.name == loggers.OTHER][-1]
    assert last.message == "a.b.c.d.e.f.g.h.i.j.k.l.m.n.o.p.q.r.s.t.u.v.w.x.y.z: dotted"


def test_records_of_children_are_bounded(code_pool: Children, caplog: pytest.LogCaptureFixture) -> None:
    code_pool.run(ChildCall("childwork", "log_much", [loggers.MAX_RECORDS + 500, 1000, "x" * 100_000]))
    found = [record for record in caplog.records if record.name == loggers.OTHER]
    assert len(found) == loggers.MAX_RECORDS
    assert {record.levelno for record in found} == {logging.CRITICAL}
    assert max(len(record.message) for record in found) < 100_000
    assert "further log records of this call are dropped" in caplog.text


def test_an_exception_without_words_is_reported(pool: Children) -> None:
    with pytest.raises(RemoteError, match="SilentError: <no message: its __str__ raised RuntimeError>"):
        pool.run(task(childwork.fail_without_words))


@pytest.mark.parametrize(("how", "code"), [("exits", 3), ("raises", 1), ("returns", 0), ("logs", 0)])
def test_a_forked_copy_has_no_part_in_the_work(pool: Children, how: str, code: int) -> None:
    before = pool.run(task(childwork.pid))
    assert pool.run(task(childwork.fork_and_leave, how)) == code
    assert pool.run(task(childwork.add, 1, 2)) == 3
    assert pool.run(task(childwork.pid)) == before


def test_a_forked_copy_has_no_context(pool: Children) -> None:
    context = Context()
    call = task(
        childwork.use_the_context_of_another, context=context, context_name="ctx", tells=frozenset({"log"})
    )
    assert pool.run(call) == "17"
    assert context.said == []


def test_what_an_earlier_call_says_does_not_reach_the_context_of_a_later_one(pool: Children) -> None:
    first, second = Context(), Context()
    how = {"context_name": "ctx", "tells": frozenset({"log"})}
    pool.run(task(childwork.log_after_the_end, context=first, **how))
    pool.run(task(childwork.sleep, 0.8, context=second, **how))
    assert first.said == []
    assert second.said == []


def test_a_script_that_does_not_load_in_time_is_named_as_the_cause(tmp_path: Path) -> None:
    script = tmp_path / "script.py"
    script.write_text(
        "import time\n"
        "from pycolonies._executor.children import child\n"
        "from pycolonies._executor.children.call import ChildCall\n"
        "from pycolonies._executor.children.pool import Children\n"
        'if __name__ != "__main__": time.sleep(600)\n'
        "def work(): pass\n"
        "child.START = 0.5\n"
        'if __name__ == "__main__":\n'
        "  for seconds in (None, 3):\n"
        "    pool = Children(1, grace=0.1)\n"
        "    deadline = seconds and time.monotonic() + seconds\n"
        "    try: pool.run(ChildCall('__main__', 'work'), deadline=deadline)\n"
        "    except Exception as error: print(type(error).__name__, error)\n"
        "    child.START = 60\n"
        "    pool.close()\n"
    )
    done = subprocess.run([sys.executable, script], capture_output=True, text=True, check=True, timeout=60)
    lines = done.stdout.splitlines()
    assert len(lines) == 2
    for line in lines:
        assert line.startswith(
            "ChildDiedError the child process that ran work could not be started: its script"
        )
        assert "was not loaded after" in line
    assert child_module.START == 60


#: A command that runs another one two seconds later.
LATER = ("sh", "-c", 'sleep 2; exec "$@"', "sh")


def test_the_start_of_a_child_does_not_count_as_the_time_of_its_call(code_pool: Children) -> None:
    quick = ChildCall("operator", "add", [1, 2], limits=Limits(seconds=1.9))  # of a module that is loaded
    assert code_pool.run(quick, prefix=LATER) == 3
    slow = ChildCall("childwork", "sleep", [600], limits=Limits(seconds=0.2))
    with pytest.raises(FunctionTimeoutError):
        code_pool.run(slow)


def test_code_whose_child_does_not_start_in_time_is_late(code_pool: Children) -> None:
    with pytest.raises(FunctionTimeoutError):
        code_pool.run(ChildCall("childwork", "add", [1, 2]), deadline=soon(0.5), prefix=LATER)


SHADOWS = (
    "logging",
    "json",
    "socket",
    "subprocess",
    "typing",
    "queue",
    "signal",
    "base64",
    "tempfile",
    "csv",
)


@pytest.mark.parametrize("started_as", ["script", "module"])
def test_children_import_the_standard_library_before_the_working_directory(
    tmp_path: Path, started_as: str
) -> None:
    directory = tmp_path / "work"
    directory.mkdir()
    for name in SHADOWS:
        (directory / f"{name}.py").write_text("raise SystemExit('the wrong module')\n")
    home = tmp_path / "app"
    home.mkdir()
    (home / "app.py").write_text(
        textwrap.dedent("""
        import sys
        from pycolonies._executor.children.call import ChildCall, check_reachable
        from pycolonies._executor.children.pool import Children
        def files(*names):
            return [str(__import__(name).__file__) for name in names]
        if __name__ == "__main__":
            names = sys.argv[1:]
            print(*Children(1).run(ChildCall(*check_reachable(files), names)), sep="\\n")
            print(*Children(1, fresh=True).run(ChildCall("childwork", "module_files", names)), sep="\\n")
        """)
    )
    start = ["-P"] if started_as == "module" and sys.version_info >= (3, 11) else []
    path = os.pathsep.join([str(home), str(Path(childwork.__file__).parent)])
    done = subprocess.run(
        [sys.executable, *start, home / "app.py", *SHADOWS],
        cwd=directory,
        env={**os.environ, "PYTHONPATH": path},
        capture_output=True,
        text=True,
        check=True,
        timeout=60,
    )
    assert len(done.stdout.split()) == 2 * len(SHADOWS)
    assert str(directory) not in done.stdout


def test_a_module_of_the_working_directory_is_still_found(tmp_path: Path) -> None:
    (tmp_path / "helper_of_mine.py").write_text("def double(x): return 2 * x\n")
    done = subprocess.run(
        [
            sys.executable,
            "-c",
            "from pycolonies._executor.children.call import ChildCall; "  # noqa: ISC004 (one program text)
            "from pycolonies._executor.children.pool import Children; "
            "print(Children(1).run(ChildCall('helper_of_mine', 'double', [21])))",
        ],
        cwd=tmp_path,
        capture_output=True,
        text=True,
        check=True,
        timeout=60,
    )
    assert done.stdout == "42\n"


def test_all_that_code_has_started_ends_with_it(code_pool: Children, tmp_path: Path) -> None:
    file = tmp_path / "pids"
    code_pool.run(ChildCall("childwork", "leave_a_daemon", [str(file), 0]))
    assert ended(int(file.read_text()))


def test_all_that_code_has_started_ends_with_a_cancellation(code_pool: Children, tmp_path: Path) -> None:
    file = tmp_path / "pids"

    class Written:
        def is_set(self) -> bool:
            return file.exists() and bool(file.read_text())

    with pytest.raises(FunctionCancelledError):
        code_pool.run(ChildCall("childwork", "leave_a_daemon", [str(file), 600]), cancelled=Written())
    assert ended(int(file.read_text()))


def test_all_that_code_has_started_ends_with_an_executor_that_is_killed(
    tmp_path: Path, programs: Programs
) -> None:
    file = tmp_path / "pids"
    executor = programs(
        [
            sys.executable,
            "-c",
            "import sys; from pycolonies._executor.children.call import ChildCall; "  # noqa: ISC004 (one program text)
            "from pycolonies._executor.children.pool import Children; "
            "Children(1, fresh=True).run(ChildCall('childwork', 'leave_a_daemon', [sys.argv[1], 600]))",
            file,
        ],
        env={**os.environ, "PYTHONPATH": str(Path(childwork.__file__).parent)},
    )
    until(lambda: file.exists() and file.read_text())
    executor.kill()
    executor.wait()
    until(lambda: ended(int(file.read_text())), "the end of the daemon")


def test_memory_counts_what_code_has_started(code_pool: Children) -> None:
    limits = Limits(memory=120 * 2**20)
    with pytest.raises(ResourceLimitError, match="used more memory than the 125829120 bytes"):
        code_pool.run(ChildCall("childwork", "take_in_children", [80 << 20, 2], limits=limits))
    code_pool.run(ChildCall("childwork", "take_in_children", [20 << 20, 2, 0.5], limits=limits))  # less


def test_the_number_of_processes_is_limited(code_pool: Children) -> None:
    with pytest.raises(ResourceLimitError, match="start_many used more processes than the 20 that it may"):
        code_pool.run(ChildCall("childwork", "start_many", [40], limits=Limits(processes=20)))


def test_code_has_no_capabilities(code_pool: Children) -> None:
    assert set(code_pool.run(ChildCall("childwork", "capabilities"))) == {"0000000000000000"}  # type: ignore[call-overload]
