"""Source code that comes along with a process: who may send it, and what it can see."""

from __future__ import annotations

import base64
import os
import sys
import threading
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from conftest import Colony, Member
from pycolonies import (
    ChildDiedError,
    CodePolicy,
    CodeRefusedError,
    ConfigurationError,
    FuncSpec,
    FunctionCancelledError,
    FunctionTimeoutError,
    PrivateKey,
    Process,
    RemoteError,
    ResourceLimitError,
    func_spec,
)
from pycolonies._executor.injected.runner import CodeRunner

pytestmark = [pytest.mark.skipif(sys.platform == "win32", reason="signals of POSIX"), pytest.mark.both_modes]


class Context:
    """What the executor gives to functions, as far as code may use it."""

    def __init__(self) -> None:
        self.lines: list[str] = []

    def log(self, message: str) -> None:
        self.lines.append(message)

    def progress(self, fraction: float, message: str = "") -> None:
        self.lines.append(f"{fraction} {message}")


class Sender:
    """Submits functions with their source code, and has them run."""

    def __init__(self, colony: Colony) -> None:
        self.colony = colony
        self.user = colony.user(name="alice")
        self.executor = colony.executor()
        self.context = Context()

    def submit(self, function: Callable[..., Any] | str, *args: object, **fields: Any) -> Process:
        spec = func_spec(function, args, self.colony.name, "echo", maxexectime=60, **fields)
        return self.colony.client.submit_func_spec(spec, self.user.prvkey)

    def run(
        self, process: Process, policy: CodePolicy | None = None, args: list[Any] | None = None, **how: Any
    ) -> list[Any]:
        runner = CodeRunner(
            policy or CodePolicy(["alice"]),
            2,
            colonyname=self.colony.name,
            executorname=self.executor.name,
            executorid=self.executor.id,
            prvkey=PrivateKey(self.executor.prvkey),
            client=self.colony.client,
        )
        try:
            return runner.run(
                process, process.spec.args if args is None else args, context=self.context, **how
            )
        finally:
            runner.close()

    def __call__(self, function: Callable[..., Any] | str, *args: object, **fields: Any) -> list[Any]:
        return self.run(self.submit(function, *args, **fields))


@pytest.fixture
def sender(colony: Colony) -> Sender:
    return Sender(colony)


def sum_nums(n1: int, n2: int, ctx: Any = None) -> int:
    return n1 + n2


def gen_nums(ctx: Any = None) -> tuple[int, int]:
    return 1, 2


def echo(arg: str) -> str:
    return arg


def nothing(**ctx: Any) -> None:
    assert list(ctx) == ["ctx"]


def unknown_types(number: Matrix) -> list[Matrix]:  # type: ignore[name-defined] # noqa: F821 (the missing name is tested)
    return [number]


async def later(number: int, *, ctx: Any) -> int:
    ctx.log("later")
    return number


def look(ctx: Any) -> tuple[Any, ...]:
    process = ctx["process"]
    return process["processid"], process.spec.funcname, ctx["colonyname"], ctx["colonyid"], ctx["executorid"]


def keys(ctx: Any) -> list[str]:
    assert isinstance(ctx, dict)
    assert ctx.get("executor_prvkey", "none") == "none"
    return sorted(ctx)


def see_around() -> tuple[Any, ...]:
    import os
    import sys
    import tempfile
    from pathlib import Path

    Path("made.txt").touch()
    files = [path.name for path in Path().iterdir()]
    loaded = "conftest" in sys.modules
    return dict(os.environ), str(Path.cwd()), files, tempfile.gettempdir(), sorted(globals()), loaded


@pytest.mark.parametrize(
    ("function", "args", "output"),
    [
        (sum_nums, [1, 2], [3]),
        (gen_nums, [], [1, 2]),
        (echo, ["helloworld"], ["helloworld"]),
        (nothing, [], []),
        (unknown_types, [7], [[7]]),
        (later, [5], [5]),
    ],
)
def test_functions_are_called_as_in_1_x_and_2023(
    sender: Sender, function: Callable[..., Any], args: list[Any], output: list[Any]
) -> None:
    assert sender(function, *args) == output


