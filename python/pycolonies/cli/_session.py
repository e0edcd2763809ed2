"""Server, colony, key and output of a command, from options and environment."""

from __future__ import annotations

from enum import Enum
from typing import TYPE_CHECKING

from pycolonies._rpc import environment
from pycolonies._rpc.signers import signers_of, table
from pycolonies.cli._output import Output
from pycolonies.errors import ConfigurationError

if TYPE_CHECKING:
    from pycolonies import Colonies
    from pycolonies._rpc.keys import Key


class Signer(Enum):
    """Whose key signs the messages of a command: the group in `signers.json`, options, and variable."""

    MEMBER = ("member", ("--prvkey",), "COLONIES_PRVKEY")
    COLONY_OWNER = ("colony owner", ("--colonyprvkey", "--prvkey"), "COLONIES_COLONY_PRVKEY")
    SERVER_OWNER = ("server owner", ("--serverprvkey", "--prvkey"), "COLONIES_SERVER_PRVKEY")
    ANYBODY = ("anyone", (), "")

    def __init__(self, group: str, options: tuple[str, ...], variable: str) -> None:
        self.group = group
        self.options = options
        self.variable = variable

    @classmethod
    def of(cls, msgtype: str) -> Signer:
        """Return whose key signs a message. Users and executors have the same variable as members."""
        found = signers_of(msgtype)
        return next((signer for signer in cls if found and signer.group == found.name), cls.MEMBER)

    @property
    def whose(self) -> str:
        """Whose key it is, in words."""
        return next(group.who for group in table() if group.name == self.group)


class Session(Output):
    """Server, colony, key and output of a command. Variables are read when they are needed.

    Attributes:
        signer: Whose key signs the messages of the command.
    """

    def __init__(self) -> None:
        super().__init__()
        self.host: str | None = None
        self.port: int | None = None
        self.insecure = False
        self.skip_tls_verify = False
        self.ca_file: str | None = None
        self.verbose = False
        self.given_colony: str | None = None
        self.given_key: str | None = None
        self.signer = Signer.MEMBER
        #: Longest time of a call in seconds; None for the client's default.
        self.timeout: float | None = None
        self._client: Colonies | None = None

    @property
    def client(self) -> Colonies:
        """The client, with the colony and the signer's key.

        Raises:
            ConfigurationError: A variable is missing or malformed.
        """
        if self._client is None:
            key = None if self.signer is Signer.ANYBODY else self.key()
            self._client = self._connect(key)
        return self._client

    @property
    def colonyname(self) -> str:
        """The colony.

        Raises:
            ConfigurationError: Neither option nor variable is set.
        """
        name = self.given_colony or environment.text("COLONIES_COLONY_NAME")
        if not name:
            raise ConfigurationError(
                "the environment variable COLONIES_COLONY_NAME is not set; "
                "set it to the name of your colony, or give --colonyname"
            )
        return name

    def key(self, signer: Signer | None = None) -> str:
        """Return a private key.

        Args:
            signer: Whose; None for the signer of the command, whose key an option may give.

        Raises:
            ConfigurationError: Neither option nor variable is set.
        """
        whose = signer or self.signer
        key = (self.given_key if whose is self.signer else None) or environment.text(whose.variable)
        if not key:
            raise ConfigurationError(
                f"the environment variable {whose.variable} is not set; set it to the private key of "
                f"{whose.whose}, or give {whose.options[0]}"
            )
        return key

    def secrets(self) -> list[str]:
        """Return the private keys that must not be shown."""
        variables = [environment.text(signer.variable) for signer in Signer if signer.variable]
        return [key for key in (self.given_key, *variables) if key]

    @property
    def address(self) -> str:
        """The server as a URL."""
        host, port, tls = self._server()
        return f"{'https' if tls else 'http'}://{f'[{host}]' if ':' in host else host}:{port}"

    def _server(self) -> tuple[str, int, bool]:
        host = self.host or environment.host()
        port = self.port or environment.port()
        return host, port, not self.insecure and environment.tls()

    def _connect(self, prvkey: Key | None) -> Colonies:
        from pycolonies import Colonies
        from pycolonies._rpc.settings import TIMEOUT

        host, port, tls = self._server()
        client = Colonies(
            host,
            port,
            tls,
            prvkey=prvkey,
            colonyname=self.given_colony or environment.text("COLONIES_COLONY_NAME") or None,
            ca_file=self.ca_file,
            skip_tls_verify=self.skip_tls_verify,
            timeout=self.timeout or TIMEOUT,
            connect_timeout=min(self.timeout or TIMEOUT, 10),
        )
        if self.verbose:
            from pycolonies.cli._verbose import Shown

            client.endpoint = client.endpoint.bind(transport=Shown(client.endpoint.transport, self))
            self.info(
                "Starting a Colonies client", Insecure=str(not tls).lower(), ServerHost=host, ServerPort=port
            )
        return client
