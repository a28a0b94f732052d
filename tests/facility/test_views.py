"""Figures and tables say what the data say, in every language that has texts."""

import json

import pytest
from shapely.geometry import Polygon
from shapely.ops import unary_union

from analysis import facility, figures, paths
from analysis.errors import UserError
from analysis.evidence import load
from analysis.facility import figures as drawn
from analysis.facility import figures_map, locator, view
from analysis.facility.chronology import select
from analysis.words import words


@pytest.fixture(scope="module")
def layers():
    return facility.layers()


def decoded(path, country):
    """A country of a TopoJSON file by the letter of its specification: an oracle."""
    topology = json.loads(path.read_text(encoding="utf-8"))
    (sx, sy), (tx, ty) = topology["transform"]["scale"], topology["transform"]["translate"]

    def arc(number):
        x = y = 0
        points = []
        for dx, dy in topology["arcs"][~number if number < 0 else number]:
            x, y = x + dx, y + dy
            points.append((x * sx + tx, y * sy + ty))
        return points[::-1] if number < 0 else points

    def ring(numbers):
        points = []
        for number in numbers:
            points += arc(number)[1 if points else 0 :]
        return points

    found = next(
        g for g in topology["objects"]["countries"]["geometries"] if g.get("id") == country
    )
    parts = found["arcs"] if found["type"] == "MultiPolygon" else [found["arcs"]]
    return unary_union([Polygon(ring(p[0]), [ring(h) for h in p[1:]]).buffer(0) for p in parts])


@pytest.mark.parametrize(
    ("name", "window"),
    [
        (locator.BASE_MAP, locator.WINDOW),
        (locator.CLOSE_MAP, locator.WINDOW),
    ],
)
def test_the_base_map_is_decoded_as_its_format_says(name, window):
    country = locator.countries(name, window).set_index("id").geometry[figures_map.COUNTRY]
    expected = decoded(paths.project_root() / name, figures_map.COUNTRY)
    assert country.symmetric_difference(expected).area < 1e-9 * expected.area


def test_the_published_points_lie_on_land_of_the_country(layers):
    home = layers.close.set_index("id").geometry[figures_map.COUNTRY]
    from shapely.geometry import Point

    for row in layers.points.itertuples():
        assert home.contains(Point(row.x, row.y))


def test_the_projection_keeps_distances_near_the_plant(layers):
    a, b, city = (layers.points.loc[n] for n in ("building-a", "building-b", "city"))
    flat = ((a.x - b.x) ** 2 + (a.y - b.y) ** 2) ** 0.5
    assert flat == pytest.approx(locator.distance(a, b), rel=1e-5)
    assert (city.x**2 + city.y**2) ** 0.5 == pytest.approx(10_600, rel=0.01)
    assert abs(a.x + b.x) < 0.1
    assert abs(a.y + b.y) < 0.1


def shown_title(figure):
    """The first line of the figure, with its line breaks undone."""
    return " ".join(figure.texts[0].get_text().split())


@pytest.mark.parametrize("language", ["en"])
def test_titles_carry_the_counted_numbers(language, layers):
    rows = facility.retellings()
    title = shown_title(drawn.drift(rows, language))
    assert [int(t) for t in title.replace(",", "").split() if t.isdigit()] == [17, 32, 6, 8]
    fewer = rows[rows["wording"] != "same"]
    assert shown_title(drawn.drift(fewer, language)).startswith("0 of 15 ")
    timeline = shown_title(drawn.timeline(facility.entries(), language))
    assert timeline.startswith("8 of 9 ")
    assert "2 of 5" in timeline
    assert "165 m" in shown_title(figures_map.locator(layers, language))


def test_figures_are_the_same_byte_for_byte_when_drawn_again():
    rows = facility.retellings()
    assert figures.svg(drawn.drift(rows)) == figures.svg(drawn.drift(rows))


def test_every_entry_and_conflict_has_its_texts():
    text = words("en")
    for entry in facility.entries().itertuples():
        assert text(f"facility.entry.{entry.id}")
        assert text(f"facility.lane.{entry.lane}")
    table = view.conflicts_table(facility.conflicts(), "en")
    lines = table.splitlines()
    assert len({line.count(" | ") for line in lines if not line.startswith("| ---")} - {0}) == 1
    assert "{cite:p}`thedefensenews`" in table


def test_a_chronology_without_its_claim_names_the_claim():
    evidence = load()
    claims = evidence.facility_claims
    from dataclasses import replace

    short = replace(evidence, facility_claims=claims[claims["claim_id"] != "FC020"])
    with pytest.raises(UserError, match=r"FC020 \(building-b-reroofed\) is missing"):
        select(short)
    undated = claims.assign(event_date_high=claims["event_date_high"].where(
        claims["claim_id"] != "FC020"))  # fmt: skip
    with pytest.raises(UserError, match="FC020 has no event_date_high"):
        select(replace(evidence, facility_claims=undated))
