"""Wide graphs, with equal siblings folded into one box."""

from __future__ import annotations

import re
from collections import Counter

from pycolonies._render.picture import Box, Picture

#: Up to so many equal siblings are drawn one by one.
LIMIT = 8
#: The number that `Workflow.add` and `map` put behind a name that is taken.
_NUMBER = re.compile(r"[-_.]?\d+$")
_WAITING, _RUNNING, _SUCCESSFUL, _FAILED, _CANCELLED = range(5)
#: The state of a folded box: the first of these that one of its nodes has.
_TELLING = (_FAILED, _CANCELLED, _RUNNING, _WAITING, _SUCCESSFUL)


def folded(picture: Picture) -> Picture:
    """Fold more than `LIMIT` equal siblings into one box, such as ``60 x square, 58 done``.

    Siblings are equal if their names differ only in the number at the end and they have the same parents and
    the same children.
    """
    parents: dict[str, set[str]] = {}
    children: dict[str, set[str]] = {}
    for source, target in picture.arrows:
        parents.setdefault(target, set()).add(source)
        children.setdefault(source, set()).add(target)
    groups: dict[object, list[Box]] = {}
    for box in picture.boxes:
        near = (frozenset(parents.get(box.id, ())), frozenset(children.get(box.id, ())))
        groups.setdefault((_NUMBER.sub("", box.label), near), []).append(box)
    boxes: list[Box] = []
    homes: dict[str, str] = {}
    for group in groups.values():
        boxes += group if len(group) <= LIMIT else [_one(group)]
        homes.update((box.id, box.id if len(group) <= LIMIT else group[0].id) for box in group)
    places = {box.id: place for place, box in enumerate(picture.boxes)}
    boxes.sort(key=lambda box: places[box.id])
    arrows = ((homes.get(source, source), homes.get(target, target)) for source, target in picture.arrows)
    return Picture(boxes, list(dict.fromkeys(arrows)))


def _one(group: list[Box]) -> Box:
    """Return the box that stands for equal siblings."""
    name = _NUMBER.sub("", group[0].label) or group[0].label
    label = f"{len(group)} x {name}"
    counts = Counter(box.state for box in group if box.state is not None)
    if not counts:
        return Box(group[0].id, label)
    label += f", {counts[_SUCCESSFUL]} done"
    for state, word in ((_RUNNING, "running"), (_FAILED, "failed"), (_CANCELLED, "cancelled")):
        label += f", {counts[state]} {word}" if counts[state] else ""
    return Box(group[0].id, label, next(state for state in _TELLING if counts[state]))
