"""Signatures of the Planetary Computer: a short-lived token for each container of its storage.

The service's own package waits for its token without a time-out and tries eleven
times; here the request is bounded like every other, a failure is asked for once,
and a signature that the storage no longer takes can be asked for anew.
"""

from __future__ import annotations

import re
import threading
from urllib.parse import urlsplit

from planetary_computer.sas import SASToken
from planetary_computer.settings import Settings

from analysis.scenes import transport
from analysis.scenes.redact import strip
from analysis.scenes.scene import Refused

_STORAGE = re.compile(r"([a-z0-9]{3,24})\.blob\.core\.windows\.net")
_CONTAINER = re.compile(r"/([a-z0-9-]{3,63})/")

LEAST_S = 60
"""Seconds that a token must still hold when it is used."""

KEY_HEADER = "Ocp-Apim-Subscription-Key"


class Signer:
    """Signs addresses; one for a run, shared by its threads."""

    def __init__(self) -> None:
        self.settings = Settings()
        self._tokens: dict[tuple[str, str], SASToken | Refused] = {}
        self._lock = threading.Lock()

    def __call__(self, href: str) -> str:
        """The address with a signature; any other than one of the storage as it is.

        Raises
        ------
        Refused
            If no token is given.
        """
        where = _container(href)
        if where is None:
            return href
        with self._lock:
            found = self._tokens.get(where)
            if found is None or (isinstance(found, SASToken) and found.ttl() < LEAST_S):
                found = self._tokens[where] = self._asked(where)
        if isinstance(found, Refused):
            raise Refused(str(found))
        return f"{strip(href)}?{found.token}"

    def forget(self, signed: str) -> bool:
        """Drop the token of an address that was refused; whether signing anew is of use."""
        where = _container(signed)
        if where is None:
            return False
        with self._lock:
            held = self._tokens.get(where)
            if isinstance(held, Refused):
                return False
            # Another thread may have a newer one already.
            if held is not None and signed.endswith(f"?{held.token}"):
                del self._tokens[where]
        return True

    def _asked(self, where: tuple[str, str]) -> SASToken | Refused:
        url = f"{self.settings.sas_url}/{where[0]}/{where[1]}"
        key = self.settings.subscription_key
        try:
            answer = transport.fetch(url, headers={KEY_HEADER: key} if key else None)
            return SASToken(**transport.parse_json(answer.content, url))
        except transport.ServiceError as error:
            return Refused(f"no signature: {error}")
        except (TypeError, ValueError):
            return Refused(f"no signature: {strip(url)} answers without a token")


def _container(href: str) -> tuple[str, str] | None:
    """Account and container of an address of the storage."""
    parts = urlsplit(href)
    account = _STORAGE.fullmatch((parts.hostname or "").lower())
    container = _CONTAINER.match(parts.path)
    return (account[1], container[1]) if account and container else None
