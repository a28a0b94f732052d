"""The cache, the command and Planet's door."""

from __future__ import annotations

import json
import subprocess
import sys
from pathlib import Path

import numpy as np
import pytest

from analysis.errors import UserError
from analysis.scenes import cache, planet
from analysis.scenes.cache import Entry
from analysis.scenes.windows import asked
from tests.scenes import town

FEB11 = str(Path(sys.executable).parent / "feb11")


def entry(value: float = 1.0) -> Entry:
    return Entry({"red": np.full((40, 40), value, dtype=np.float32)}, {"kind_tag": "simulated"})


def test_what_is_stored_comes_back_as_it_was():
    cache.store("ab12", entry(np.pi))
    found = cache.load("ab12")
    np.testing.assert_array_equal(found.arrays["red"], entry(np.pi).arrays["red"])
    assert found.about == {"kind_tag": "simulated"}


@pytest.mark.parametrize("keep", [0, 5, 30, 200, -1])
def test_a_truncated_file_is_never_taken_for_whole(keep, own_cache):
    cache.store("ab12", entry())
    place = next(own_cache.rglob("*.feb11"))
    place.write_bytes(place.read_bytes()[:keep])
    assert cache.load("ab12") is None
    assert cache.get("ab12", lambda: entry(2.0)).arrays["red"][0, 0] == 2.0


def test_a_flipped_bit_is_noticed(own_cache):
    cache.store("ab12", entry())
    place = next(own_cache.rglob("*.feb11"))
    content = bytearray(place.read_bytes())
    content[len(content) // 2] ^= 1
    place.write_bytes(bytes(content))
    assert cache.load("ab12") is None


def test_a_writer_that_fails_leaves_what_was_there(own_cache, monkeypatch):
    cache.store("ab12", entry(1.0))
    monkeypatch.setattr("os.replace", lambda *_: (_ for _ in ()).throw(OSError("disk full")))
    with pytest.raises(OSError, match="disk full"):
        cache.store("ab12", entry(2.0))
    assert cache.load("ab12").arrays["red"][0, 0] == 1.0
    assert not list(own_cache.rglob("*.part"))


def test_two_processes_may_share_the_cache(own_cache):
    code = (
        "import sys; from pathlib import Path; from analysis import paths\n"
        "paths.cache_dir = lambda: Path(sys.argv[1])\n"
        "from analysis.scenes import cache; import numpy as np\n"
        "for n in range(60):\n"
        "    e = cache.Entry({'red': np.full((100, 100), 7.0)}, {})\n"
        "    cache.store('ab12', e); found = cache.load('ab12')\n"
        "    assert found is not None and (found.arrays['red'] == 7.0).all()\n"
    )
    both = [subprocess.Popen([sys.executable, "-c", code, str(own_cache)]) for _ in range(2)]
    assert [p.wait(timeout=120) for p in both] == [0, 0]


@pytest.fixture(scope="module")
def pair(tmp_path_factory) -> Path:
    return town.write(tmp_path_factory.mktemp("pair"), town.dates(2), size=96)


def run(*arguments: str) -> subprocess.CompletedProcess[str]:
    return subprocess.run([FEB11, "scenes", *arguments], capture_output=True, text=True,
                          timeout=180)  # fmt: skip


def test_the_command_prints_json_alone_and_writes_a_manifest(pair, tmp_path):
    done = run("--source", str(pair), "--json", "--manifest", str(tmp_path / "m.json"))
    assert done.returncode == 0, done.stderr
    content = json.loads(done.stdout)
    assert {"id", "datetime", "sensor", "cloud", "kind", "used", "reason"} <= set(content["scenes"][0])  # fmt: skip  # noqa: E501
    assert set(content["grid"]) >= {"crs", "resolution", "shape"}
    assert [row["used"] for row in content["scenes"]] == [True, True]
    again = run("--source", str(tmp_path / "m.json"), "--json")
    rows = [row["id"] for row in json.loads(again.stdout)["scenes"]]
    assert rows == [row["id"] for row in content["scenes"]]


@pytest.mark.parametrize(
    ("arguments", "code", "said"),
    [
        (("--start", "1999", "--end", "1999"), 2, "no scene lies in 1999-01-01..1999-12-31"),
        (("--before", "2121"), 2, "without --after"),
        (("--start", "soon"), 2, "'soon'"),
        (("--trust", "me"), 2, "--trust"),
    ],
)
def test_exit_codes_say_whose_turn_it_is(pair, arguments, code, said):
    done = run("--source", str(pair), *arguments)
    assert done.returncode == code, done.stderr
    assert said in done.stderr
    assert "Traceback" not in done.stderr


def test_planet_without_a_key_says_which(monkeypatch):
    monkeypatch.delenv("PL_API_KEY", raising=False)
    area = __import__("shapely").box(127.63, 39.90, 127.68, 39.94)
    with pytest.raises(UserError, match="PL_API_KEY"):
        planet.downloaded(area, asked())


def test_an_order_is_never_made_without_a_yes():
    with pytest.raises(UserError, match="not ordered.*--yes"):
        planet._confirm("order 12 scenes over 16.0 km2 at Planet: 192 km2 of quota", False, None)
    planet._confirm("order", True, None)
    planet._confirm("order", False, lambda question: True)
