"""The well-known keys of a development server. They are public: never use them where it matters."""

from pycolonies._core import (
    COLONY_ID,
    COLONY_NAME,
    COLONY_PRVKEY,
    EXECUTOR_ID,
    EXECUTOR_NAME,
    EXECUTOR_PRVKEY,
    EXECUTOR_TYPE,
    S3_ACCESS_KEY,
    S3_BUCKET,
    S3_REGION,
    S3_SECRET_KEY,
    SERVER_PRVKEY,
    generate_prvkey,
    identity,
)

__all__ = [
    "COLONY_ID",
    "COLONY_NAME",
    "COLONY_PRVKEY",
    "EXECUTOR_ID",
    "EXECUTOR_NAME",
    "EXECUTOR_PRVKEY",
    "EXECUTOR_TYPE",
    "S3_ACCESS_KEY",
    "S3_BUCKET",
    "S3_REGION",
    "S3_SECRET_KEY",
    "SERVER_ID",
    "SERVER_PRVKEY",
    "environment",
    "generate_prvkey",
    "identity",
    "s3_environment",
]

SERVER_ID = identity(SERVER_PRVKEY)


def environment(host: str, port: int, *, tls: bool = False) -> dict[str, str]:
    """Return the variables that point a client at a development server, with its well-known keys.

    Args:
        host: Name or address that the server is reached at.
        port: Its port.
        tls: Whether it speaks HTTPS.
    """
    return {
        "COLONIES_SERVER_HOST": host,
        "COLONIES_SERVER_PORT": str(port),
        "COLONIES_SERVER_TLS": "true" if tls else "false",
        "COLONIES_TLS": "true" if tls else "false",  # what other clients of Colonies ask for
        "COLONIES_SERVER_ID": SERVER_ID,
        "COLONIES_SERVER_PRVKEY": SERVER_PRVKEY,
        "COLONIES_COLONY_NAME": COLONY_NAME,
        "COLONIES_COLONY_ID": COLONY_ID,
        "COLONIES_COLONY_PRVKEY": COLONY_PRVKEY,
        "COLONIES_EXECUTOR_NAME": EXECUTOR_NAME,
        "COLONIES_EXECUTOR_TYPE": EXECUTOR_TYPE,
        "COLONIES_EXECUTOR_ID": EXECUTOR_ID,
        "COLONIES_ID": EXECUTOR_ID,
        "COLONIES_PRVKEY": EXECUTOR_PRVKEY,
    }


def s3_environment(host: str, port: int, *, tls: bool = False) -> dict[str, str]:
    """Return the variables that point clients at the S3 endpoint of a development server.

    Args:
        host: Name or address that the endpoint is reached at.
        port: Its port.
        tls: Whether it speaks HTTPS.
    """
    return {
        "AWS_S3_ENDPOINT": f"[{host}]:{port}" if ":" in host else f"{host}:{port}",
        "AWS_S3_ACCESSKEY": S3_ACCESS_KEY,
        "AWS_S3_SECRETKEY": S3_SECRET_KEY,
        "AWS_S3_REGION": S3_REGION,
        "AWS_S3_BUCKET": S3_BUCKET,
        "AWS_S3_TLS": "true" if tls else "false",
        "AWS_S3_SKIPVERIFY": "false",
    }