def test_code_may_come_with_a_name_and_stand_indented(sender: Sender) -> None:
    assert sender("f", 1, code="    def f(a, *, b):\n        return [a, b]", kwargs={"b": 2}) == [[1, 2]]


def test_outputs_of_the_parents_take_the_place_of_args(sender: Sender) -> None:
    process = sender.submit(sum_nums)
    assert sender.run(process, args=[3, 4]) == [7]


def test_the_context_tells_about_the_process(sender: Sender) -> None:
    process = sender.submit(look)
    colony = sender.colony
    assert sender.run(process) == [process.processid, "look", colony.name, colony.name, sender.executor.id]
    names = ["colonyid", "colonyname", "executorid", "executorname", "process"]
    assert sender(keys) == [names]
    assert sender.run(sender.submit(keys), CodePolicy(["*"], context={"region": "north"})) == [
        [*names, "region"]
    ]


def test_code_sees_no_keys(sender: Sender, monkeypatch: pytest.MonkeyPatch) -> None:
    secrets = {
        "COLONIES_PRVKEY": "k1",
        "COLONIES_COLONY_PRVKEY": "k2",
        "COLONIES_SERVER_PRVKEY": "k3",
        "AWS_SECRET_ACCESS_KEY": "k4",
        "AWS_S3_SECRETKEY": "k5",
        "DATABASE_URL": "k6",
        "MODEL_DIR": "/models",
    }
    for name, value in secrets.items():
        monkeypatch.setenv(name, value)
    process = sender.submit(see_around)
    environment, folder, files, temporary, names, knows_tests = sender.run(
        process, CodePolicy(["alice"], environment=["MODEL_*"])
    )
    assert not {"k1", "k2", "k3", "k4", "k5", "k6"} & set(environment.values())
    assert environment["MODEL_DIR"] == "/models"
    assert environment["PATH"] == os.environ["PATH"]
    assert files == ["made.txt"]
    assert environment["HOME"] == environment["TMPDIR"] == folder == temporary
    assert not Path(folder).exists()
    assert names == ["__builtins__", "__name__", "see_around"]
    assert knows_tests is False


