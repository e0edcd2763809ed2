"""Whatever lies on two sides: a plan makes them equal, and equal sides need none."""

from __future__ import annotations

import hashlib
from pathlib import Path

from hypothesis import given
from hypothesis import strategies as st

from pycolonies import LocalFile, RemoteFile, SyncPlan, TransferFailure, UnsafeNameError
from pycolonies._files import names
from pycolonies._files.plan import compare, gather
from pycolonies._files.walk import LocalTree

ROOT = "/data"
name = st.text(st.sampled_from("abé%_ .\\"), min_size=1, max_size=3).filter(
    lambda text: text not in {".", ".."}
)
path = st.lists(name, min_size=1, max_size=3).map("/".join)
sides = st.dictionaries(path, st.binary(max_size=2), max_size=8)


def local(files: dict[str, bytes]) -> LocalTree:
    folders = {inner.rpartition("/")[0] for inner in files}
    above = {"/".join(folder.split("/")[:n]) for folder in folders for n in range(1, folder.count("/") + 2)}
    found = {inner: LocalFile(len(data), hashlib.sha256(data).hexdigest()) for inner, data in files.items()}
    return LocalTree(found, above - {""})


def remote(files: dict[str, bytes]) -> list[RemoteFile]:
    found = []
    for inner, data in files.items():
        folder, _, last = inner.rpartition("/")
        label = names.label_of(ROOT, folder)
        found.append(RemoteFile(label, last, len(data), hashlib.sha256(data).hexdigest(), inner))
    return found


def is_tree(files: dict[str, bytes]) -> bool:
    return not any(other.startswith(f"{inner}/") for inner in files for other in files)


def planned(here: dict[str, bytes], there: dict[str, bytes], keeplocal: bool) -> SyncPlan:
    failures: list[TransferFailure] = []
    tree = local(here)
    gathered = gather(ROOT, tree.directories, remote(there), failures)
    return compare(Path("x"), ROOT, keeplocal, tree, gathered, failures)


@given(sides.filter(is_tree), sides.filter(is_tree), st.booleans())
def test_a_plan_makes_both_sides_equal(
    here: dict[str, bytes], there: dict[str, bytes], keeplocal: bool
) -> None:
    plan = planned(here, there, keeplocal)
    for file in plan.outgoing:
        folder = file.label[len(ROOT) :].lstrip("/")
        there[f"{folder}/{file.name}" if folder else file.name] = here[file.path]
    for file in plan.incoming:
        assert file.remote is not None
        here[file.path] = there[file.remote.object]
    again = planned(here, there, keeplocal)
    assert not again
    assert {inner: here[inner] for inner in here.keys() & there.keys()} == {
        inner: there[inner] for inner in here.keys() & there.keys()
    }
    blocked = {failure.path for failure in plan.failures}
    assert there.keys() - here.keys() <= blocked | {names.shown(inner) for inner in there}
    assert len(here) + len(blocked) >= len(there)


@given(sides.filter(is_tree), st.booleans())
def test_equal_sides_need_no_plan(files: dict[str, bytes], keeplocal: bool) -> None:
    plan = planned(files, dict(files), keeplocal)
    assert not plan
    assert plan.unchanged == len(files)


@given(sides.filter(is_tree), sides.filter(is_tree), st.booleans())
def test_each_file_has_one_place_in_a_plan(
    here: dict[str, bytes], there: dict[str, bytes], keeplocal: bool
) -> None:
    plan = planned(here, there, keeplocal)
    counted = len(plan.uploads) + len(plan.conflicts) + plan.unchanged
    assert counted + len({failure.path for failure in plan.failures} & here.keys()) >= len(here)
    places = [file.path for file in (*plan.uploads, *plan.downloads, *plan.conflicts)]
    assert len(places) == len(set(places))


@given(st.text(), st.booleans())
def test_a_name_that_is_let_in_is_one_step_down(text: str, windows: bool) -> None:
    try:
        names.check_name(text, windows=windows)
    except UnsafeNameError:
        return
    root = Path("/root")
    assert (root / text).parent == root
    assert Path(f"/root/{text}").resolve().parent == root
    if windows:
        assert not set(text) & set('\\/:*?"<>|')


@given(st.text(st.sampled_from("ab/.\0\\"), max_size=12))
def test_a_label_never_leads_out_of_its_directory(label: str) -> None:
    try:
        found = names.path_of(ROOT, ROOT + label, windows=False)
    except UnsafeNameError:
        return
    if found is not None:
        assert Path("/root/in") in [*(Path("/root/in") / found).resolve().parents, Path("/root/in") / found]


@given(st.sets(name, max_size=6), st.sets(name, max_size=6))
def test_pairs_are_one_to_one(here: set[str], there: set[str]) -> None:
    pairs = names.paired(here, there)
    assert set(pairs) <= there
    assert len(set(pairs.values())) == len(pairs)
    assert set(pairs.values()) <= here
    assert all(pairs[both] == both for both in here & there)
