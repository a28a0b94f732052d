"""Sentences of the page follow the scenes: each is whole, and no gap is put into another."""

import re
from dataclasses import replace

import nbformat
import pytest

from analysis import housing, paths
from analysis.housing import figures_zone, zone
from analysis.words import words
from tests.housing.estates import InMemory, estate, site_of
from tests.housing.test_imagery import SEED

ROLE = re.compile(r"\{result\}`([^`]+)`")


@pytest.fixture(scope="module")
def zones():
    """Zones as a run may show them, from one drawn estate."""
    drawn = estate(SEED)
    bare = replace(drawn.view, blocks=())
    late = replace(drawn.view.blocks[0], ground_broken=None, roof_on=None)
    end = drawn.view.looked.days("recent")[1]
    when = replace(drawn.view.blocks[0].roof_on, value=end, low=end - 1, high=end)
    young = replace(drawn.view, blocks=(replace(late, roof_on=when),))
    done = InMemory({"sim-3m": drawn.cube}, site_of((), housing=False), "sim-3m")
    return {
        "blocks": drawn.zone,
        "no block": replace(drawn.zone, views=(bare,)),
        "a later block": replace(drawn.zone, views=(young,)),
        "open": replace(drawn.zone, views=(replace(bare, chances=bare.before),)),
        "no zone": zone.look(done, {"sim-3m": drawn.measured}, seed=1, level=0.9),
        "too few": zone.look(
            InMemory({"sim-3m": drawn.cube}, drawn.site, "sim-3m"),
            {"sim-3m": "1 clear scene of sim-3m"}, seed=1, level=0.9,
        ),
        "observed": replace(drawn.zone, kind="observed"),
        "undeclared": replace(drawn.zone, kind="undeclared"),
        "observed, no count": replace(drawn.zone, kind="observed", views=()),
    }  # fmt: skip


@pytest.fixture(scope="module")
def running():
    """Keys of results inside running sentences of the page, not in its tables."""
    page = nbformat.read(paths.project_root() / "notebooks/workforce-housing.ipynb", as_version=4)
    lines = [line for c in page.cells if c.cell_type == "markdown" for line in c.source.split("\n")]
    return {key for line in lines if not line.startswith("|") for key in ROLE.findall(line)}


def test_no_running_sentence_of_the_page_holds_a_result_without_a_value(zones, running):
    text = words("en")
    for name, found in zones.items():
        recorded = {r.key: r for r in housing.results(20241125, None, 0.9, found)}
        for key in running:
            assert "no value" not in text.result(recorded[key]), (name, key)


def test_every_sentence_is_whole_and_says_what_case_it_is(zones):
    text = words("en")
    told = {}
    for name, found in zones.items():
        recorded = housing.results(20241125, None, 0.9, found)
        told[name] = {
            r.key.rpartition(".")[2]: text.result(r) for r in recorded if ".told." in r.key
        }
        for said in told[name].values():
            assert re.fullmatch(r"[A-Z].*[^.]\.", said), (name, said)
            assert "None" not in said
    assert "counted;" in told["blocks"]["zone"]
    assert "footprint of one block is" in told["blocks"]["zone"]
    assert told["no block"]["zone"].startswith("No block was detected in the zone")
    assert "Blocks of another time were" not in told["no block"]["zone"]
    assert told["a later block"]["zone"].startswith("No block begun from")
    assert "simulated" in told["blocks"]["count"]
    assert "not declared" in told["undeclared"]["count"]
    assert "blocks" in told["observed"]["count"]
    assert "no count" in told["observed, no count"]["count"]
    assert "nothing is counted" in told["no zone"]["time"]


def test_a_footprint_of_ones_own_gives_taller_apartments_their_number(tmp_path):
    file = tmp_path / "mine.yaml"
    file.write_text("footprint: 480\n")
    key = "housing.edition.apartment"
    usual, mine = (
        {r.key: r for r in housing.results(20241125, own)}[key].value
        for own in (None, housing.own_parameters(str(file)))
    )
    assert "no number per block" in usual
    assert "persons per block" in mine


def test_the_plan_and_its_table_name_the_time_that_the_number_is_of(zones):
    text = words("en")
    for name in ("blocks", "no block", "a later block", "open"):
        found = zones[name]
        recorded = {r.key: r for r in housing.results(20241125, None, 0.9, found)}
        days = [text.result(recorded[f"housing.imagery.{end}"]) for end in ("from", "until")]
        title = figures_zone.plan(found, "en").get_label().partition("\n")[0]
        head = figures_zone.table(found, "en").columns[-1]
        assert all(day in title and day in head for day in days), name
    other = replace(zones["blocks"].views[0], sensor="other")
    looked = replace(other.looked, settled=slice(other.looked.settled.start + 1,
                                                 other.looked.settled.stop))  # fmt: skip
    both = replace(zones["blocks"], views=(zones["blocks"].views[0], replace(other, looked=looked)))
    cells = list(figures_zone.table(both, "en").iloc[:, -1])
    assert sum("begun from" in cell for cell in cells) == 1
