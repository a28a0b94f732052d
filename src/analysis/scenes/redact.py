"""Keys stay out of every text: signed addresses lose their query, known keys their value."""

from __future__ import annotations

import logging
import os
import re
from typing import Any
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


_CHATTY = ("rasterio", "odc", "pystac", "urllib3", "requests", "planet", "httpx", "httpcore")
"""Libraries that log the addresses they open."""


def guard_logs() -> None:
    """Clean what the libraries that handle addresses log, before any handler sees it."""
    make = logging.getLogRecordFactory()
    if getattr(make, "cleans", False):
        return

    def record(*args: Any, **kwargs: Any) -> logging.LogRecord:
        made = make(*args, **kwargs)
        if made.name.startswith(_CHATTY):
            made.msg, made.args = clean(made.getMessage()), ()
            made.exc_info = made.exc_text = None
        return made

    record.cleans = True  # type: ignore[attr-defined]
    logging.setLogRecordFactory(record)
