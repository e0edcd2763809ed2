"""Runs the code blocks of a documentation page in page order, as a reader does.

- A Python block is pasted into one interpreter for the whole page; ``await`` works in it. After a paragraph
  with "Save this as `NAME.py`" it is written to that file instead. A block with ``executor.run(`` is run as a
  program in the background, one with ``def test_`` by pytest, and one with a fixture is its ``conftest.py``.
- Shell blocks (``console``, ``sh``) run in bash; variables that they set stay set. ``pycolonies dev`` and
  ``pycolonies executor run`` run in the background, the former on free ports, until the page ends.
- "It prints `TEXT`" after a block is checked.
- A block is left out if the paragraph before it has "Not run: REASON", which readers see, too.
"""

from __future__ import annotations

import contextlib
import json
import os
import re
import select
import shlex
import signal
import subprocess
import sys
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from polling import until
from ports import reserved_port

#: Seconds until a block that has not ended is a failure.
PATIENCE = 60.0
#: Commands of shell blocks that install and build; they are not for a test of this page.
NOT_HERE = re.compile(r"(pip install|git clone|make) ")
_BLOCK = re.compile(r"^```(\w*)\n(.*?)^```$", re.MULTILINE | re.DOTALL)
_READY = re.compile(r"registered, id|Colonies development server at|runs in colony")

INTERPRETER = """
import ast, asyncio, contextlib, io, json, linecache, sys, traceback, os, inspect
channel = os.fdopen(os.dup(1), "w")
loop = asyncio.new_event_loop()
scope = {"__name__": "__main__"}
sys.path.insert(0, os.getcwd())
for number, line in enumerate(sys.stdin):
    job = json.loads(line)
    os.environ.update(job["variables"])
    name, shown, failed = f"block{number}.py", io.StringIO(), ""
    linecache.cache[name] = (len(job["code"]), None, job["code"].splitlines(keepends=True), name)
    try:
        with contextlib.redirect_stdout(shown):
            code = compile(job["code"], name, "exec", ast.PyCF_ALLOW_TOP_LEVEL_AWAIT)
            if code.co_flags & inspect.CO_COROUTINE:
                loop.run_until_complete(eval(code, scope))
            else:
                exec(code, scope)
    except BaseException:
        failed = traceback.format_exc()
    channel.write(json.dumps({"failed": failed, "shown": shown.getvalue()}) + "\\n")
    channel.flush()
"""


@dataclass(frozen=True)
class Block:
    """A code block of a page.

    Attributes:
        language: As it is named after the fence.
        code: Its text.
        line: Where it begins.
        before: The paragraph before it.
        after: The paragraph after it.
    """

    language: str
    code: str
    line: int
    before: str
    after: str

    @property
    def file(self) -> str | None:
        """The file that it is saved as."""
        found = re.search(r"[Ss]ave (?:this|it) as `([\w.]+)`", self.before)
        return found[1] if found else None

    @property
    def reason(self) -> str | None:
        """Why it is not run; None if it is."""
        found = re.search(r"Not run: (.+?)\.?\s*$", self.before)
        return found[1] if found else None

    @property
    def printed(self) -> str | None:
        """What the page says that it prints."""
        found = re.match(r"It prints `([^`]+)`", self.after)
        return found[1] if found else None


def blocks(page: Path) -> list[Block]:
    """Return the code blocks of a page."""
    text = page.read_text(encoding="utf-8")
    found = []
    for match in _BLOCK.finditer(text):
        before = text[: match.start()].rstrip().rpartition("\n\n")[2]
        after = text[match.end() :].lstrip().partition("\n\n")[0]
        line = text.count("\n", 0, match.start()) + 1
        found.append(Block(match[1], match[2], line, " ".join(before.split()), after))
    return found


