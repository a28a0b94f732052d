"""Every figure can be drawn from the model, says its finding, and has no tiny type."""

import matplotlib
import pytest
from matplotlib.collections import PolyCollection
from matplotlib.text import Text

from analysis import figures as style
from analysis import housing
from analysis.housing import figures, figures_drivers, figures_parameters
from analysis.housing.own import check
from analysis.housing.parameters import DOMAINS
from analysis.housing.scenarios import PLANS
from analysis.words import words

matplotlib.use("Agg")


@pytest.fixture(scope="module")
def model():
    return housing.model(20241125)


def drawn(model):
    table = figures_parameters.values_in_use()
    return {
        "chain": figures.chain_diagram(model, "en", 0.9),
        "people": figures.ridgeline(model, "en", 0.9),
        "sobol": figures_drivers.sobol_bars(model, "en", 0.9),
        "tornado": figures_drivers.tornado(model, "en"),
        "narrowing": figures_drivers.narrowing(model, "en"),
        "tests": figures_drivers.estates(model, "en", 0.9),
        "parameters": figures_parameters.sourced_values(table, "en"),
    }


def test_figures_draw_and_their_type_is_never_below_eight_points(model):
    for name, figure in drawn(model).items():
        svg = style.svg(figure)
        assert svg.startswith("<?xml"), name
        sizes = [t.get_fontsize() for t in figure.findobj(Text) if t.get_text().strip()]
        assert min(sizes) >= 8, name
        assert figure.get_figwidth() == style.WIDTH


def test_hatching_is_drawn_in_another_colour_than_the_shape_it_fills(model):
    for name in ("chain", "people"):
        hatched = [p for p in drawn(model)[name].findobj(PolyCollection) if p.get_hatch()]
        assert hatched, name
        for shape in hatched:
            assert tuple(shape.get_edgecolor()[0][:3]) == (0, 0, 0), name
            assert tuple(shape.get_facecolor()[0][:3]) != (0, 0, 0), name


def test_labels_and_titles_of_axes_end_inside_the_figure(model):
    for name, figure in drawn(model).items():
        figure.canvas.draw()
        for ax in figure.axes:
            named = [ax.xaxis.label, ax.yaxis.label, ax.title]
            for text in (t for t in named if t.get_text().strip()):
                ends = text.get_window_extent()
                assert ends.x0 >= 0, (name, text.get_text())
                assert ends.x1 <= figure.bbox.x1, (name, text.get_text())


def test_a_miss_is_shown_as_a_miss_in_picture_and_table(model):
    assert "miss" in figures_drivers.estates_alt(model, "en", 0.9)
    table = figures_drivers.estates_table(model, "en", 0.9)
    assert len(table) == len(model.rows)
    misses = [r.id for r in model.rows if r.outcome == "miss"]
    assert (table["Outcome"] == "miss").sum() == len(misses) > 0


def test_every_parameter_scenario_and_row_has_words(model):
    w = words("en")
    for name in DOMAINS:
        assert w(f"housing.parameter.{name}")
    for plan in PLANS:
        assert not plan.states or w(f"housing.scenario.{plan.name}")
    for row in model.rows:
        assert w(f"housing.row.{row.id}")


def test_every_value_in_use_is_a_row_of_the_table_and_lies_in_the_domain():
    table = figures_parameters.values_in_use()
    for _, row in table.iterrows():
        low, high = figures_parameters.ends(row)
        if row["used_as"] in ("beds_per_storey", "plate"):
            continue  # published for the whole building
        assert list(check({row["used_as"]: {"low": low, "high": high}}, "table", {}))


def test_a_user_who_knows_everything_or_nothing_still_gets_results_and_figures(tmp_path):
    file = tmp_path / "known.yaml"
    file.write_text(
        "households_per_block: 20\nhousehold_size: 4\nstoreys: 5\ndwelling_size: 60\n"
        "net_to_gross: 0.8\nactive_share: {low: 0.4, high: 0.6}\n"
        "plant_workers_per_household: {low: 0, high: 1}\nfootprint: {low: 300, high: 400}\n"
    )
    own = housing.own_parameters(str(file))
    usual = {r.key for r in housing.results(20241125)}
    found = {r.key: r for r in housing.results(20241125, own)}
    assert usual <= set(found)
    assert found["housing.residents.family.low-rise"].intervals["0.9"] == (80, 80)
    assert found["housing.workers.family.low-rise"].intervals["0.9"] == (0, 20)
    assert found["housing.voi.roof.storeys"].value == 0
    assert found["housing.sensitivity.active_share"].value == 0
    assert found["housing.width.now"].value is None
    assert drawn(housing.model(20241125, own))
