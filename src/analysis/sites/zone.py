"""What the scenes of a run show of the site's housing zone, as results.

The scenarios of the chapter on housing rest on blocks that were reported elsewhere, so people are
told of no such site.
"""

from __future__ import annotations

from analysis.housing import (
    Zone,
    imagery_results,
    model,
    own_parameters,
    study,
    study_heights,
    told,
)
from analysis.results import Result
from analysis.words import words

STEM = imagery_results.STEM
PEOPLE = (f"{STEM}.residents.", f"{STEM}.workers.")


def results(found: Zone, seed: int, level: float) -> list[Result]:
    """Blocks, their size, height and dates, what would be missed, and the studies behind it.

    Parameters
    ----------
    found
        What the scenes show.
    seed, level
        Of the draws, and of a further interval beside 0.9 and 0.99.
    """
    drawn = model(seed, own_parameters(""), level)
    zone = [r for r in imagery_results.results(found, drawn) if not r.key.startswith(PEOPLE)]
    count = imagery_results.block_count(found)  # only the sentence that is left out tells it
    said = [r for r in told.sentences(found, [*zone, count]) if r.key != f"{STEM}.told.count"]
    return [imagery_results.edition(found), *zone, *said, _housing(found, said),
            *study.results(), *study_heights.results()]  # fmt: skip


def _housing(found: Zone, said: list[Result]) -> Result:
    """What the edition can say of housing, in a sentence that is whole whatever was looked at."""
    of = next(r for r in said if r.key == f"{STEM}.told.zone")
    why = words("en")("sites.housing.none", why=found.why) if found.why else of.value
    return Result(
        key="site.housing", value=why, unit="text", kind=of.kind,
        statement="What this edition can say of the housing zone",
        method="analysis.sites.zone.results", inputs=(f"result:{of.key}",),
        why_no_interval="a sentence",
    )  # fmt: skip
