"""Two windows instead of a series: the same chain, with what two windows cannot say left open."""

from __future__ import annotations

from collections.abc import Callable, Sequence

import numpy as np
import xarray as xr

from analysis.errors import UserError
from analysis.growth import measure as series
from analysis.growth import references as references_of
from analysis.growth import starts, windows
from analysis.growth.buildings import Building, Measured
from analysis.growth.classes import ROOF_DATES
from analysis.growth.detect import clear
from analysis.growth.objects import Thing, confirm
from analysis.growth.roads import continued
from analysis.growth.timeline import DateInterval
from analysis.scenes.prepare import Prepared

GREEN = 0.35
"""Vegetation index of the later window above which an object is plants, whatever it was."""

GROWN = 0.1
"""Rise of the vegetation index that is plants: roofs and sand differ by some hundredths."""

FEWEST_DATES = 2
"""Clear dates of the earlier window from which a ratio is given: what lies on one date alone, haze
or a shadow, is as large as a hall. The later one needs `ROOF_DATES`, as a roof of a series does."""

NO_RATIO = (
    "no ratio: so few clear scenes in a window cannot tell a building from what lies there on some "
    "days; areas are of what changed, whatever it is"
)

BESIDE = 0.1
"""Share of a reference's outline from which a change on it is one of the building."""

OF_WHAT_CHANGED = (
    "the new hall is what changed between the windows: where a part of it stood before, or it is "
    "not whole yet, its ratio is too small"
)

ROOF_OR_GROUND = (
    "new-footprint here means a new surface without plants, be it roof, pavement or bare ground: "
    "two windows do not tell them apart"
)

POOR = 3.0
"""Misfit from which the studies count halls apart (`bench/results/footprints-areas.json`): the
pixels show what the fit has no words for, which may or may not have moved the outline."""

DARK = 0.04
"""Reflectance in the near infrared below which the later surface is water or shadow."""


def measure(
    done: Prepared,
    *,
    seed: int,
    level: float,
    progress: Callable[[str], None] = lambda _: None,
) -> Measured:
    """Measure what changed between the two windows of a request.

    A window is the median of its dates. What is not in the first one and is in the second came
    after the middle date of the first and before that of the second: this is the interval of both
    events, and its middle their value.

    Raises
    ------
    UserError
        If the level is no probability, a window has no clear scene, or their order is wrong.
    """
    series.check_level(level)
    cube = clear(done.cube)
    before, after = (_window(cube, role) for role in ("before", "after"))
    progress("comparison of the windows")
    found = windows.compare(before, after)
    low, high = _middles(before, after)
    between = DateInterval((low + high) / 2, low, high, level, high - low, "unproven")
    # outlines take all dates of a window alike: a change inside one shows as a misfit
    first, last = found.between
    things = confirm(
        [
            Thing(
                f"candidate-{i + 1}", *_class(before, after, group), group,
                float(found.score[group[:, 0], group[:, 1]].mean()),
                between, between, first, last, None,
            )
            for i, group in enumerate(found.groups)
        ],
        cube, undated=True,
    )  # fmt: skip
    continued(things, abs(float(cube["x"][1] - cube["x"][0])))
    buildings = [Building(t.id, t, None, starts.of_pixels(t.pixels, cube)) for t in things]
    references = [references_of.reference(f, cube, buildings) for f in done.site.references]
    warnings = [*series.warnings_of(done, cube), *found.weaker]
    if any(t.kind == "new-footprint" for t in things):
        warnings.append(ROOF_OR_GROUND)
    made = series.finish(
        done, cube, buildings, references, seed=seed, level=level, null=None,
        warnings=warnings, progress=progress,
    )  # fmt: skip
    withhold(made, before.sizes["time"], after.sizes["time"])
    made.evidence = np.where(cube["valid"].values.any(axis=0), found.score, np.nan)
    return made


