"""Which chapters a run has: those of the claims, or those of a site that no claims are about."""

from __future__ import annotations

import json
import re
import shutil
from html import unescape
from pathlib import Path
from typing import Any

import pytest

from analysis import site
from analysis.errors import CheckFailed, UserError
from analysis.report import notebooks, pages, scope
from analysis.report.scope import Scope
from analysis.results import Result, Results
from analysis.words import words
from tests import checkout as small
from tests.checkout import RECORD, ROOT, Checkout

PLANT = Scope("February 11 Plant, Hamhung", "claims", site.load().fingerprint)
INVENTED = "data/scenes/site.geojson"
PORT = Scope("a port", None, "port")

OF_THE_PLANT = {"claims", "facility-growth", "method-validation", "scenes", "strike-statistics",
                "workforce-housing"}  # fmt: skip
OF_A_SITE = {"scenes", "site-growth", "site-housing", "site-validation"}

NAME = "Port & docks <b>{{ 6 * 7 }}</b> *north*"
PARAMETERS = """\
site = ""
source = "bundled"
seed = 20241125
level = 0.9
run_dir = ""
language = "en"
"""
WORLD = ("--source", "world/catalog.json")
TALLY = """\
from analysis import results
results.record(results.Result(
    key="site.candidates", value=0, unit="1", kind="simulated", statement="Places that changed",
    method="analysis.growth.measure.measure", inputs=("source:UADT_CSV",),
    why_no_interval="a count", extra={"classes": {"new-footprint": [], "re-roofing": []},
                                      "new": None, "older": [], "named": {}}))"""


HAMHUNG = (127.65, 39.915)


def geojson(*, at: tuple[float, float] = (1.0, 2.0), **properties: str) -> str:
    """A site file of one area, with properties of the collection."""
    east, north = at
    square = ((0, 0), (0.01, 0), (0.01, 0.01), (0, 0.01), (0, 0))
    corners = [[east + x, north + y] for x, y in square]
    area = {"type": "Feature", "id": "aoi", "properties": {"role": "aoi", "kind": "assumed"},
            "geometry": {"type": "Polygon", "coordinates": [corners]}}  # fmt: skip
    whole = {"type": "FeatureCollection", "properties": properties, "features": [area]}
    return json.dumps(whole)


@pytest.mark.parametrize(
    "given",
    [{}, {"source": "bundled"}, {"source": "data/scenes/catalog.json"},
     {"source": "earth-search"}, {"source": "planet"},
     {"site": "february-11-plant"}, {"site": "data/sites/february-11-plant.geojson"},
     {"source": "data/scenes/catalog.json", "site": "february-11-plant"}],
)  # fmt: skip
def test_the_plant_has_the_whole_report(given: dict[str, str]) -> None:
    assert scope.of(given) == PLANT
    assert set(scope.chapters(PLANT, notebooks.discover())) == OF_THE_PLANT


@pytest.mark.parametrize(
    "given",
    [{"site": INVENTED}, {"source": "earth-search", "site": INVENTED},
     {"source": "data/scenes/catalog.json", "site": INVENTED}],
)  # fmt: skip
def test_a_site_without_claims_has_the_chapters_on_itself_and_on_the_method(given: dict) -> None:
    found = scope.of(given)
    assert found.claims is None
    assert set(scope.chapters(found, notebooks.discover())) == OF_A_SITE


def test_claims_of_which_there_is_no_table_are_refused(tmp_path: Path) -> None:
    place = tmp_path / "port.geojson"
    place.write_text(geojson(name="a port", claims="rumours"))
    with pytest.raises(UserError, match="site 'a port' names the claims 'rumours'"):
        scope.of({"site": str(place)})


def test_claims_about_another_place_are_refused(tmp_path: Path) -> None:
    place = tmp_path / "site.geojson"
    place.write_text(geojson(name="a port", claims="claims"))
    with pytest.raises(UserError, match="does not hold the buildings"):
        scope.of({"site": str(place)})
    place.write_text(geojson(name="the plant, closer", claims="claims", at=HAMHUNG))
    found = scope.of({"site": str(place)})
    assert (found.name, found.claims) == ("the plant, closer", "claims")


