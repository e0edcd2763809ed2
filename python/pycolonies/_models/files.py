"""Files and where their content is."""

from typing import Annotated

from pydantic import AfterValidator, Field

from pycolonies._models.base import Record, Time


class S3Object(Record):
    """Where the content of a file lies."""

    server: str = ""
    port: int = 0
    tls: bool = False
    accesskey: str = ""
    secretkey: str = Field(default="", repr=False)
    region: str = ""
    encryptionkey: str = Field(default="", repr=False)
    encryptionalg: str = ""
    object: str = ""
    bucket: str = ""


class Reference(Record):
    """What the content of a file is got with: the protocol ``"s3"``, and an object there."""

    protocol: str = ""
    s3object: S3Object = S3Object()


def _rooted(label: str) -> str:
    return "/" + label.strip("/")


class File(Record):
    """A version of a file. Its label, a kind of path, begins with a slash and ends without."""

    fileid: str = ""
    colonyname: str = ""
    label: Annotated[str, AfterValidator(_rooted)] = "/"
    name: str = ""
    size: int = 0
    sequencenr: int = 0
    checksum: str = ""
    checksumalg: str = ""
    ref: Reference = Reference()
    added: Time | None = None
