"""Real servers on localhost for the tests: files with ranges, a STAC API, and a proxy of faults."""

from __future__ import annotations

import asyncio
import json
import re
import socket
import subprocess
import sys
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path

import requests
import uvicorn
from starlette.applications import Starlette
from starlette.concurrency import run_in_threadpool
from starlette.requests import Request
from starlette.responses import HTMLResponse, PlainTextResponse, Response, StreamingResponse
from starlette.routing import Mount, Route
from starlette.staticfiles import StaticFiles


def free_port() -> int:
    with socket.socket() as s:
        s.bind(("127.0.0.1", 0))
        return s.getsockname()[1]


@contextmanager
def running(app) -> Iterator[str]:
    """An ASGI application under uvicorn, for as long as the block lasts."""
    port = free_port()
    config = uvicorn.Config(app, host="127.0.0.1", port=port, log_level="critical", lifespan="off")
    server = uvicorn.Server(config)
    thread = threading.Thread(target=server.run, daemon=True)
    thread.start()
    while not server.started:
        time.sleep(0.01)
    try:
        yield f"http://127.0.0.1:{port}"
    finally:
        server.should_exit = True
        server.force_exit = True
        thread.join(timeout=5)


@dataclass
class Log:
    """Requests that a server saw."""

    paths: list[str] = field(default_factory=list)


@contextmanager
def files(folder: Path) -> Iterator[tuple[str, Log]]:
    """The files of a folder, with range requests."""
    log = Log()
    static = StaticFiles(directory=folder)

    async def app(scope, receive, send):
        if scope["type"] == "http":
            log.paths.append(scope["path"])
        await static(scope, receive, send)

    with running(Starlette(routes=[Mount("/", app)])) as url:
        yield url, log


@contextmanager
def api(items: list[dict], folder: Path) -> Iterator[str]:
    """A STAC API (rustac, in memory) that holds these items."""
    place = folder / "items.json"
    place.write_text(json.dumps({"type": "FeatureCollection", "features": items}))
    port = free_port()
    command = [str(Path(sys.executable).parent / "rustac"), "serve", str(place),
               "--create-collections", "--addr", f"127.0.0.1:{port}"]  # fmt: skip
    process = subprocess.Popen(command, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
    url = f"http://127.0.0.1:{port}"
    try:
        for _ in range(200):
            try:
                requests.get(url, timeout=1)
                break
            except requests.ConnectionError:
                assert process.poll() is None, "the STAC API did not start"
                time.sleep(0.05)
        yield url
    finally:
        process.terminate()
        process.wait(timeout=10)


@dataclass
class Fault:
    """One fault: on which paths, what, and how many times."""

    on: str
    """Regular expression of the path."""
    what: str
    times: int = 10**9
    wait: str = "1"
    """Value of Retry-After."""
    seen: int = 0


@contextmanager
def proxy(upstream: str, *faults: Fault) -> Iterator[str]:
    """Forwards to ``upstream``, except for faults."""

    async def answer(request: Request) -> Response:
        path = request.url.path
        for fault in faults:
            if re.search(fault.on, path) and fault.seen < fault.times:
                fault.seen += 1
                return await _faulty(fault, request, upstream)
        return await _forward(request, upstream)

    route = Route("/{path:path}", answer, methods=["GET", "HEAD", "POST"])
    with running(Starlette(routes=[route])) as url:
        yield url


async def _forward(request: Request, upstream: str) -> Response:
    body = await request.body()
    keep = {k: v for k, v in request.headers.items()
            if k in ("range", "content-type", "accept")}  # fmt: skip
    url = f"{upstream}{request.url.path}" + (f"?{request.url.query}" if request.url.query else "")
    got = await run_in_threadpool(requests.request, request.method, url, data=body, headers=keep)
    content = got.content.replace(upstream.encode(), str(request.base_url).rstrip("/").encode())
    headers = {k: v for k, v in got.headers.items()
               if k.lower() in ("content-type", "content-range", "accept-ranges", "etag",
                                "last-modified")}  # fmt: skip
    if request.method == "HEAD":
        headers["content-length"] = got.headers.get("content-length", "0")
        return Response(None, got.status_code, headers)
    return Response(content, got.status_code, headers)


async def _faulty(fault: Fault, request: Request, upstream: str) -> Response:
    if fault.what.isdigit():
        status = int(fault.what)
        headers = {"Retry-After": fault.wait} if status == 429 else {}
        return PlainTextResponse("no", status, headers)
    if fault.what == "html":
        return HTMLResponse("<!doctype html><title>Log in</title>")
    if fault.what == "vrt":
        text = '<VRTDataset rasterXSize="1" rasterYSize="1"></VRTDataset>'
        return Response(text, media_type="image/tiff")
    if fault.what == "slow":
        await asyncio.sleep(30)
        return PlainTextResponse("late")
    whole = await _forward(request, upstream)
    if fault.what == "cut":
        half = whole.body[: len(whole.body) // 2]

        async def pieces():
            yield half

        headers = {"content-type": whole.headers.get("content-type", ""),
                   "content-length": str(len(whole.body))}  # fmt: skip
        return StreamingResponse(pieces(), whole.status_code, headers)
    if fault.what == "circle":
        page = json.loads(whole.body)
        page["links"] = [{"rel": "next", "href": str(request.url), "method": "GET"}]
        return Response(json.dumps(page), media_type="application/geo+json")
    raise AssertionError(fault.what)
