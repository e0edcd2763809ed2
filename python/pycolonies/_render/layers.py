"""Where boxes stand: in layers, so that arrows lead down and cross little."""

from __future__ import annotations

from itertools import pairwise
from typing import NamedTuple

#: How often the order within the layers is improved; after a few times it hardly changes.
_SWEEPS = 8


class Layout(NamedTuple):
    """The layers from top to bottom, and the way of each arrow through them.

    Numbers are those of the boxes; higher ones are bends, where an arrow passes a layer.
    """

    layers: list[list[int]]
    ways: dict[tuple[int, int], list[int]]


def lay_out(count: int, arrows: list[tuple[int, int]]) -> Layout:
    """Put boxes into layers: each one below all that lead to it.

    Args:
        count: Number of boxes.
        arrows: From which box to which. Of a circle one arrow leads up.
    """
    backward = _backward(count, arrows)
    down = [(t, s) if (s, t) in backward else (s, t) for s, t in arrows if s != t]
    depth = _depths(count, down)
    layers: list[list[int]] = [[] for _ in range(max(depth, default=-1) + 1)]
    for number in range(count):
        layers[depth[number]].append(number)
    ways: dict[tuple[int, int], list[int]] = {}
    bends = count
    for source, target in dict.fromkeys(down):
        way = [source]
        for layer in layers[depth[source] + 1 : depth[target]]:
            layer.append(bends)
            way.append(bends)
            bends += 1
        ways[source, target] = [*way, target]
    _untangle(layers, ways)
    for source, target in backward:
        if (target, source) in ways:
            ways[source, target] = ways[target, source][::-1]
            if (target, source) not in arrows:
                del ways[target, source]
    return Layout(layers, ways)


def _backward(count: int, arrows: list[tuple[int, int]]) -> set[tuple[int, int]]:
    """Return the arrows without which there is no circle: those that lead to where one came from."""
    after: list[list[int]] = [[] for _ in range(count)]
    for source, target in arrows:
        after[source].append(target)
    found: set[tuple[int, int]] = set()
    on_the_way: set[int] = set()
    done: set[int] = set()
    for start in range(count):
        if start in done:
            continue
        stack = [(start, iter(after[start]))]
        on_the_way.add(start)
        while stack:
            number, following = stack[-1]
            target = next(following, -1)
            if target < 0:
                stack.pop()
                on_the_way.discard(number)
                done.add(number)
            elif target in on_the_way:
                found.add((number, target))
            elif target not in done:
                on_the_way.add(target)
                stack.append((target, iter(after[target])))
    return found


def _depths(count: int, down: list[tuple[int, int]]) -> list[int]:
    """Return how many arrows lead to each box on the longest way."""
    after: list[list[int]] = [[] for _ in range(count)]
    missing = [0] * count
    for source, target in down:
        after[source].append(target)
        missing[target] += 1
    depth = [0] * count
    ready = [number for number in range(count) if not missing[number]]
    for number in ready:
        for target in after[number]:
            depth[target] = max(depth[target], depth[number] + 1)
            missing[target] -= 1
            if not missing[target]:
                ready.append(target)
    return depth


def _untangle(layers: list[list[int]], ways: dict[tuple[int, int], list[int]]) -> None:
    """Order each layer by where the neighbours stand, downwards and upwards in turn."""
    above: dict[int, list[int]] = {}
    below: dict[int, list[int]] = {}
    for way in ways.values():
        for upper, lower in pairwise(way):
            above.setdefault(lower, []).append(upper)
            below.setdefault(upper, []).append(lower)
    for sweep in range(_SWEEPS):
        neighbours, order = (above, layers[1:]) if sweep % 2 == 0 else (below, layers[-2::-1])
        place = {number: index for layer in layers for index, number in enumerate(layer)}
        for layer in order:
            middle = {
                number: sum(place[near] for near in neighbours[number]) / len(neighbours[number])
                if number in neighbours
                else float(place[number])
                for number in layer
            }
            layer.sort(key=middle.__getitem__)
            place.update((number, index) for index, number in enumerate(layer))
