"""Steps: the one way in which heavy work is done and files are opened.

A step is a function with declared inputs. Its content key follows from its
arguments, the bytes of the files it declares, the source of every module of
this package that it can reach, and the locked environment. A result under the
same key is read back instead of being computed again.

While a step runs, opening a file below ``data/`` that it did not declare is an
error: an undeclared input could change without changing the key.
"""

from __future__ import annotations

import ast
import functools
import hashlib
import importlib.util
import inspect
import json
import os
import pickle
import sys
import tempfile
from collections.abc import Callable, Iterable, Iterator, Mapping
from contextlib import contextmanager
from contextvars import ContextVar
from pathlib import Path
from typing import Any, ParamSpec, TypeVar

from filelock import FileLock

from analysis import paths
from analysis.errors import Feb11Error, UserError

P = ParamSpec("P")
T = TypeVar("T")

_DIGEST_BYTES = 32
_declared: ContextVar[tuple[Path, ...] | None] = ContextVar("declared", default=None)


class UndeclaredInput(Feb11Error):
    """A step opened a file that is not among its declared inputs."""


def step(*, reads: Iterable[str] = ()) -> Callable[[Callable[P, T]], Callable[P, T]]:
    """Make a function a cached step.

    Parameters
    ----------
    reads
        Files or folders the function may open: ``"evidence"`` for the evidence
        package, otherwise paths relative to the checkout. ``{name}`` in a path
        stands for the argument of that name.

    The arguments must be plain (JSON) values, and the returned object must
    pickle.
    """
    declared = tuple(reads)

    def decorate(function: Callable[P, T]) -> Callable[P, T]:
        signature = inspect.signature(function)

        @functools.wraps(function)
        def run(*args: P.args, **kwargs: P.kwargs) -> T:
            named = signature.bind(*args, **kwargs)
            named.apply_defaults()
            inputs = tuple(resolve(name.format(**named.arguments)) for name in declared)
            key = content_key(function, inputs, named.arguments)
            place = paths.cache_dir() / "steps" / function.__name__ / key
            place.parent.mkdir(parents=True, exist_ok=True)
            with FileLock(place.with_suffix(".lock")):
                cached = _load(place)
                if cached is not None:
                    return cached[0]
                with _only(inputs):
                    value = function(*args, **kwargs)
                _store(place, value)
            return value

        return run

    return decorate


def resolve(name: str) -> Path:
    """The file or folder that a declared input names."""
    return paths.evidence_dir() if name == "evidence" else paths.project_root() / name


def content_key(
    function: Callable[..., Any], inputs: Iterable[Path], named: Mapping[str, Any]
) -> str:
    """Hexadecimal key of one call: arguments by name, input bytes, source, environment."""
    try:
        arguments = json.dumps(named, sort_keys=True)
    except TypeError as error:
        raise Feb11Error(f"step {function.__name__}: arguments must be plain: {error}") from None
    parts = [
        f"{function.__module__}.{function.__qualname__}",
        arguments,
        *(digest(path) for path in inputs),
        source_digest(function.__module__),
        environment_digest(),
    ]
    return hashlib.sha256("\n".join(parts).encode()).hexdigest()[:40]


def digest(path: Path) -> str:
    """SHA-256 of a file, or of all files below a folder with their names.

    Raises
    ------
    UserError
        If there is nothing at ``path``.
    """
    if path.is_file():
        with path.open("rb") as stream:
            return hashlib.file_digest(stream, "sha256").hexdigest()
    if not path.is_dir():
        raise UserError(f"input {path} does not exist; `make report` sets up what is missing")
    total = hashlib.sha256()
    for file in sorted(p for p in path.rglob("*") if p.is_file() and "__pycache__" not in p.parts):
        total.update(f"{file.relative_to(path).as_posix()}\0{digest(file)}\n".encode())
    return total.hexdigest()


@functools.cache
def source_digest(module: str) -> str:
    """SHA-256 over the source of ``module`` and all of this package it imports.

    Texts and the figure style count as source: they change what a figure shows.
    """
    seen: dict[str, bytes] = {}
    queue = [module]
    while queue:
        name = queue.pop()
        if name in seen:
            continue
        known = _source(name)
        if known is not None:
            seen[name], imported = known
            queue.extend(imported)
    total = hashlib.sha256()
    for name in sorted(seen):
        total.update(name.encode() + b"\0" + seen[name])
    return total.hexdigest()


