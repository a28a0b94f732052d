"""What `feb11 measure --json` prints."""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import asdict
from typing import Any

import numpy as np
import shapely.geometry
from pyproj import Transformer
from shapely.geometry.base import BaseGeometry

from analysis import paths
from analysis.growth.buildings import Building, Measured
from analysis.growth.calibrated import CHAIN, Stretch
from analysis.growth.detect import RESULTS
from analysis.growth.footprint import Fit
from analysis.growth.measure_windows import POOR
from analysis.growth.objects import moment
from analysis.growth.ratio import Ratio
from analysis.growth.readings import BANDS, RANGE
from analysis.growth.timeline import DateInterval
from analysis.scenes import grid as grids
from analysis.site import Site

SMALL = 0.25
"""Ratio below which drawn worlds of the studies hold no new hall."""


def content(found: Measured, site: Site) -> dict[str, Any]:
    """All that was measured as plain JSON; geometries in EPSG:4326."""
    return {
        "level": found.level, "kind": found.kind, "coverage": found.coverage,
        "scenes_used": found.scenes_used, "sensors": list(found.sensors), "site": site.name,
        "references": [_reference(b, found) for b in found.references],
        "candidates": [_candidate(b, found, site) for b in found.candidates],
        "new": found.new, "why_no_new": found.why_no_new or None,
        "new_hall_in_study": _chosen_in_study() if found.alike else None,
        "ratios": [_ratio(r, found.level) | {"coverage": found.covers_ratio(r)}
                   for r in found.ratios],
        "other_sizes": [_other_size(r, found.level) for r in found.other_sizes],
        "threshold": None if found.null is None else {
            "log_bayes_factor": round(float(found.null.threshold), 2),
            "from_stable_ground": found.null.from_stable_ground,
            "exposure_km2_years": round(found.null.exposure, 3),
            "expected_false_objects_per_km2_year": round(float(found.null.expected), 4),
        },
        "drawn_halls": _drawn(found),
        "warnings": [*found.warnings, *doubts(found, site)],
        "explained": _explained(),
    }  # fmt: skip


def _explained() -> dict[str, str]:
    """Fields whose names do not say enough."""
    bands = ", ".join(f"{name} {low:.2f} to {high:.2f}" for name, (low, high) in BANDS.items())
    return {
        "readings": f"probability that the ratio lies in the band of each reading ({bands}, none: "
        "in no band), under two priors between "
        f"{RANGE[0]:g} and {RANGE[1]:g}: uniform in the logarithm, and similar to one",
        "likelihood_ratios": "how many times better the scenes fit the reading 'of' than this one; "
        "below 1, this one fits better; no prior on the readings enters",
        "coverage": "how often such intervals hold the truth: simulated, as often as they say in "
        "worlds that were drawn and scored; injected, in halls drawn into these very scenes; "
        "unproven, nothing vouches for it",
        "misfit": "about 1 where the model explains the pixels; from "
        f"{POOR:g} on most outlines of the studies are as good as others, and more are far off",
    }


def doubts(found: Measured, site: Site) -> list[str]:
    """What speaks against the hall above the line, or against an outline of a ratio, in words."""
    said = [
        f"{b.id}: its outline does not fit (misfit {b.fit.misfit:.1f}, about 1 where the model "
        "holds): look at it before you rely on its area or on a ratio with it"
        for b in (*found.references, *found.candidates)
        if b.fit is not None and b.fit.misfit >= POOR and b.area is not None
    ]
    if not found.ratios:
        return said
    hall = next(b for b in found.candidates if b.id == found.new)
    assert hall.outline is not None
    fences = {f.id for f in site.role("perimeter")}
    larger = [
        b.id for b in found.candidates
        if b.thing is not None and b.thing.kind in ("other", "ground-works")
        and b.outline is not None and b.outline.area > hall.outline.area
        and zone(b, site, found.crs) in fences
    ]  # fmt: skip
    if larger:
        said.append(
            f"{', '.join(larger)} inside the perimeter changed over more ground than {found.new}, "
            "and no moment or no roof was told: the new hall may be there, and the ratios wrong"
        )
    # several halls together may well be four times as large as a new one
    single = [r for r in found.ratios if r.denominator != "union"]
    small = [r.denominator for r in single if r.value < SMALL]
    if small:
        said.append(
            f"{found.new} is less than {SMALL:g} of {', '.join(small)}: a larger hall may have "
            "been missed, and a shed taken for it"
        )
    return said


def _chosen_in_study() -> dict[str, int] | None:
    """On how many drawn plants what was called the new hall was it; None without the study."""
    file = paths.project_root() / RESULTS / f"{CHAIN}.json"
    if not file.is_file():
        return None
    told = json.loads(file.read_text(encoding="utf-8"))["detection"]
    return {"right": told["new_is_the_hall"], "plants": told["worlds"]}


