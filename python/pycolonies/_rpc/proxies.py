"""The proxy that the environment names for a server, by the rules of requests, which 1.x used."""

from __future__ import annotations

import os
from contextlib import suppress


def proxy_for(host: str, port: int, tls: bool) -> str | None:
    """Return the URL of the proxy for a server; None for a direct connection.

    ``HTTPS_PROXY`` applies to servers with TLS, ``HTTP_PROXY`` to others, then ``ALL_PROXY``. Names in lower
    case take precedence, even if they are empty. ``NO_PROXY`` lists exceptions: hosts, domains,
    ``host:port``, networks such as ``10.0.0.0/8``, or ``*`` for all.

    Args:
        host: Name or address of the server.
        port: Its port.
        tls: Whether the server uses TLS.
    """
    if _is_exception(host.strip("[]").lower(), port):
        return None
    return _variable("https_proxy" if tls else "http_proxy") or _variable("all_proxy") or None


def _variable(name: str) -> str:
    if name in os.environ:
        return os.environ[name]
    # A web server sets HTTP_PROXY from the header "Proxy" of a request, where programs run as CGI.
    if name == "http_proxy" and "REQUEST_METHOD" in os.environ:
        return ""
    return os.environ.get(name.upper(), "")


def _is_exception(host: str, port: int) -> bool:
    listed = os.environ.get("no_proxy") or os.environ.get("NO_PROXY", "")
    if listed.strip() == "*":
        return True
    entries = [entry.strip().lstrip(".").lower() for entry in listed.split(",")]
    return any(entry and _names(entry, host, port) for entry in entries)


def _names(entry: str, host: str, port: int) -> bool:
    if "/" in entry:
        return _is_in_network(host, entry)
    return any(place == entry or place.endswith(f".{entry}") for place in (host, f"{host}:{port}"))


def _is_in_network(host: str, network: str) -> bool:
    import ipaddress

    with suppress(ValueError):
        return ipaddress.ip_address(host) in ipaddress.ip_network(network, strict=False)
    return False