@pytest.mark.parametrize(
    ("scope_of", "given", "there", "same"),
    [
        (PLANT, {}, Scope("Invented works", None, "w"), True),
        (PLANT, {"source": "bundled"}, Scope("Invented works", None, "w"), True),
        (PLANT, {"source": "earth-search"}, PLANT, True),
        (PLANT, {"source": "earth-search"}, PORT, False),
        (PORT, {"source": "a/catalog.json"}, PORT, True),
        (PORT, {"source": "a/catalog.json"}, Scope("another port", None, PORT.fingerprint), False),
        (PORT, {"source": "a/catalog.json"}, Scope(PORT.name, "claims", PORT.fingerprint), False),
        (PORT, {"source": "a/catalog.json"}, Scope(PORT.name, None, "other limits"), False),
        (PORT, {"source": "bundled", "site": "port.geojson"}, PLANT, False),
    ],
)
def test_a_site_that_changed_under_way_stops_the_report(scope_of, given, there, same) -> None:
    told = Result(
        key="growth.edition", value="text", unit="text", kind="simulated", statement="edition",
        method="analysis.growth.record_edition.sentences", inputs=("result:growth.edition",),
        why_no_interval="a sentence", 
        extra={"site": there.name, "site_claims": there.claims,
               "site_fingerprint": there.fingerprint},
    )  # fmt: skip
    found = Results("default", [told])
    if same:
        scope.confirm(scope_of, given, found)
    else:
        with pytest.raises(CheckFailed, match=f"and {there.name!r} was measured"):
            scope.confirm(scope_of, given, found)


@pytest.mark.parametrize(
    ("given", "chapter"),
    [("period_start=2024-02-01", "strike-statistics"), ("period_end=2024-11-22", "strike-"),
     ("parameters_file=mine.yaml", "workforce-housing")],
)  # fmt: skip
def test_a_parameter_of_a_chapter_that_is_not_there_is_refused(given: str, chapter: str) -> None:
    every = notebooks.discover()
    scope.check_given(PLANT, [given], every)
    with pytest.raises(UserError) as caught:
        scope.check_given(PORT, ["seed=7", given], every)
    assert f"{given.partition('=')[0]!r} concerns {chapter}" in str(caught.value)
    assert "'a port'" in str(caught.value)
    assert "\n" not in str(caught.value)


def test_what_a_notebook_is_about_is_one_of_two(checkout: Checkout) -> None:
    checkout.notebook("third", [], about="rumours")
    with pytest.raises(UserError, match=r"third\.ipynb is about 'rumours'"):
        notebooks.discover(checkout.root / "notebooks")


def listed(contents: dict[str, Any]) -> list[str]:
    return re.findall(r'"file": "([^"]+)"', json.dumps(contents))


def test_the_contents_leave_out_what_an_edition_does_not_have() -> None:
    whole = listed(pages.contents(OF_THE_PLANT, ["lineage-growth"], words("en")))
    assert whole[:4] == ["claims", "strike-statistics", "facility-growth", "workforce-housing"]
    assert {"data", "dictionary", "references", "corrections"} <= set(whole)
    own = listed(pages.contents(OF_A_SITE, ["lineage-growth"], words("en"), ("data", "references")))
    assert own[:4] == ["site-growth", "site-housing", "scenes", "site-validation"]
    assert not {"data", "references"} & set(own)


@pytest.fixture(scope="module")
def elsewhere(tmp_path_factory: pytest.TempPathFactory) -> Checkout:
    """A small checkout with a run on a port that has an odd name and no claims."""
    made = small.make(tmp_path_factory.mktemp("elsewhere") / "checkout")
    made.notebook("strikes", [("record", RECORD.format(key="strikes.count", value=60))],
                  keys=["strikes.count"], parameters=PARAMETERS, about="claims")  # fmt: skip
    made.notebook("port", [("record", TALLY)], keys=["site.candidates"], parameters=PARAMETERS,
                  about="site")  # fmt: skip
    own = made.root / "book" / "site"
    own.mkdir()
    (own / "index.md").write_text(
        "# {{ site }}\n\nChanged: {result}`site.candidates`.\n\n"
        "```{include} generated/buildings.md\n```\n",
        encoding="utf-8",
    )
    (own / "references.md").write_text("# Sources\n\n```{bibliography}\n:all:\n```\n")
    world = made.root / "world"
    world.mkdir()
    (world / "port.geojson").write_text(geojson(name=NAME))
    link = {"rel": "site", "href": "./port.geojson"}
    (world / "catalog.json").write_text(json.dumps({"type": "Catalog", "links": [link]}))
    made.report("--run", "elsewhere", *WORLD)
    return made


