"""What a report on a site without claims records and prints, whatever its scenes show."""

from __future__ import annotations

import fnmatch
import re
from dataclasses import replace
from functools import cache
from typing import Any

import nbformat
import pytest
import shapely

from analysis import housing, paths
from analysis.growth import validation
from analysis.housing import zone as zones
from analysis.report import notebooks
from analysis.results import Result
from analysis.sites import table, works, zone
from analysis.words import words
from tests.growth import site_world
from tests.housing.estates import InMemory, estate, site_of
from tests.housing.test_imagery import SEED

ROLE = re.compile(r"\{result\}`([^`]+)`")
KINDS = ("simulated", "undeclared", "observed")
W = words("en")


def by_key(made: list[Result]) -> dict[str, Result]:
    return {r.key: r for r in made}


@cache
def grown(kind: str = "simulated", *, empty: bool = False) -> dict[str, Result]:
    """Results of the drawn world, said to be of a kind, or with nothing found in it."""
    _, done, found = site_world.measured()
    if empty:
        found = replace(found, candidates=[], references=[], ratios=[], other_sizes=[], new=None,
                        why_no_new="no new footprint was found")  # fmt: skip
    return by_key(works.results(replace(found, kind=kind), done))


@pytest.fixture(scope="module")
def housed() -> dict[str, dict[str, Result]]:
    """Results of a drawn estate, with its blocks, without any, and without a housing zone."""
    drawn = estate(SEED)
    done = InMemory({"sim-3m": drawn.cube}, site_of((), housing=False), "sim-3m")
    cases: dict[str, housing.Zone] = {
        "blocks": drawn.zone,
        "no block": replace(drawn.zone, views=(replace(drawn.view, blocks=()),)),
        "no zone": zones.look(done, {"sim-3m": drawn.measured}, seed=1, level=0.9),
        "observed": replace(drawn.zone, kind="observed"),
    }
    return {name: by_key(zone.results(seen, 20241125, 0.9)) for name, seen in cases.items()}


def declared(name: str, found: dict[str, Result]) -> list[str]:
    """Keys that a notebook records without declaring them, and patterns that none meets."""
    keys = notebooks.discover()[name].keys
    extra = [k for k in found if not any(fnmatch.fnmatchcase(k, p) for p in keys)]
    return extra + [p for p in keys if not any(fnmatch.fnmatchcase(k, p) for k in found)]


def pages() -> dict[str, str]:
    """Text of everything that people wrote for such a report."""
    root = paths.project_root()
    texts = {p.name: p.read_text(encoding="utf-8") for p in (root / "book/site").glob("*.md")}
    for place in (root / "notebooks").glob("site-*.ipynb"):
        cells = nbformat.read(place, as_version=4).cells
        texts[place.name] = "\n\n".join(c.source for c in cells if c.cell_type == "markdown")
    return texts


@pytest.mark.parametrize("kind", KINDS)
def test_the_notebook_on_growth_declares_what_it_records(kind: str) -> None:
    assert declared("site-growth", grown(kind)) == []


def test_a_site_at_which_nothing_changed_has_its_report_too() -> None:
    found = grown(empty=True)
    assert declared("site-growth", found) == []
    assert found["site.candidates"].value == 0
    assert table.buildings(found, W) == W("sites.table.nothing")


def test_the_notebook_on_housing_declares_what_it_records(housed: Any) -> None:
    for name, found in housed.items():
        assert declared("site-housing", found) == [], name


def test_every_number_of_the_pages_is_recorded_whatever_the_scenes_show(housed: Any) -> None:
    tested = by_key(validation.results())
    for name, found in housed.items():
        for seen in (grown(), grown(empty=True)):
            recorded = {**seen, **found, **tested}
            for page, text in pages().items():
                missing = set(ROLE.findall(text)) - set(recorded)
                assert not missing, (name, page, missing)
                for key in ROLE.findall(text):
                    assert "no value" not in W.result(recorded[key]), (name, page, key)


def test_no_page_of_such_a_report_speaks_of_the_plant_or_its_claims() -> None:
    spoken = re.compile(r"CNN|KN-23|Hamhung|February 11|missile|strike|\{claim\}|\{cite")
    for page, text in pages().items():
        assert spoken.findall(text) == [], page
    for kind in KINDS:
        told = [r.value for r in grown(kind).values() if isinstance(r.value, str)]
        assert not any(spoken.search(text) or "the plant" in text for text in told)
        assert not set(works.OF_CLAIMS) & set(grown(kind))