@dataclass
class Reader:
    """A reader who follows a page in a separate directory.

    Args:
        folder: The directory.
        variables: The environment at the beginning.
        ports: Where development servers listen, and their S3 endpoints.
    """

    folder: Path
    variables: dict[str, str]
    ports: tuple[int, int]
    interpreter: subprocess.Popen[str] | None = None
    background: dict[str, subprocess.Popen[bytes]] = field(default_factory=dict)

    def follow(self, page: Path) -> int:
        """Run the blocks of a page, and return how many were run.

        Raises:
            AssertionError: A block fails, or prints something else than the page says.
        """
        count = 0
        for block in blocks(page):
            if block.language not in ("python", "console", "sh") or block.reason:
                continue
            count += 1
            try:
                shown = self.python(block) if block.language == "python" else self.shell(block.code)
            except AssertionError as failed:
                raise AssertionError(f"{page.name}, line {block.line}: {failed}\n{self._logs()}") from None
            if block.printed is not None:
                assert block.printed in shown.splitlines(), f"{page.name}, line {block.line} prints {shown!r}"
        return count

    def python(self, block: Block) -> str:
        """Run a Python block, and return what it prints."""
        if block.file is not None:
            self.folder.joinpath(block.file).write_text(block.code, encoding="utf-8")
            if block.file.startswith("test_") or "executor.run(" not in block.code:
                compile(block.code, block.file, "exec")
                return ""
            return self._start(f"{shlex.quote(sys.executable)} {block.file}", block.file)
        name = f"block_at_line_{block.line}.py"
        if "@pytest.fixture" in block.code and "def test_" not in block.code:
            self.folder.joinpath("conftest.py").write_text(block.code, encoding="utf-8")
            return ""
        if re.search(r"^(async )?def test_", block.code, re.MULTILINE):
            self.folder.joinpath(f"test_{name}").write_text(block.code, encoding="utf-8")
            return self.shell(f"pytest -q -p no:cacheprovider -n 0 test_{name}")
        if re.search(r"^executor\.run\(", block.code, re.MULTILINE):
            self.folder.joinpath(name).write_text(block.code, encoding="utf-8")
            return self._start(f"{shlex.quote(sys.executable)} {name}", name)
        return self._paste(block.code)

    def shell(self, text: str) -> str:
        """Run a shell block, and return what it prints."""
        shown = ""
        for line in text.replace("\\\n", " ").splitlines():
            command = line.partition(" #")[0].strip()
            if not command or NOT_HERE.match(command):
                continue
            if re.match(r"pycolonies (dev(?!.*--env)|executor run)\b", command):
                self._start(self._with_ports(command), " ".join(command.split()[:2]))
            else:
                shown += self._run(command)
        return shown

    def close(self) -> None:
        """End what was started, as with Ctrl-C. Executors must stop cleanly."""
        if self.interpreter is not None:
            self.interpreter.kill()
            self.interpreter.communicate()
        for name in reversed([*self.background]):
            self._stop(name)

    def _with_ports(self, command: str) -> str:
        if not command.startswith("pycolonies dev"):
            return command
        store = f" --s3-port {self.ports[1]}" if "--s3" in command else ""
        return f"{command} --port {self.ports[0]}{store}"

    def _run(self, command: str) -> str:
        dump = self.folder / ".variables"
        script = f"set -e\n{command}\nenv -0 > {shlex.quote(str(dump))}"
        done = subprocess.run(
            ["bash", "-c", script],
            cwd=self.folder,
            env=self.variables,
            capture_output=True,
            text=True,
            timeout=PATIENCE,
            check=False,
        )
        assert done.returncode == 0, f"{command}: exit code {done.returncode}\n{done.stdout}{done.stderr}"
        pairs = (pair.partition("=") for pair in dump.read_text().split("\0") if pair)
        self.variables = {name: value for name, _, value in pairs}
        return done.stdout

    def _start(self, command: str, name: str) -> str:
        """Start a command in the background, and wait until it serves."""
        if name in self.background:
            self._stop(name)
        log = self._log(name)
        with log.open("wb") as output:
            process = subprocess.Popen(
                shlex.split(command), cwd=self.folder, env=self.variables, stdout=output, stderr=output
            )
        self.background[name] = process

        def ready() -> bool:
            assert process.poll() is None, f"{command} ended:\n{log.read_text()}"
            return bool(_READY.search(log.read_text()))

        until(ready, f"{command}, see {log}", PATIENCE)
        return ""

    def _stop(self, name: str) -> None:
        process = self.background.pop(name)
        process.send_signal(signal.SIGINT)
        try:
            code = process.wait(PATIENCE)
        except subprocess.TimeoutExpired:
            process.kill()
            raise
        assert code == 0, f"{name}: exit code {code}\n{self._log(name).read_text()}"

    def _paste(self, code: str) -> str:
        if self.interpreter is None:
            self.interpreter = subprocess.Popen(
                [sys.executable, "-W", "error", "-c", INTERPRETER],
                cwd=self.folder,
                env=self.variables,
                stdin=subprocess.PIPE,
                stdout=subprocess.PIPE,
                text=True,
            )
        assert self.interpreter.stdin is not None
        assert self.interpreter.stdout is not None
        self.interpreter.stdin.write(json.dumps({"code": code, "variables": self.variables}) + "\n")
        self.interpreter.stdin.flush()
        readable, _, _ = select.select([self.interpreter.stdout], [], [], PATIENCE)
        assert readable, f"this does not end:\n{code}"
        answer: Mapping[str, Any] = json.loads(self.interpreter.stdout.readline())
        assert not answer["failed"], f"{answer['failed']}\n{code}"
        shown: str = answer["shown"]
        return shown

    def _log(self, name: str) -> Path:
        return self.folder / f".{name.replace('/', '-')}.log"

    def _logs(self) -> str:
        return "\n".join(f"--- {name}\n{self._log(name).read_text()[-3000:]}" for name in self.background)


@contextlib.contextmanager
def reader(folder: Path, variables: Mapping[str, str]) -> Iterator[Reader]:
    """Someone who follows a page. The commands of this interpreter come first in their PATH."""
    rest = {
        name: value
        for name, value in os.environ.items()
        if not name.startswith(("COLONIES_", "AWS_", "PYTEST_", "PYTHON"))
    }
    path = f"{Path(sys.executable).parent}{os.pathsep}{rest.get('PATH', '')}"
    runtime = folder / ".runtime"
    runtime.mkdir()
    environment = {**rest, "PATH": path, "XDG_RUNTIME_DIR": str(runtime), "TERM": "dumb", **variables}
    with reserved_port() as port, reserved_port() as s3_port:
        found = Reader(folder, environment, (port, s3_port))
        try:
            yield found
        finally:
            found.close()
