"""Arithmetic on the curve secp256k1, under the names of 1.x.

Nothing here takes constant time; `Crypto` signs in Rust.

Points are pairs of integers, or triples in Jacobian coordinates: (X, Y, Z) stands for (X/Z², Y/Z³).
"""

from __future__ import annotations

#: The field's prime, and the order of the group.
P = 2**256 - 2**32 - 977
N = 0xFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFEBAAEDCE6AF48A03BBFD25E8CD0364141

Point = tuple[int, int]
Jacobian = tuple[int, int, int]


def inv(a: int, n: int) -> int:
    """Return the inverse of a number modulo a prime; 0 for 0."""
    return pow(a, -1, n) if a % n else 0


def to_jacobian(p: Point) -> Jacobian:
    """Return a point in Jacobian coordinates."""
    return p[0], p[1], 1


def from_jacobian(p: Jacobian) -> Point:
    """Return a point of Jacobian coordinates as a pair."""
    z = inv(p[2], P)
    return p[0] * z**2 % P, p[1] * z**3 % P


def jacobian_double(p: Jacobian) -> Jacobian:
    """Return twice a point."""
    x, y, z = p
    if not y:
        return 0, 0, 0
    square = y * y % P
    s = 4 * x * square % P
    m = 3 * x * x % P  # the curve's other coefficient is 0
    new_x = (m * m - 2 * s) % P
    return new_x, (m * (s - new_x) - 8 * square * square) % P, 2 * y * z % P


def jacobian_add(p: Jacobian, q: Jacobian) -> Jacobian:
    """Return the sum of two points."""
    if not p[1]:
        return q
    if not q[1]:
        return p
    u, v = p[0] * q[2] ** 2 % P, q[0] * p[2] ** 2 % P
    s, t = p[1] * q[2] ** 3 % P, q[1] * p[2] ** 3 % P
    if u == v:
        return jacobian_double(p) if s == t else (0, 0, 1)
    h, r = v - u, t - s
    cube, middle = h**3 % P, u * h * h % P
    x = (r * r - cube - 2 * middle) % P
    return x, (r * (middle - x) - s * cube) % P, h * p[2] * q[2] % P


def jacobian_multiply(a: Jacobian, n: int) -> Jacobian:
    """Return a multiple of a point."""
    found: Jacobian = (0, 0, 1)
    for bit in f"{n % N:b}" if a[1] else "":
        found = jacobian_double(found) if found[1] else found
        if bit == "1":
            found = jacobian_add(found, a)
    return found


def fast_multiply(a: Point, n: int) -> Point:
    """Return a multiple of a point."""
    return from_jacobian(jacobian_multiply(to_jacobian(a), n))
