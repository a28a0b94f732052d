"""Every figure draws for any period, with type that can be read and words that exist."""

import matplotlib
import pytest
from matplotlib.text import Text

from analysis import figures
from analysis.strikes import view

matplotlib.use("Agg")

PERIODS = [
    ("2024-01-01", "2024-11-22"),
    ("2023-12-30", "2025-12-31"),
    ("2022-01-01", "2022-01-31"),
    ("2024-08-11", "2024-08-11"),
]
SMALLEST = 8.0
"""Points; the page's small text."""
DRAWN = {
    "launches": lambda p: view.launches(*p, "en"),
    "bounds": lambda p: view.bounds(*p, "en"),
    "lineage": lambda p: view.lineage(*p, "en"),
    "rivals": lambda p: view.rivals(*p, "en"),
    "ladder": lambda p: view.ladder(*p, "en"),
    **{
        f: lambda p, f=f: view.curve(f, *p, "en")
        for f in ("missiles", "killed", "injured", "share")
    },
}


@pytest.fixture
def shown(monkeypatch):
    """What the notebook would show: figure and all that goes with it."""
    seen = []
    monkeypatch.setattr(figures, "show", lambda figure, **about: seen.append((figure, about)))
    yield seen
    from matplotlib import pyplot

    pyplot.close("all")


@pytest.mark.parametrize("period", PERIODS)
@pytest.mark.parametrize("name", ["launches", "bounds"])
def test_figures_of_the_period_draw_for_any_period(shown, name, period):
    DRAWN[name](period)
    figure, about = shown[0]
    figure.canvas.draw()
    assert "nan" not in about["alt"]
    assert len(about["data"])


@pytest.mark.parametrize("name", DRAWN)
def test_figures_carry_alt_data_and_readable_type(shown, found, name):
    DRAWN[name](PERIODS[0])
    figure, about = shown[0]
    figure.canvas.draw()
    assert any(c.isdigit() for c in about["alt"])
    assert len(about["data"])
    assert set(about["keys"]) <= set(found)
    texts = [t for t in figure.findobj(Text) if t.get_visible() and t.get_text().strip()]
    assert min(t.get_fontsize() for t in texts) >= SMALLEST
    drawn = figure.get_tightbbox()
    assert drawn.x0 >= -0.01
    assert drawn.x1 <= figures.WIDTH + 0.01


def test_a_figure_is_the_same_twice(shown):
    for _ in range(2):
        DRAWN["ladder"](PERIODS[0])
    (first, _), (second, _) = shown
    assert figures.svg(first) == figures.svg(second)
