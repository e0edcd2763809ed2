"""An S3 store that others wrote, in its own process: moto behind a door that checks every signature.

moto checks signatures in headers only, and here they stand in the query. So they are checked at the door, by
the rules as Amazon has published them; `KEYS` tells whose they are, and who may only read.
"""

from __future__ import annotations

import hashlib
import hmac
import sys
from collections.abc import Callable, Iterable
from datetime import datetime, timedelta, timezone
from typing import Any
from urllib.parse import parse_qsl, quote, urlsplit

#: Access keys: the secret, and whether it may change anything.
KEYS = {
    "WRITER": ("writer's secret", True),
    "READER": ("reader's secret", False),
    "TEMPORARY": ("temporary secret", True),
}
#: The session tokens of temporary keys.
TOKENS = {"TEMPORARY": "a session token/with+signs="}

_App = Callable[[dict[str, Any], Any], Iterable[bytes]]


def door(inner: _App) -> _App:
    """Lets in who has a right to what is asked for."""

    def app(environ: dict[str, Any], start: Any) -> Iterable[bytes]:
        code = refusal(environ)
        if not code:
            return inner(environ, start)
        body = f"<?xml version='1.0'?><Error><Code>{code}</Code><Message>{code}</Message></Error>".encode()
        status, headers = "403 Forbidden", [("Content-Type", "application/xml")]
        environ["wsgi.input"].read(int(environ.get("CONTENT_LENGTH") or 0))
        start(status, [*headers, ("Content-Length", str(len(body)))])
        return [] if environ["REQUEST_METHOD"] == "HEAD" else [body]

    return app


def refusal(environ: dict[str, Any]) -> str:
    """S3's word for why a request is not let in; none where it is."""
    url = urlsplit(environ["RAW_URI"])
    query = dict(parse_qsl(url.query, keep_blank_values=True))
    given = query.pop("X-Amz-Signature", "")
    access_key, _, scope = query.get("X-Amz-Credential", "").partition("/")
    if access_key not in KEYS:
        return "InvalidAccessKeyId" if access_key else "AccessDenied"
    if query.get("X-Amz-Security-Token") != TOKENS.get(access_key):
        return "InvalidToken"
    secret, may_write = KEYS[access_key]
    names = query["X-Amz-SignedHeaders"].split(";")
    headers = "".join(f"{name}:{environ[_variable(name)].strip()}\n" for name in names)
    pairs = sorted((quote(name, safe="-_.~"), quote(value, safe="-_.~")) for name, value in query.items())
    canonical = "\n".join(
        [
            environ["REQUEST_METHOD"],
            url.path,
            "&".join(f"{name}={value}" for name, value in pairs),
            headers,
            ";".join(names),
            "UNSIGNED-PAYLOAD",
        ]
    )
    digest = hashlib.sha256(canonical.encode()).hexdigest()
    text = f"AWS4-HMAC-SHA256\n{query['X-Amz-Date']}\n{scope}\n{digest}"
    key = f"AWS4{secret}".encode()
    for part in scope.split("/"):
        key = hmac.digest(key, part.encode(), "sha256")
    if not hmac.compare_digest(hmac.new(key, text.encode(), "sha256").hexdigest(), given):
        return "SignatureDoesNotMatch"
    made = datetime.strptime(query["X-Amz-Date"], "%Y%m%dT%H%M%SZ").replace(tzinfo=timezone.utc)
    if abs(datetime.now(timezone.utc) - made) > timedelta(seconds=int(query["X-Amz-Expires"])):
        return "AccessDenied"
    return "" if may_write or environ["REQUEST_METHOD"] in {"GET", "HEAD"} else "AccessDenied"


def _variable(header: str) -> str:
    return f"HTTP_{header.upper().replace('-', '_')}"


def main() -> None:
    """Serves until standard input ends; the first line of output is the port."""
    import logging
    import threading

    from moto.moto_server.werkzeug_app import DomainDispatcherApplication, create_backend_app
    from werkzeug.serving import make_server

    logging.getLogger("werkzeug").setLevel(logging.ERROR)
    app = door(DomainDispatcherApplication(create_backend_app))
    server = make_server("127.0.0.1", 0, app, threaded=True)
    sys.stdout.write(f"{server.port}\n")
    sys.stdout.flush()
    threading.Thread(target=server.serve_forever, daemon=True).start()
    sys.stdin.read()


if __name__ == "__main__":
    main()
