"""Functions in child processes: results, failures, limits and ends."""

from __future__ import annotations

import functools
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
    ConfigurationError,
    FunctionCancelledError,
    FunctionTimeoutError,
    RemoteError,
    ResourceLimitError,
)
from pycolonies._executor.children.call import ChildCall, Limits, check_reachable, remote_traceback
from pycolonies._executor.children.pool import Children

if TYPE_CHECKING:
    from programs import Programs

pytestmark = pytest.mark.skipif(sys.platform == "win32", reason="signals of POSIX")


@pytest.fixture(scope="module")
def pool() -> Iterator[Children]:
    pool = Children(2, grace=5)
    yield pool
    pool.close()


def task(function: Callable[..., Any], *args: object, **fields: Any) -> ChildCall:
    module, qualname = check_reachable(function)
    return ChildCall(module, qualname, args, **fields)


class Cancelled(threading.Event):
    """Is set once a file is there."""

    def __init__(self, file: Path) -> None:
        super().__init__()
        self._file = file

    def is_set(self) -> bool:
        return self._file.exists()


def test_arguments_go_there_and_results_come_back(pool: Children) -> None:
    assert pool.run(task(childwork.add, 1, kwargs={"b": 2})) == 3
    assert pool.run(task(childwork.Holder.double, 21)) == 42
    assert pool.run(task(childwork.add_later, 1, 2)) == 3
    big = "x" * 5_000_000
    assert pool.run(task(childwork.add, big, big)) == big + big


def test_children_are_used_again(pool: Children) -> None:
    first = pool.run(task(childwork.pid))
    assert first != os.getpid()
    assert [pool.run(task(childwork.pid)) for _ in range(5)] == [first] * 5


def test_calls_at_the_same_time_use_as_many_children_as_there_may_be(tmp_path: Path) -> None:
    pool = Children(2)
    together = [tmp_path / "0", tmp_path / "1"]

    def call(number: int) -> None:
        with pytest.raises(FunctionCancelledError):
            pool.run(task(childwork.hang, str(together[number])), cancelled=Cancelled(tmp_path / "end"))

    threads = [threading.Thread(target=call, args=(number,)) for number in range(2)]
    for thread in threads:
        thread.start()
    until(lambda: all(file.exists() for file in together))
    with pytest.raises(FunctionTimeoutError):  # a third child would have run it
        pool.run(task(childwork.pid), deadline=time.monotonic() + 0.3)
    (tmp_path / "end").touch()
    for thread in threads:
        thread.join()
    last = int(str(pool.run(task(childwork.pid))))
    pool.close()
    assert ended(last)


def test_what_a_function_raises_comes_back_with_its_traceback(pool: Children) -> None:
    with pytest.raises(ValueError, match=r"^no such picture$") as raised:
        pool.run(task(childwork.fail, "no such picture"))
    text = remote_traceback(raised.value)
    assert text is not None
    assert "in fail" in text
    assert "raise ValueError(text)" in text
    assert "_executor" not in text
    assert remote_traceback(ValueError()) is None


def test_what_cannot_be_brought_over_keeps_its_type_and_message(pool: Children) -> None:
    with pytest.raises(RemoteError) as raised:
        pool.run(task(childwork.fail_oddly))
    assert raised.value.kind == "OddError"
    assert raised.value.message == "this and that"
    assert "in fail_oddly" in (remote_traceback(raised.value) or "")
    with pytest.raises(RemoteError, match=r"^SystemExit: 3$"):
        pool.run(task(childwork.leave, 3))


def test_what_cannot_be_pickled_is_told_and_harms_nothing(pool: Children) -> None:
    before = pool.run(task(childwork.pid))
    with pytest.raises(TypeError, match=r"^an argument of add cannot be sent to a child process: .*lambda"):
        pool.run(task(childwork.add, lambda: 1))
    with pytest.raises(TypeError, match=r"^returns_a_lambda returned a function that cannot be sent"):
        pool.run(task(childwork.returns_a_lambda))
    assert pool.run(task(childwork.pid)) == before


def test_functions_that_no_child_can_find_are_refused() -> None:
    def inner() -> None: ...

    with pytest.raises(ConfigurationError, match="inner in test_children is defined inside another function"):
        check_reachable(inner)
    with pytest.raises(ConfigurationError, match="is a lambda"):
        check_reachable(lambda: 1)
    with pytest.raises(ConfigurationError, match="must have a name"):
        check_reachable(functools.partial(childwork.add, 1))


def test_a_function_that_is_not_there_is_told(pool: Children) -> None:
    with pytest.raises(AttributeError, match="a child process finds no nothing in childwork"):
        pool.run(ChildCall("childwork", "nothing"))