def text_of(page: Path) -> str:
    article = re.search(r"<article.*?</article>", page.read_text(encoding="utf-8"), re.DOTALL)
    assert article
    return unescape(re.sub(r"<[^>]+>", "", article.group()))


def test_the_front_page_of_a_site_bears_its_name_and_no_markup_of_it(elsewhere: Checkout) -> None:
    html = elsewhere.build / "runs" / "elsewhere" / "html"
    text = text_of(html / "index.html")
    assert text.strip().startswith(NAME.replace("<", "‹").replace(">", "›"))
    assert "No candidate is a building" in text
    assert "no evidence about any place" in text
    for page in html.glob("*.html"):
        assert "<b>{{" not in page.read_text(encoding="utf-8"), page.name
        assert "February 11" not in page.read_text(encoding="utf-8"), page.name


def test_a_site_without_claims_has_no_page_of_strikes_or_tables(elsewhere: Checkout) -> None:
    run = elsewhere.build / "runs" / "elsewhere"
    names = {p.stem for p in (run / "html").glob("*.html")}
    assert {"index", "port", "methods", "about", "references", "lineage"} <= names
    assert not {"strikes", "lineage-strikes", "data", "dictionary", "corrections"} & names
    record = json.loads((run / "run.json").read_text(encoding="utf-8"))
    assert set(record["notebooks"]) == {"first", "second", "port"}
    assert record["site"].items() >= {"name": NAME, "claims": None}.items()
    assert len(record["site"]["fingerprint"]) == 64


def test_only_sources_that_a_result_rests_on_are_listed(elsewhere: Checkout) -> None:
    page = elsewhere.build / "runs" / "elsewhere" / "html" / "references.html"
    found = set(re.findall(r'id="source-(\w+)"', page.read_text(encoding="utf-8")))
    assert found == {"UADT_CSV"}


def audit(of: Checkout) -> dict[str, Any]:
    return json.loads(of.feb11("audit", "--run", "elsewhere", "--json").stdout)


def test_the_commands_work_on_a_run_without_claims(elsewhere: Checkout) -> None:
    of = ("--run", "elsewhere")
    told = elsewhere.feb11("claims", *of)
    assert (told.returncode, told.stdout.count("\n")) == (0, 1)
    assert f"its site, {NAME}, names no table of claims" in told.stdout
    assert json.loads(elsewhere.feb11("claims", *of, "--json").stdout) == {"claims": []}
    assert elsewhere.feb11("results", "site.candidates", *of).returncode == 0
    wrong = {c["name"]: c["detail"] for c in audit(elsewhere)["checks"] if not c["ok"]}
    assert wrong == {}


def test_such_a_run_is_not_made_again_for_nothing(elsewhere: Checkout) -> None:
    done = elsewhere.feb11("report", "--run", "elsewhere", *WORLD)
    assert "no notebook was executed" in done.stderr


def test_a_site_that_gets_claims_gets_their_chapters(elsewhere: Checkout, tmp_path: Path) -> None:
    shutil.copytree(elsewhere.root, tmp_path / "checkout", symlinks=True)
    own = Checkout(tmp_path / "checkout")
    plant = geojson(name="The plant", claims="claims", at=HAMHUNG)
    (own.root / "world" / "port.geojson").write_text(plant)
    (changed,) = [c for c in audit(own)["checks"] if c["name"] == "inputs-unchanged"]
    assert changed["detail"].startswith("world: has changed since the run")
    own.report("--run", "elsewhere", *WORLD)
    run = own.build / "runs" / "elsewhere"
    names = {p.stem for p in (run / "html").glob("*.html")}
    assert {"strikes", "data", "dictionary", "corrections"} <= names
    assert "port" not in names


def test_the_real_plant_keeps_its_title() -> None:
    assert "title: The February 11 Plant" in (ROOT / "_config.yml").read_text(encoding="utf-8")
