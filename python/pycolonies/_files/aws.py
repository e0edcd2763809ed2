"""Finds keys as AWS tools do, through botocore."""

from __future__ import annotations

from typing import Any

from pycolonies._files.settings import S3Credentials
from pycolonies.errors import ConfigurationError


class Session:
    """The keys and the region of a profile.

    Args:
        profile: Name of the profile; None for the default one.

    Raises:
        ConfigurationError: botocore is not installed, or there is no such profile, or it has no keys.
    """

    def __init__(self, profile: str | None = None) -> None:
        botocore = _botocore()
        session = botocore.session.Session(profile=profile)
        try:
            self._found = session.get_credentials()
            self.region: str = session.get_config_variable("region") or "us-east-1"
        except botocore.exceptions.BotoCoreError as fault:
            raise ConfigurationError(f"AWS keys cannot be read: {fault}") from None
        if self._found is None:
            raise ConfigurationError(
                "no AWS keys were found; set AWS_ACCESS_KEY_ID and AWS_SECRET_ACCESS_KEY, or configure a "
                "profile"
            )
        self._failure = botocore.exceptions.BotoCoreError

    def credentials(self) -> S3Credentials:
        """Return the keys, renewed if they are about to expire.

        Raises:
            ConfigurationError: They cannot be renewed.
        """
        try:
            keys = self._found.get_frozen_credentials()
        except self._failure as fault:
            raise ConfigurationError(f"AWS keys cannot be renewed: {fault}") from None
        return S3Credentials(keys.access_key, keys.secret_key, keys.token)


def suffix(region: str) -> str:
    """Return the domain of AWS in a region."""
    return "amazonaws.com.cn" if region.startswith("cn-") else "amazonaws.com"


def _botocore() -> Any:
    try:
        import botocore.exceptions
        import botocore.session
    except ImportError:
        raise ConfigurationError("AWS keys need another package: pip install 'pycolonies[aws]'") from None
    return botocore