@pytest.mark.parametrize(
    ("function", "argument", "exitcode", "words"),
    [
        (childwork.drop_out, 3, 3, "exited with code 3"),
        (childwork.kill_itself, signal.SIGSEGV, -signal.SIGSEGV, "was killed by SIGSEGV"),
        (
            childwork.kill_itself,
            signal.SIGKILL,
            -signal.SIGKILL,
            "by SIGKILL: not by this executor",
        ),
    ],
)
def test_a_child_that_dies_fails_its_own_call_only(
    pool: Children, tmp_path: Path, function: Callable[..., Any], argument: int, exitcode: int, words: str
) -> None:
    other: list[BaseException] = []

    def run_another() -> None:
        try:
            pool.run(task(childwork.hang, str(tmp_path / "other")), cancelled=Cancelled(tmp_path / "end"))
        except FunctionCancelledError as error:
            other.append(error)

    thread = threading.Thread(target=run_another)
    thread.start()
    until((tmp_path / "other").exists)
    with pytest.raises(ChildDiedError, match=words) as died:
        pool.run(task(function, argument))
    assert died.value.exitcode == exitcode
    assert pool.run(task(childwork.add, 1, 2)) == 3
    assert other == []
    (tmp_path / "end").touch()
    thread.join()
    assert len(other) == 1


def test_a_child_that_died_while_it_was_idle_is_replaced() -> None:
    pool = Children(1)
    first = pool.run(task(childwork.pid))
    assert isinstance(first, int)
    os.kill(first, signal.SIGKILL)
    until(lambda: ended(first))
    assert pool.run(task(childwork.pid)) != first
    pool.close()


@pytest.mark.parametrize(
    ("function", "grace"),
    [(childwork.hang, 60), (childwork.hang_stubbornly, 0.5), (childwork.hang_in_native_code, 0.5)],
)
def test_a_call_is_cancelled_from_another_thread(
    tmp_path: Path, function: Callable[..., Any], grace: float
) -> None:
    pool = Children(1, grace=grace)
    started = tmp_path / "started"
    with pytest.raises(FunctionCancelledError):
        pool.run(task(function, str(started)), cancelled=Cancelled(started))
    assert Path(f"{started}.finally").exists() == (function is childwork.hang)
    assert ended(int(started.read_text()))
    assert pool.run(task(childwork.add, 1)) == 1
    pool.close()


def test_a_deadline_ends_a_call(pool: Children, tmp_path: Path) -> None:
    pool.run(task(childwork.pid))
    with pytest.raises(FunctionTimeoutError, match="hang was not done in time"):
        pool.run(task(childwork.hang, str(tmp_path / "started")), deadline=time.monotonic() + 1)
    assert pool.run(task(childwork.add, 1)) == 1


def test_what_a_function_has_started_ends_with_it(tmp_path: Path) -> None:
    pool = Children(1, grace=0.5)
    started = tmp_path / "started"
    with pytest.raises(FunctionCancelledError):
        pool.run(task(childwork.hang_with_a_child, str(started)), cancelled=Cancelled(started))
    until(lambda: ended(int(started.read_text())))
    pool.close()


def test_a_function_may_start_processes_of_its_own(pool: Children) -> None:
    assert pool.run(task(childwork.process_of_its_own)) == 0


def test_closing_ends_what_runs(tmp_path: Path) -> None:
    pool = Children(1)
    errors: list[BaseException] = []

    def call() -> None:
        try:
            pool.run(task(childwork.hang, str(tmp_path / "started")))
        except FunctionCancelledError as error:
            errors.append(error)

    thread = threading.Thread(target=call)
    thread.start()
    until((tmp_path / "started").exists)
    pool.close()
    thread.join()
    assert len(errors) == 1
    with pytest.raises(RuntimeError, match="closed"):
        pool.run(task(childwork.pid))


