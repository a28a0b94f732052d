"""Keys stay out of every text: signed addresses lose their query, known keys their value."""

from __future__ import annotations

import logging
import os
import re
from urllib.parse import urlsplit, urlunsplit

KEY_VARIABLES = ("PL_API_KEY", "PC_SDK_SUBSCRIPTION_KEY", "AWS_SECRET_ACCESS_KEY",
                 "AWS_SESSION_TOKEN", "AWS_ACCESS_KEY_ID")  # fmt: skip
"""Environment variables whose values may never be written anywhere."""

_URL = re.compile(r"(?:https?|s3|gs)://[^\s'\"<>\\]+")
_SHORTEST_KEY = 6
"""Shorter values are not keys, and blotting them out would spoil plain text."""


def strip(url: str) -> str:
    """An address without user, password, query and fragment: where, but not with what key."""
    parts = urlsplit(url)
    if parts.scheme not in ("http", "https", "s3", "gs"):
        return url
    host = parts.netloc.rpartition("@")[2]
    return urlunsplit((parts.scheme, host, parts.path, "", ""))


def clean(text: str) -> str:
    """A text in which every address is stripped and every known key is blotted out."""
    text = _URL.sub(lambda match: strip(match.group()), text)
    for name in KEY_VARIABLES:
        value = os.environ.get(name, "")
        if len(value) >= _SHORTEST_KEY:
            text = text.replace(value, f"<{name}>")
    return text


class _Filter(logging.Filter):
    """Cleans a record before any handler sees it."""

    def filter(self, record: logging.LogRecord) -> bool:
        record.msg, record.args = clean(record.getMessage()), ()
        record.exc_info = record.exc_text = None
        return True


def guard_logs() -> None:
    """Clean what the libraries that handle addresses log."""
    for name in ("rasterio", "rasterio._env", "rasterio._io", "odc.loader._rio", "odc.stac",
                 "pystac_client", "pystac_client.stac_api_io", "urllib3.connectionpool",
                 "planet", "httpx"):  # fmt: skip
        logger = logging.getLogger(name)
        if not any(isinstance(f, _Filter) for f in logger.filters):
            logger.addFilter(_Filter())
