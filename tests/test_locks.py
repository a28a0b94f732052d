"""Locks: every environment follows from one declaration, by hash and without an address."""

from __future__ import annotations

import importlib.metadata
import json
import re
import sys
import sysconfig
import tomllib

import pytest
import yaml
from packaging.markers import Marker
from packaging.requirements import Requirement
from packaging.utils import canonicalize_name
from packaging.version import Version

from tests.checkout import ROOT

PROJECT = tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))["project"]
EXTRAS = PROJECT["optional-dependencies"]
PINNED = re.compile(r"^([A-Za-z0-9._-]+)(?:\[[^\]]*\])?==(\S+)(?: ; (.+?))? ?\\?$", re.MULTILINE)
CHAIN = {"report": [], "test": ["test"], "lab": ["test", "lab"], "bench": ["test", "bench"]}


def text(lock: str) -> str:
    return (ROOT / "requirements" / f"{lock}.lock").read_text(encoding="utf-8")


def pins(lock: str) -> dict[str, str]:
    """Versions that a lock pins on this machine."""
    found = {}
    for name, version, marker in PINNED.findall(text(lock)):
        if not marker or Marker(marker).evaluate():
            found[canonicalize_name(name)] = version
    return found


@pytest.mark.parametrize("lock", CHAIN)
def test_every_declared_dependency_is_locked_at_a_version_that_it_allows(lock: str) -> None:
    declared = [*PROJECT["dependencies"], *(d for e in CHAIN[lock] for d in EXTRAS[e])]
    locked = pins(lock)
    for item in map(Requirement, declared):
        name = canonicalize_name(item.name)
        assert name in locked, f"{item} is declared, but not in {lock}.lock: run `make lock`"
        assert item.specifier.contains(Version(locked[name])), f"{item} against {locked[name]}"


@pytest.mark.parametrize(
    ("smaller", "larger"), [("report", "test"), ("test", "lab"), ("test", "bench")]
)
def test_a_larger_environment_has_the_versions_of_the_smaller(smaller: str, larger: str) -> None:
    inner, outer = pins(smaller), pins(larger)
    assert {n: outer.get(n) for n in inner} == inner


@pytest.mark.parametrize("lock", [*CHAIN, "uv", "node"])
def test_every_pin_has_a_hash_and_no_lock_an_address(lock: str) -> None:
    content = text(lock)
    assert "://" not in content
    for block in re.split(r"\n(?=[A-Za-z])", content.strip()):
        assert "--hash=sha256:" in block, block[:80]


def test_this_environment_is_what_the_lock_says() -> None:
    installed = {
        canonicalize_name(d.metadata["Name"]): d.version
        for d in importlib.metadata.distributions(path=[sysconfig.get_path("purelib")])
    }
    locked = pins("test")
    assert {n: installed.get(n) for n in locked} == locked


def test_the_report_needs_no_jupyter_metapackage_and_no_torch() -> None:
    assert "jupyter" not in pins("report")
    assert "jupyter" not in pins("test")
    assert not any("torch" in pins(lock) for lock in CHAIN)


def test_peers_under_copyleft_stand_in_the_bench_lock_alone() -> None:
    assert {"nrt", "ruptures", "rioxarray"} <= set(pins("bench"))
    assert not any("nrt" in pins(lock) for lock in ("report", "test", "lab"))


def test_conda_users_get_the_lab_environment_from_the_same_lock() -> None:
    content = yaml.safe_load((ROOT / "environment.yml").read_text(encoding="utf-8"))
    plain = [d for d in content["dependencies"] if isinstance(d, str)]
    (pip,) = [d["pip"] for d in content["dependencies"] if isinstance(d, dict)]
    assert pip == ["--requirement requirements/lab.lock"], "versions stand in the lock alone"
    assert set(plain) == {"python=3.11", "pip", "nodejs"}
    assert Requirement(f"python{PROJECT['requires-python']}").specifier.contains("3.11")
    needed = {canonicalize_name(Requirement(d).name) for d in EXTRAS["lab"]}
    assert needed <= set(pins("lab"))


def test_python_is_one_of_those_declared() -> None:
    here = f"{sys.version_info.major}.{sys.version_info.minor}.{sys.version_info.micro}"
    assert Requirement(f"python{PROJECT['requires-python']}").specifier.contains(here)


def test_front_end_packages_are_pinned_by_integrity_and_name_no_host() -> None:
    lock = json.loads((ROOT / "package-lock.json").read_text(encoding="utf-8"))
    asked = json.loads((ROOT / "package.json").read_text(encoding="utf-8"))["dependencies"]
    packages = {k.removeprefix("node_modules/"): v for k, v in lock["packages"].items() if k}
    for name, package in packages.items():
        assert package["integrity"].startswith("sha512-"), name
        assert "resolved" not in package, name
    assert {n: packages[n]["version"] for n in asked} == asked