def _drawn(found: Measured) -> Any:
    """How intervals held halls drawn into these scenes, and what they were stretched by."""
    told = found.injected
    if told is None:
        return None
    return {
        "drawn": told.drawn, "seed": told.seed, "level": told.level,
        "areas": _stretches(told.areas), "ratios": _stretches(told.ratios),
    }  # fmt: skip


def _stretches(told: Mapping[str, Stretch]) -> dict[str, dict[str, float]]:
    return {n: {key: round(v, 4) for key, v in asdict(own).items()} for n, own in told.items()}


def quantity(draws: np.ndarray | None, level: float, unit: str, digits: int) -> Any:
    """Median and central interval of some draws, or nothing."""
    if draws is None:
        return None
    low, value, high = np.quantile(draws, [(1 - level) / 2, 0.5, (1 + level) / 2])
    return {"value": round(float(value), digits), "low": round(float(low), digits),
            "high": round(float(high), digits), "unit": unit}  # fmt: skip


def _building(b: Building, found: Measured) -> dict[str, Any]:
    made = {
        "id": b.id,
        "geometry": wgs84(b.outline, found.crs) if b.outline is not None else None,
        "outline": None if b.outline is None else "fitted" if b.fit else "pixels",
        "area": quantity(b.area, found.level, "m2", 1),
        "area_coverage": None if b.area is None else found.covers_area(b),
        "apron_m": apron(b.fit) if b.fit else None,
        "misfit": round(b.fit.misfit, 2) if b.fit else None,
    }
    if b.area is None:
        made["why"] = b.why
    return made


def apron(fit: Fit) -> float:
    """Width of the dug ground about an outline, metres, as chosen among a few; 0 for none."""
    return max(float(m.apron) for m in fit.models)


def _reference(b: Building, found: Measured) -> dict[str, Any]:
    own = {"name": b.feature.name if b.feature else b.id, "candidate": b.thing and b.thing.id}
    return _building(b, found) | own


def _date(interval: DateInterval | None, found: Measured) -> dict[str, str | None] | None:
    """An event; of two windows only its ends are known, no day between them is likelier."""
    if interval is None:
        return None
    value, low, high = interval.iso()
    return {
        "value": None if found.null is None else value, "low": low, "high": high, "unit": "date",
        "coverage": interval.coverage,
    }  # fmt: skip


def _candidate(b: Building, found: Measured, site: Site) -> dict[str, Any]:
    thing = b.thing
    assert thing is not None
    return _building(b, found) | {
        "class": thing.kind, "class_why": thing.why, "evidence": round(thing.evidence, 2),
        "ground_broken": _date(thing.ground_broken, found),
        "roof_on": _date(thing.roof_on, found),
        "roof_changed_after": None if thing.covered_until is None else
            str(moment(thing.covered_until).astype("datetime64[D]")),
        "zone": zone(b, site, found.crs), "reference": b.feature.id if b.feature else None,
    }  # fmt: skip


def _ratio(r: Ratio, level: float) -> dict[str, Any]:
    readings = {
        prior: {name: round(p, 6) for name, p in row.items()} for prior, row in r.readings().items()
    }
    return {
        "numerator": r.numerator, "denominator": r.denominator, "definition": r.definition,
        "ratio": quantity(r.draws, level, "1", 4),
        "readings": readings,
        "likelihood_ratios": {k: float(f"{v:.4g}") for k, v in r.likelihood_ratios().items()},
    }  # fmt: skip


def _other_size(r: Ratio, level: float) -> dict[str, Any]:
    """A ratio under another meaning of size; for floors, storeys unknown, its ends alone."""
    if r.bounds is None:
        return _ratio(r, level)
    low, high = (round(float(end), 4) for end in r.bounds)
    return {
        "numerator": r.numerator, "denominator": r.denominator, "definition": r.definition,
        "bounds": {"low": low, "high": high, "unit": "1"},
        "why": "storeys are unknown: every number between the bounds is as possible",
    }  # fmt: skip


def zone(b: Building, site: Site, crs: str) -> str | None:
    """Id of the first zone of the site, but the whole area, in which a building's middle lies."""
    if b.outline is None:
        return None
    for role in ("housing-zone", "perimeter"):
        for f in site.role(role):
            if grids.projected(f.geometry, crs).contains(b.outline.centroid):
                return f.id
    return None


def wgs84(shape: BaseGeometry, crs: str) -> dict[str, Any]:
    """A geometry in degrees, to a tenth of a metre."""
    to = Transformer.from_crs(crs, "EPSG:4326", always_xy=True)
    moved = shapely.transform(shape, lambda xy: np.column_stack(to.transform(xy[:, 0], xy[:, 1])))
    return shapely.geometry.mapping(shapely.set_precision(moved, 1e-6))
