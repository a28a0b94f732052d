"""One bounded way to ask a server: time, size and number of tries all have an end."""

from __future__ import annotations

import json
import random
import time
from collections.abc import Mapping
from dataclasses import dataclass
from email.utils import parsedate_to_datetime
from typing import Any

import requests

from analysis.errors import CheckFailed
from analysis.scenes.redact import clean, strip

AGENT = "feb11"


@dataclass(frozen=True)
class Limits:
    """How long and how much one request may take, all tries together."""

    connect_s: float = 10.0
    """Seconds to reach the server."""
    read_s: float = 30.0
    """Seconds without a byte before the connection is given up."""
    total_s: float = 120.0
    """Seconds for a request with all its retries and waits."""
    tries: int = 4
    """Attempts; the waits between them double from half a second."""
    longest_wait_s: float = 60.0
    """The longest Retry-After that is waited for; a longer one is reported."""
    max_bytes: int = 64_000_000
    """A page of a hundred items is below 3 MB; more than this is no catalogue."""


class ServiceError(CheckFailed):
    """A service did not give a usable answer."""

    def __init__(self, message: str, status: int | None = None) -> None:
        super().__init__(clean(message))
        self.status = status


class _Again(Exception):
    """This attempt failed in a way that another may not."""

    def __init__(self, why: str, wait: float | None = None) -> None:
        super().__init__(why)
        self.wait = wait


RETRIED = frozenset({408, 425, 429, 500, 502, 503, 504})
"""Answers that say "later" rather than "no"."""


def fetch(
    url: str,
    *,
    method: str = "GET",
    body: Any = None,
    headers: Mapping[str, str] | None = None,
    limits: Limits | None = None,
    session: requests.Session | None = None,
) -> requests.Response:
    """Ask for ``url``; the body is read whole, within the limits.

    Raises
    ------
    ServiceError
        Naming the address without its query, the last failure and the tries.
    """
    limits = limits or Limits()
    end = time.monotonic() + limits.total_s
    why = ""
    for attempt in range(1, limits.tries + 1):
        try:
            return _once(session or requests.Session(), method, url, body, headers, limits, end)
        except _Again as failure:
            why = str(failure)
            wait = 0.5 * 2 ** (attempt - 1) * random.uniform(0.8, 1.2)
            if failure.wait is not None:
                wait = failure.wait
            if wait > limits.longest_wait_s:
                raise ServiceError(f"{strip(url)}: {why}; it asks to wait {wait:.0f} s: "
                                   "try again later") from None  # fmt: skip
            if attempt == limits.tries or time.monotonic() + wait > end:
                break
            time.sleep(wait)
    raise ServiceError(f"{strip(url)}: {why}, after {attempt} tries")


def _once(
    session: requests.Session,
    method: str,
    url: str,
    body: Any,
    headers: Mapping[str, str] | None,
    limits: Limits,
    end: float,
) -> requests.Response:
    timeout = (limits.connect_s, max(0.1, min(limits.read_s, end - time.monotonic())))
    try:
        answer = session.request(
            method, url, json=body, headers={"User-Agent": AGENT, **(headers or {})},
            timeout=timeout, stream=True,
        )  # fmt: skip
        with answer:
            if answer.status_code in RETRIED:
                raise _Again(f"it answers {answer.status_code}", _retry_after(answer))
            if not 200 <= answer.status_code < 300:
                raise ServiceError(f"{strip(url)}: {_meaning(answer.status_code)}",
                                   answer.status_code)  # fmt: skip
            answer._content = _body(answer, url, limits, end)
            return answer
    except (requests.exceptions.InvalidURL, requests.exceptions.InvalidSchema,
            requests.exceptions.MissingSchema) as error:  # fmt: skip
        raise ServiceError(f"{strip(url)}: not an address ({error})") from None
    except requests.exceptions.TooManyRedirects:
        raise ServiceError(f"{strip(url)}: it redirects without end") from None
    except requests.exceptions.Timeout:
        raise _Again("no answer in time") from None
    except requests.exceptions.SSLError:
        raise ServiceError(f"{strip(url)}: its certificate is not valid") from None
    except requests.exceptions.ConnectionError:
        raise _Again("it can't be reached") from None
    except requests.exceptions.RequestException as error:
        raise _Again(f"the answer breaks off ({type(error).__name__})") from None


def _body(answer: requests.Response, url: str, limits: Limits, end: float) -> bytes:
    content = bytearray()
    for piece in answer.iter_content(65536):
        content += piece
        if len(content) > limits.max_bytes:
            raise ServiceError(f"{strip(url)}: more than {limits.max_bytes // 10**6} MB")
        if time.monotonic() > end:
            raise _Again("the answer is too slow")
    declared = answer.headers.get("Content-Length", "")
    if declared.isdigit() and "Content-Encoding" not in answer.headers:
        missing = int(declared) - len(content)
        if missing > 0 and answer.request.method != "HEAD":
            raise _Again(f"the answer breaks off {missing} bytes early")
    return bytes(content)


def _retry_after(answer: requests.Response) -> float | None:
    """Seconds that the server asks to wait, in either of the two forms of the header."""
    value = answer.headers.get("Retry-After", "").strip()
    if not value:
        return None
    try:
        return max(0.0, float(value))
    except ValueError:
        pass
    try:
        return max(0.0, parsedate_to_datetime(value).timestamp() - time.time())
    except (TypeError, ValueError):
        return None


def _meaning(status: int) -> str:
    known = {
        401: "it asks for a key (401)",
        403: "access refused (403): a key is missing, or a signature has expired",
        404: "not there (404)",
        410: "gone (410)",
    }
    return known.get(status, f"it answers {status}")


def parse_json(content: bytes, url: str) -> Any:
    """The JSON of an answer's content.

    Raises
    ------
    ServiceError
        If it is something else, such as a page for people.
    """
    try:
        return json.loads(content)
    except (ValueError, RecursionError):
        start = content[:40].decode("utf-8", "replace").strip().replace("\n", " ")
        kind = "a page of HTML" if start.lower().startswith(("<!doctype", "<html")) else "something"
        raise ServiceError(f"{strip(url)}: not JSON but {kind} ({start!r})") from None