@pytest.mark.skipif(not sys.platform.startswith("linux"), reason="memory limits of Linux")
def test_memory_is_limited_for_a_call(pool: Children) -> None:
    limits = Limits(memory=200 * 2**20)
    with pytest.raises(ResourceLimitError, match="take used more memory than the 209715200 bytes"):
        pool.run(task(childwork.take, 10**9, limits=limits))
    with pytest.raises(ResourceLimitError):  # shared memory: only the parent notices
        pool.run(task(childwork.share, 10**9 // 2, limits=limits))
    assert pool.run(task(childwork.take, 3 * 10**8)) == 3 * 10**8  # the next call is free


def test_processor_time_is_limited_for_a_call(pool: Children) -> None:
    with pytest.raises(ResourceLimitError, match="spin used more processor time than the 1 seconds"):
        pool.run(task(childwork.spin, limits=Limits(processor=1)))
    assert pool.run(task(childwork.add, 1)) == 1


class Context:
    def __init__(self) -> None:
        self.said: list[object] = []
        self.secret = "secret"

    def log(self, text: str) -> None:
        self.said.append(text)

    def answer(self, number: int, plus: int) -> int:
        return number + plus

    def refuse(self) -> None:
        raise ValueError("refused")


def test_a_function_speaks_to_its_context(pool: Children) -> None:
    context = Context()
    call = task(
        childwork.talk,
        context=context,
        context_name="ctx",
        values={"color": "red"},
        tells=frozenset({"log"}),
        asks=frozenset({"answer", "refuse"}),
    )
    assert pool.run(call) == [21, "refused", "red", False, False]
    assert context.said == ["one", "two"]


def test_a_function_sees_that_it_is_cancelled(tmp_path: Path) -> None:
    pool = Children(1)
    started = tmp_path / "started"
    call = task(childwork.wait_for_cancelled, str(started), context=Context(), context_name="ctx")
    with pytest.raises(FunctionCancelledError):
        pool.run(call, cancelled=Cancelled(started))
    pool.close()


def test_logs_and_output_come_to_the_parent(
    caplog: pytest.LogCaptureFixture, capfd: pytest.CaptureFixture[str]
) -> None:
    pool = Children(1)  # one that is started with this output
    pool.run(task(childwork.report))
    pool.close()
    records = [record for record in caplog.records if record.name == "childwork"]
    assert [(record.levelno, record.message) for record in records] == [
        (logging.WARNING, "seen by the parent")
    ]
    assert capfd.readouterr().out == "printed\n"


def test_children_ignore_ctrl_c(pool: Children) -> None:
    assert pool.run(task(childwork.interrupt_handler)) is True


SCRIPT = """
import os, sys, time
from pycolonies._executor.children.call import ChildCall, check_reachable
from pycolonies._executor.children.pool import Children
from pycolonies._executor.children.script import leave_if_loading

def work(text):
    return text.upper()

def hang(started):
    with open(started, "w") as file:
        file.write(str(os.getpid()))
    {how}

def run():
    leave_if_loading()
    pool = Children(1)
    print(pool.run(ChildCall(*check_reachable(work), ["works"])), flush=True)
    pool.run(ChildCall(*check_reachable(hang), [sys.argv[1]]))

run()  # as most scripts do it: nothing guards it
print("never")
"""


@pytest.mark.parametrize("how", ["time.sleep(600)", "import ctypes; ctypes.PyDLL(None).sleep(600)"])
@pytest.mark.parametrize("number", [signal.SIGKILL, signal.SIGINT])
def test_a_scripts_children_end_with_it(
    tmp_path: Path, how: str, number: signal.Signals, programs: Programs
) -> None:
    script = tmp_path / "script.py"
    script.write_text(textwrap.dedent(SCRIPT).format(how=how))
    started = tmp_path / "started"
    parent = programs(
        [sys.executable, script, started], stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True
    )
    assert parent.stdout is not None
    assert parent.stdout.readline() == "WORKS\n"
    until(lambda: started.exists() and started.read_text())
    parent.send_signal(number)
    parent.wait()
    until(lambda: ended(int(started.read_text())))
    output, errors = parent.communicate()
    assert output == ""
    assert ("KeyboardInterrupt" in errors) == (number == signal.SIGINT)


def test_a_script_that_cannot_be_loaded_is_told(tmp_path: Path) -> None:
    script = tmp_path / "script.py"
    script.write_text(
        "from pycolonies._executor.children.call import ChildCall\n"
        "from pycolonies._executor.children.pool import Children\n"
        'if __name__ != "__main__": raise ValueError("only once")\n'
        "def work(): pass\n"
        "try: Children(1).run(ChildCall('__main__', 'work'))\n"
        "except Exception as error: print(type(error).__name__, error)\n"
    )
    done = subprocess.run([sys.executable, script], capture_output=True, text=True, check=True, timeout=60)
    assert done.stdout.startswith("ChildDiedError the child process that ran work could not be started")
    assert "ValueError: only once" in done.stdout


def test_functions_typed_into_an_interpreter_are_refused() -> None:
    code = (
        "from pycolonies._executor.children.call import check_reachable\n"
        "def work(): pass\n"
        "try: check_reachable(work)\n"
        "except Exception as error: print(error)\n"
    )
    done = subprocess.run(
        [sys.executable, "-c", code], capture_output=True, text=True, check=True, timeout=60
    )
    assert done.stdout.startswith("work was typed into an interpreter")


def test_a_pool_needs_a_child() -> None:
    with pytest.raises(ValueError, match="limit must be at least 1, got 0"):
        Children(0)