def withhold(made: Measured, before: int, after: int) -> None:
    """Take back the ratios that two windows of so many clear dates cannot carry.

    A reference that changed in between may have been built, extended or covered in part: its
    outline is of what changed. A series tells these apart by their dates.
    """
    if before < FEWEST_DATES or after < ROOF_DATES:
        if made.ratios:
            made.warnings.append(NO_RATIO)
        made.ratios, made.other_sizes = [], []
        return
    why = {
        r.id: f"no ratio to {r.id}: something changed at it or beside it between the windows, and "
        "what was outlined may be a part of it; a series tells them apart"
        for r in made.references if _changed(r, made.candidates)
    }  # fmt: skip
    for b in (*made.references, *made.candidates):
        if b.fit is not None and not b.fit.misfit < POOR and b.id not in why:
            why[b.id] = f"no ratio with {b.id}: its outline does not fit"
    told = {r.numerator for r in made.ratios} | {r.denominator for r in made.ratios} - {"union"}
    spoilt = {n for n in told if n in why}
    made.warnings += [why[n] for n in sorted(spoilt)]
    made.warnings += [
        f"no ratio to {r.id}: something changed at it or beside it, and no outline of it fits"
        for r in made.references if r.fit is None and r.id in why and made.ratios
    ]  # fmt: skip
    if spoilt and any(r.denominator == "union" for r in made.ratios):
        made.warnings.append("no ratio to all references together: they are no better than these")
        spoilt.add("union")
    for name in ("ratios", "other_sizes"):
        kept = [r for r in getattr(made, name) if not {r.numerator, r.denominator} & spoilt]
        setattr(made, name, kept)
    if made.ratios:
        made.warnings.append(OF_WHAT_CHANGED)


def _changed(reference: Building, changes: Sequence[Building]) -> bool:
    """Whether a reference is one of the changes, or one of them lies on a good part of it."""
    if reference.thing is not None:
        return True
    own = reference.outline
    return own is not None and any(
        c.start is not None and own.intersection(c.start).area > BESIDE * own.area for c in changes
    )


def _middles(before: xr.Dataset, after: xr.Dataset) -> tuple[float, float]:
    """Days since 1970 that bound a change which one window's median lacks and the other's has.

    Of an even number of dates half is enough to be seen, so the outer one of the middle pair.
    """
    earlier, later = (
        np.sort(w["time"].values).astype("datetime64[s]").astype(float) / 86400
        for w in (before, after)
    )
    return float(earlier[(earlier.size - 1) // 2]), float(later[later.size // 2])


def _window(cube: xr.Dataset, role: str) -> xr.Dataset:
    window = cube.isel(time=np.flatnonzero(cube["role"].values == role))
    if window.sizes["time"] == 0:
        raise UserError(f"the window {role!r} has no clear scene: make it longer")
    return window


def _class(before: xr.Dataset, after: xr.Dataset, pixels: np.ndarray) -> tuple[str, str]:
    """Class of an object by what it is in the later window, and why."""
    old, new = (_spectrum(w, pixels) for w in (before, after))
    if new["nir"] < DARK:
        return "other", "it is water or shadow in the later window"
    if _index(new) > GREEN:
        return "other", "it is grown over in the later window"
    why = "a surface without plants in the middle of the later window, roof or open ground"
    if _index(new) > _index(old) + GROWN:
        return "other", "it has more plants than before"
    return "new-footprint", why


def _spectrum(window: xr.Dataset, pixels: np.ndarray) -> dict[str, float]:
    """Median reflectance of some pixels over a window, by band."""
    valid = window["valid"].values[:, pixels[:, 0], pixels[:, 1]]
    found = {}
    for band in ("red", "nir"):
        values = window[band].values[:, pixels[:, 0], pixels[:, 1]]
        there = values[valid & np.isfinite(values)]
        found[band] = float(np.median(there)) if there.size else np.nan
    return found


def _index(spectrum: dict[str, float]) -> float:
    total = max(spectrum["nir"] + spectrum["red"], 1e-3)
    return (spectrum["nir"] - spectrum["red"]) / total
