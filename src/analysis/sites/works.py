"""What the scenes of a run show of its site, as results: the place, and what was built there."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator
from dataclasses import replace

import numpy as np

from analysis.growth import record
from analysis.growth.buildings import Building, Measured
from analysis.growth.classes import CLASSES
from analysis.growth.record_edition import named
from analysis.results import Result, weakest
from analysis.scenes.prepare import Prepared
from analysis.site import ROLES, Site
from analysis.words import Words, words

OF_CLAIMS = ("growth.edition.ground", "growth.edition.claims", "growth.edition.answer")
"""Sentences on claims and on what was published: nothing of the kind is known of such a site."""


def results(found: Measured, done: Prepared) -> list[Result]:
    """The place, the scenes, and all that the growth analysis tells of them.

    Parameters
    ----------
    found
        What was measured.
    done
        The scenes that it was measured on.
    """
    kind = "measured" if found.kind == "observed" else "simulated"
    grown = [
        replace(r, value=_edition(found, done)) if r.key == "growth.edition" else r
        for r in record.results(found, done) if r.key not in OF_CLAIMS
    ]  # fmt: skip
    return [_place(done.site, kind), _found(found, kind), *grown]


def _edition(found: Measured, done: Prepared) -> str:
    """Which scenes of which site the edition rests on; of the plant there is nothing to say."""
    text = words("en")
    given = {"scenes": text.number(found.scenes_used), "site": done.site.name,
             "source": named(done.source)}  # fmt: skip
    return text(f"sites.edition.{found.kind}", **given)


def _place(site: Site, kind: str) -> Result:
    """Where the site lies and what its file names."""
    text = words("en")
    centre = site.aoi.geometry.centroid
    counted = Counter(f.role for f in site.features)
    value = text(
        "sites.place.where", area=text.number(site.aoi.area_m2 / 1e6, 2),
        at=f"{_degrees(centre.y, text, 'north', 'south')}, "
           f"{_degrees(centre.x, text, 'east', 'west')}",
        parts="; ".join(text(f"sites.place.{role}", n=counted[role]) for role in ROLES
                        if role != "aoi"),
        kinds=", ".join(sorted({f.kind for f in site.features})),
    )  # fmt: skip
    return Result(
        key="site.place", value=value, unit="text",
        kind=weakest([kind, *(f.kind for f in site.features)]),
        statement="Where the site lies, and what its file names",
        method="analysis.sites.works.results", inputs=("result:growth.scenes",),
        why_no_interval="a sentence; the outlines are given, not estimated",
    )  # fmt: skip


def _degrees(value: float, text: Words, positive: str, negative: str) -> str:
    side = positive if value >= 0 else negative
    return text(f"sites.place.{side}", n=text.number(abs(value), 2))


def _found(found: Measured, kind: str) -> Result:
    """Candidates by class, each class by size; ``extra`` names them for the table of a page.

    An older building that came or changed in the time of the scenes is a candidate too.
    """
    listed = {
        name: [b.id for b in sorted(_of_class(found, name), key=_size, reverse=True)]
        for name in CLASSES
    }
    return Result(
        key="site.candidates", value=len(found.candidates), unit="1", kind=kind,
        statement="Places that changed, of every class", method="analysis.growth.measure.measure",
        inputs=("result:growth.scenes",), coverage="unproven",
        why_no_interval="a count; what was missed is told by the injected buildings",
        extra={"classes": listed, "new": found.new, "older": [b.id for b in found.references],
               "named": {b.thing.id: b.id for b in found.references if b.thing is not None}},
    )  # fmt: skip


def _of_class(found: Measured, name: str) -> Iterator[Building]:
    return (b for b in found.candidates if b.thing is not None and b.thing.kind == name)


def _size(b: Building) -> float:
    return 0.0 if b.area is None else float(np.median(b.area))
