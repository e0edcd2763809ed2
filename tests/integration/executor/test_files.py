"""The files of a process are there when its function runs, and what it leaves is taken in."""

from __future__ import annotations

from pathlib import Path

import pytest

from pycolonies import Colonies, Context, Executor, Fs, SyncDirMount, func_spec
from pycolonies.testing import Colony


def copy(ctx: Context) -> str:
    """Copies a file of its process."""
    text = ctx.path("/cfs/in/text").read_text()
    ctx.path("/out/copy").write_text(text.upper())
    if text == "fail":
        raise ValueError(text)
    return text


@pytest.mark.parametrize("process", [False, True])
@pytest.mark.parametrize("text", ["text", "fail"])
def test_files_are_laid_out_and_taken_in(
    local: Colonies, colony: Colony, tmp_path: Path, process: bool, text: str
) -> None:
    executor = Executor(
        "files", client=local, colonyname=colony.name, colony_prvkey=colony.prvkey, fs_dir=tmp_path
    )
    executor.function(copy, process=process)
    local.upload_data(filename="text", data=text.encode(), label="/in")
    dirs = [SyncDirMount(label="/in", dir="/in"), SyncDirMount(label="/out/{processid}", dir="/out")]
    spec = func_spec("copy", [], colony.name, "files", maxexectime=60, fs=Fs(mount="/cfs", dirs=dirs))
    with executor:
        submitted = local.submit_func_spec(spec)
        ended = local.wait(submitted, 60)
    assert ended.state == (local.FAILED if text == "fail" else local.SUCCESSFUL), ended.errors
    kept = local.download_data(label=f"/out/{submitted.processid}", filename="copy")
    assert kept == text.upper().encode()
    assert not list(tmp_path.iterdir())


def test_a_process_whose_files_cannot_be_laid_out_fails(
    local: Colonies, colony: Colony, tmp_path: Path
) -> None:
    executor = Executor(
        "files", client=local, colonyname=colony.name, colony_prvkey=colony.prvkey, fs_dir=tmp_path
    )
    executor.function(copy)
    dirs = [SyncDirMount(label="/in", dir="../elsewhere")]
    spec = func_spec("copy", [], colony.name, "files", maxexectime=60, fs=Fs(mount="/cfs", dirs=dirs))
    with executor:
        ended = local.wait(local.submit_func_spec(spec), 60)
    assert ended.state == local.FAILED
    assert "UnsafeNameError" in ended.errors[0]