@pytest.mark.skipif(not Path("/proc/self/environ").exists(), reason="needs /proc")
def test_the_kernel_does_not_show_keys_either(sender: Sender, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("COLONIES_PRVKEY", "very-secret")
    code = "def f():\n    return open('/proc/self/environ').read()"
    assert "very-secret" not in sender("f", code=code)[0]


def test_calls_know_nothing_of_each_other(sender: Sender) -> None:
    code = "import os\ndef f():\n    os.environ['X'] = 'set'; return os.getpid()"
    first = sender("f", code=code)
    assert sender("f", code=code) != first
    assert sender("g", code="import os\ndef g():\n    return os.environ.get('X', 'unset')") == ["unset"]


def test_what_the_code_logs_goes_to_the_process(sender: Sender) -> None:
    code = "def f(ctx):\n    ctx.log('one')\n    ctx.progress(0.5, 'half')\n    return ctx.cancelled"
    assert sender("f", code=code) == [False]
    assert sender.context.lines == ["one", "0.5 half"]


def test_what_the_code_raises_comes_back_with_its_lines(sender: Sender) -> None:
    with pytest.raises(RemoteError) as raised:
        sender("f", code="def f():\n    return 1 / 0")
    assert raised.value.kind == "ZeroDivisionError"
    assert raised.value.message == "division by zero"
    assert 'File "<code of f>", line 2, in f\n    return 1 / 0' in raised.value.traceback
    assert "_executor" not in raised.value.traceback
    with pytest.raises(RemoteError, match=r"^SyntaxError: "):
        sender("f", code="syntax error")
    with pytest.raises(RemoteError, match="NameError: the source code that came along defines no function f"):
        sender("f", code="def g(): pass")
    with pytest.raises(RemoteError, match="TypeError: run returned a list that cannot be sent"):
        sender("f", code="def f(): return object()")


def test_a_pickle_from_the_code_is_not_read(sender: Sender, tmp_path: Path) -> None:
    code = f"""
def f():
    import os, pickle, sys
    class Bomb:
        def __reduce__(self):
            return os.mkdir, ({str(tmp_path / "bombed")!r},)
    inside = sys._getframe()
    while "self" not in inside.f_locals:
        inside = inside.f_back
    inside.f_locals["self"]._channel.send(pickle.dumps(("result", pickle.dumps(Bomb()))))
"""
    with pytest.raises(ChildDiedError, match="it had sent something else than messages"):
        sender("f", code=code)
    assert not (tmp_path / "bombed").exists()


def test_only_listed_initiators_and_functions_are_run(sender: Sender) -> None:
    process = sender.submit(sum_nums, 1, 2)
    with pytest.raises(CodeRefusedError, match="does not run source code of the user alice: its code policy"):
        sender.run(process, CodePolicy(["bob"]))
    with pytest.raises(CodeRefusedError, match="of a function sum_nums: its code policy lists"):
        sender.run(process, CodePolicy(["alice"], ["gen_*"]))
    with pytest.raises(CodeRefusedError):
        sender.run(process, CodePolicy([]))
    assert sender.run(process, CodePolicy(["bob", "alice"], ["gen_*", "sum_*"])) == [3]


@pytest.mark.parametrize("code", ["no base64!", base64.b64encode(b"\xff\xfe").decode()])
def test_what_is_no_code_is_refused(sender: Sender, code: str) -> None:
    spec: FuncSpec = func_spec("f", [], sender.colony.name, "echo", maxexectime=60)
    spec.env["code"] = code
    process = sender.colony.client.submit_func_spec(spec, sender.user.prvkey)
    with pytest.raises(CodeRefusedError, match="must be source code in base64"):
        sender.run(process)


def test_time_is_limited(sender: Sender) -> None:
    process = sender.submit("f", code="import time\ndef f(): time.sleep(600)")
    with pytest.raises(FunctionTimeoutError, match="f was not done in time"):
        sender.run(process, CodePolicy(["alice"], seconds=0.5))
    with pytest.raises(FunctionTimeoutError):
        sender.run(process, deadline=time.monotonic() + 0.5)  # also where the child has not started by then
    cancelled = threading.Event()
    cancelled.set()
    with pytest.raises(FunctionCancelledError):
        sender.run(process, cancelled=cancelled)


@pytest.mark.skipif(not sys.platform.startswith("linux"), reason="memory limits of Linux")
def test_memory_is_limited(sender: Sender) -> None:
    process = sender.submit("f", code="def f(): return len(bytearray(10**9))")
    with pytest.raises(ResourceLimitError, match="f used more memory than the 134217728 bytes"):
        sender.run(process, CodePolicy(["alice"], memory=128 * 2**20))


def test_the_executors_key_is_given_where_the_policy_says_so(sender: Sender, executor: Member) -> None:
    code = """
def f(ctx):
    spec = func_spec("child", [], ctx["colonyname"], "echo", maxexectime=10)
    submitted = colonies.submit_func_spec(spec, ctx["executor_prvkey"])
    return submitted.processid, ctx["colonies"] is colonies
"""
    with pytest.raises(RemoteError, match="NameError: name 'func_spec' is not defined"):
        sender("f", code=code)
    processid, same = sender.run(sender.submit("f", code=code), CodePolicy(["alice"], key=True))
    assert same
    assert sender.colony.client.get_process(processid, executor.prvkey).spec.funcname == "child"


def test_policies_that_make_no_sense_are_refused() -> None:
    with pytest.raises(TypeError, match="initiators must be a list of names, got "):
        CodePolicy("alice")
    with pytest.raises(ConfigurationError, match="seconds must be more than 0"):
        CodePolicy(["alice"], seconds=0)
    with pytest.raises(ConfigurationError, match=r"memory must be at least .* bytes, got 1024"):
        CodePolicy(["alice"], memory=1024)
    assert "s3cret" not in repr(CodePolicy(["alice"], context={"token": "s3cret"}))