@functools.cache
def _source(module: str) -> tuple[bytes, tuple[str, ...]] | None:
    """Digest of a module with its texts, and what it imports of this package, if it has source."""
    origin = _origin(module)
    if origin is None:
        return None
    source = origin.read_bytes()
    whole = source + b"".join(p.read_bytes() for p in _belonging(origin))
    own = tuple(n for n in imports(source) if n.split(".")[0] == "analysis")
    return hashlib.sha256(whole).digest(), own


def _origin(module: str) -> Path | None:
    """File of a module; of this package without importing its parts, as `find_spec` would."""
    package, *inner = module.split(".")
    if package == __package__:
        place = Path(__file__).parent.joinpath(*inner)
        files = place / "__init__.py", place.parent / f"{place.name}.py"
        return next((f for f in files if f.is_file()), None)
    spec = importlib.util.find_spec(module)
    name = spec.origin if spec else None
    return Path(name) if name and name.endswith(".py") else None


def forget_sources() -> None:
    """Read all source anew from here on: it may have changed."""
    source_digest.cache_clear()
    _source.cache_clear()


def _belonging(origin: Path) -> Iterator[Path]:
    """Files that belong to a module: of its own stem, or in a package's folders without source."""
    if origin.name != "__init__.py":
        yield from (p for p in sorted(origin.parent.glob(f"{origin.stem}.*")) if p != origin)
        return
    for folder in sorted(p for p in origin.parent.iterdir() if p.is_dir()):
        if folder.name != "__pycache__" and not any(folder.glob("*.py")):
            yield from (p for p in sorted(folder.rglob("*")) if p.is_file())


def imports(source: bytes) -> Iterable[str]:
    """Names of modules that some source imports, sub-modules included."""
    for node in ast.walk(ast.parse(source)):
        if isinstance(node, ast.Import):
            yield from (alias.name for alias in node.names)
        elif isinstance(node, ast.ImportFrom) and node.module:
            yield node.module
            for alias in node.names:
                inner = f"{node.module}.{alias.name}"
                if node.module.split(".")[0] == __package__ and _origin(inner):
                    yield inner


@functools.cache
def environment_digest() -> str:
    """SHA-256 of the lock file and the Python version that ran."""
    lock = paths.project_root() / "requirements" / "report.lock"
    locked = lock.read_bytes() if lock.is_file() else b""
    version = f"{sys.version_info.major}.{sys.version_info.minor}".encode()
    return hashlib.sha256(version + locked).hexdigest()


def _load(place: Path) -> tuple[Any] | None:
    """The stored value in a tuple, or nothing when it is missing or not whole."""
    try:
        content = place.read_bytes()
    except FileNotFoundError:
        return None
    stored, payload = content[:_DIGEST_BYTES], content[_DIGEST_BYTES:]
    if hashlib.sha256(payload).digest() != stored:
        return None
    return (pickle.loads(payload),)


def _store(place: Path, value: Any) -> None:
    """Write beside and rename, so that nobody ever reads half a file."""
    payload = pickle.dumps(value, protocol=5)
    handle, temporary = tempfile.mkstemp(dir=place.parent)
    with os.fdopen(handle, "wb") as file:
        file.write(hashlib.sha256(payload).digest() + payload)
    os.replace(temporary, place)


@contextmanager
def _only(inputs: tuple[Path, ...]):
    """Refuse to open undeclared files below ``data/`` inside the block."""
    _install_guard()
    outer = _declared.get()
    token = _declared.set((*(outer or ()), *inputs))
    try:
        yield
    finally:
        _declared.reset(token)


@functools.cache
def _install_guard() -> None:
    guarded = (paths.project_root() / "data").as_posix() + "/"

    def hook(event: str, arguments: tuple[Any, ...]) -> None:
        allowed = _declared.get() if event == "open" else None
        if allowed is None or not isinstance(arguments[0], str | bytes | os.PathLike):
            return
        path = os.path.abspath(os.fsdecode(arguments[0]))
        if path.startswith(guarded) and not any(
            path == str(a) or path.startswith(f"{a}/") for a in allowed
        ):
            raise UndeclaredInput(f"a step opened {path} without declaring it")

    sys.addaudithook(hook)