@pytest.mark.parametrize(
    ("kind", "said"),
    [("simulated", "nothing here is evidence of any place"),
     ("undeclared", "not declared as observed"), ("observed", "observed scenes")],
)  # fmt: skip
def test_the_front_page_says_what_site_it_is_and_what_its_scenes_are(kind: str, said: str) -> None:
    edition = grown(kind)["growth.edition"]
    assert "drawn works" in str(edition.value)
    assert said in str(edition.value)
    assert edition.kind == ("measured" if kind == "observed" else "simulated")
    assert grown(kind)["site.place"].kind == "simulated", "so are the outlines of this site"


def test_the_place_names_both_hemispheres() -> None:
    _, done, _ = site_world.measured()
    aoi = done.site.aoi
    for flip, sides in (((1, 1), "° N"), ((-1, 1), "° S")):
        moved = shapely.transform(aoi.geometry, lambda xy, f=flip: abs(xy) * (f[1], f[0]))
        site = replace(done.site, features=(replace(aoi, geometry=moved), *done.site.features[1:]))
        assert sides in str(works._place(site, "simulated").value)
        assert "° E" in str(works._place(site, "simulated").value)


def test_the_table_lists_the_largest_of_each_class_first_and_links_its_numbers() -> None:
    found = grown("observed")
    rows = table.buildings(found, W).splitlines()[2:]
    new = found["site.candidates"].extra["classes"]["new-footprint"]
    sizes = [found[f"growth.{name}.area"].value or 0.0 for name in new]
    assert sizes == sorted(sizes, reverse=True)
    assert len(new) >= 1
    for name, row in zip(new, rows, strict=False):
        assert name in row
        assert f"{{result}}`growth.{name}.ground_broken`" in row


def candidate(name: str, area: float | None) -> list[Result]:
    common: dict[str, Any] = {
        "unit": "m2", "kind": "measured", "statement": "s", "method": "m", "inputs": ("file:a",),
        "why_no_interval": "none", "why_no_value": None if area else "cut by the edge",
    }  # fmt: skip
    return [Result(key=f"growth.{name}.area", value=area, **common)]


def tallied(classes: dict[str, list[str]], **extra: Any) -> dict[str, Result]:
    about = {"classes": {"new-footprint": [], "re-roofing": [], **classes}, "new": None,
             "older": [], "named": {}, **extra}  # fmt: skip
    made = Result(key="site.candidates", value=3, unit="1", kind="measured", statement="s",
                  method="m", inputs=("file:a",), why_no_interval="a count",
                  extra=about)  # fmt: skip
    names = [*sum(about["classes"].values(), []), *about["older"]]
    rows = [r for i, name in enumerate(names) for r in candidate(name, 100.0 * i or None)]
    return by_key([made, *rows])


def test_an_older_building_that_changed_has_one_row_under_both_names() -> None:
    found = tallied({"new-footprint": ["candidate-1"]}, older=["hall-a", "hall-b"],
                    named={"candidate-1": "hall-b"})  # fmt: skip
    text = table.buildings(found, W)
    assert "candidate-1, which the site file names hall-b" in text
    assert text.count("hall-b") == 1
    assert "| hall-a |" in text


def test_an_older_building_on_no_building_keeps_its_row() -> None:
    found = tallied({"other": ["candidate-1"]}, older=["hall-b"], named={"candidate-1": "hall-b"})
    text = table.buildings(found, W)
    assert "| hall-b |" in text
    assert "No candidate is a building." in text


def test_a_long_table_is_cut_and_says_so() -> None:
    found = tallied({"new-footprint": [f"candidate-{i}" for i in range(1, 6)]})
    assert "[the chapter on growth]" in table.buildings(found, W, 3)
    assert "candidate-4" not in table.buildings(found, W, 3)
    assert "[the chapter on growth]" not in table.buildings(found, W)


def test_housing_is_told_in_a_whole_sentence_and_people_are_not(housed: Any) -> None:
    for name, found in housed.items():
        assert str(found["site.housing"].value).endswith("."), name
        people = [k for k in found if "residents" in k or "workers" in k or "told.count" in k]
        assert people == [], name
    assert "names no housing zone" in str(housed["no zone"]["site.housing"].value)
    assert "housing.blocks" not in housed["observed"], "that is a count of the claimed blocks"
