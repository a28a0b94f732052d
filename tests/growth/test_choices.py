"""The analyst's choices: registered, and what they move."""

import csv
import re

import numpy as np
import pandas as pd
import pytest

from analysis.growth import choices, figures_sites, psf
from analysis.words import words
from tests.checkout import ROOT
from tests.growth import site_world


@pytest.fixture(scope="module")
def frame() -> pd.DataFrame:
    _, done, found = site_world.measured()
    kept = [s for s in choices.SETTINGS
            if s.choice in ("growth.threshold", "growth.transfer", "growth.zone")]  # fmt: skip
    return choices.compute(done, found, 1, 0.9, kept)


def test_settings_are_those_of_the_register() -> None:
    with (ROOT / "data" / "evidence" / "choices.csv").open(newline="") as file:
        register = {row["choice_id"]: row for row in csv.DictReader(file)}
    for setting in choices.SETTINGS:
        row = register[setting.choice]
        assert row["reason"]
        text = row[setting.side]
        number = next((v for v in (setting.clear, setting.transfer) if v), None)
        if setting.choice == "growth.threshold":
            number = setting.strictness
        if number is not None:
            assert float(text) == number
        else:
            assert text
    assert float(register["growth.transfer"]["value"]) == psf.TRANSFER_AT_NYQUIST[10.0]


def test_figure_names_the_numbers_of_the_settings() -> None:
    said = words("en").texts["growth_maps"]["tornado"]["settings"]
    for setting in choices.SETTINGS:
        place = 0 if setting.side == "low" else 1
        side = said[setting.choice.removeprefix("growth.")].split("|")[place]
        number = setting.clear or (setting.strictness if setting.strictness != 1 else 0)
        if number:
            assert float(re.sub(r"[^\d.]", "", side)) == number


def test_used_settings_give_the_truth_of_the_drawn_world(frame) -> None:
    world, _, _ = site_world.measured()
    areas = {k: p.area for k, p in site_world.worlds.outlines(world).items()}
    used = frame[frame["setting"] == "used"].set_index("headline")
    assert used.loc["area", "value"] == pytest.approx(areas["hall-new"], rel=0.04)
    assert used.loc["ratio.hall-a", "value"] == pytest.approx(
        areas["hall-new"] / areas["hall-a"], rel=0.04
    )
    assert used.loc["new", "value"] == 1


def test_every_choice_has_every_headline_or_a_reason(frame) -> None:
    assert set(frame["headline"]) == {"area", "ratio.hall-a", "new"}
    assert (frame.groupby(["choice", "setting"]).size() == 3).all()
    nothing = frame["value"].isna()
    assert (frame.loc[nothing, "why"] != "").all()


def test_a_wider_blur_moves_the_area_less_than_its_own_interval(frame) -> None:
    moved = figures_sites.changes(frame, "area")
    moved = moved[moved["choice"] == "growth.transfer"]["change"]
    assert (moved.abs() < figures_sites.half_width(frame, "area")).all()


def test_a_series_cut_too_short_gives_no_number_but_a_reason() -> None:
    _, done, found = site_world.measured()
    strict = choices.Setting("growth.clear-share", "high", clear=1.01)
    frame = choices.compute(done, found, 1, 0.9, [strict])
    cut = frame[frame["setting"] == "high"]
    assert cut["value"].isna().all()
    assert set(cut["why"]) == {choices.FEW}


def test_figures_of_simulated_scenes_carry_the_mark_and_no_absolute_ratio(frame) -> None:
    _, done, found = site_world.measured()
    drawn = [
        figures_sites.tornado(frame),
        figures_sites.history(found, done.site),
        figures_sites.site_map(found, done),
    ]
    for figure in drawn:
        assert figure.get_label().startswith("Simulated")
        for axes in figure.axes:
            assert any("SIMULATED" in t.get_text() for t in axes.texts)
    value = float(frame.loc[frame["headline"] == "ratio.hall-a", "value"].iloc[0])
    said = " ".join(t.get_text() for a in drawn[0].axes for t in a.texts)
    assert f"{value:.2f}" not in said + drawn[0].get_label()


def test_title_says_whether_a_choice_goes_beyond_the_interval(frame) -> None:
    text = words("en")
    assert figures_sites.tornado_values(frame, text)["title"] == "within"
    moved = frame.copy()
    moved.attrs = frame.attrs
    at = (moved["choice"] == "growth.threshold") & (moved["headline"] == "area")
    moved.loc[at, "value"] *= np.where(moved.loc[at, "setting"] == "high", 1.5, 1.0)
    values = figures_sites.tornado_values(moved, text)
    assert values["title"] == "beyond"
    assert values["choice"] == "threshold"
    assert values["most"].startswith("50")
