"""The S3 endpoint of a development server."""

from __future__ import annotations

from dataclasses import dataclass, field

from pycolonies._core import S3_ACCESS_KEY, S3_BUCKET, S3_REGION, S3_SECRET_KEY
from pycolonies._devserver.keys import s3_environment
from pycolonies._home import publish_for_tests


@dataclass(frozen=True)
class S3Endpoint:
    """Where a development server keeps the contents of files, and what gives access to them.

    Any S3 client will do; with boto3::

        s3 = server.s3
        client = boto3.client(
            "s3",
            endpoint_url=s3.url,
            aws_access_key_id=s3.access_key,
            aws_secret_access_key=s3.secret_key,
            region_name=s3.region,
        )
        client.put_object(Bucket=s3.bucket, Key="a/b", Body=b"content")

    Attributes:
        host: The IP address that it listens on.
        port: The port that it listens on.
        tls: Whether it speaks HTTPS, with the certificate of the server.
        access_key: Name of the key.
        secret_key: What requests are signed with: well known, or random as the server's keys are.
        bucket: A bucket that is there from the start.
        region: The region to sign for; any other will do.
    """

    host: str
    port: int
    tls: bool = False
    access_key: str = S3_ACCESS_KEY
    secret_key: str = field(default=S3_SECRET_KEY, repr=False)
    bucket: str = S3_BUCKET
    region: str = S3_REGION

    @property
    def endpoint(self) -> str:
        """Host and port, as ``AWS_S3_ENDPOINT`` has them."""
        return f"[{self.host}]:{self.port}" if ":" in self.host else f"{self.host}:{self.port}"

    @property
    def url(self) -> str:
        """The address with the scheme."""
        return f"{'https' if self.tls else 'http'}://{self.endpoint}"

    @property
    def environment(self) -> dict[str, str]:
        """The ``AWS_S3_...`` variables that point clients at it."""
        variables = s3_environment(self.host, self.port, tls=self.tls)
        return variables | {"AWS_S3_ACCESSKEY": self.access_key, "AWS_S3_SECRETKEY": self.secret_key}


publish_for_tests(S3Endpoint)
