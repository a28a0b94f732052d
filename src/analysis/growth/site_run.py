"""The growth analysis of one run, from the parameters of its notebook."""

from __future__ import annotations

from analysis.growth.buildings import Measured
from analysis.growth.measured import measured
from analysis.places import place
from analysis.scenes.cached import prepared
from analysis.scenes.prepare import Prepared, Request


def run(
    *,
    source: str,
    site: str,
    start: str,
    end: str,
    before: str,
    after: str,
    observed: bool,
    seed: int,
    level: float,
) -> tuple[Measured, Prepared]:
    """What was measured, and the scenes it was measured on.

    Raises
    ------
    UserError, CheckFailed
        As `analysis.growth.measured.measured`.
    """
    asked = request(
        source=source, site=site, start=start, end=end, before=before, after=after,
        observed=observed,
    )  # fmt: skip
    return measured(asked, seed=seed, level=level), prepared(asked)


def request(
    *, source: str, site: str, start: str, end: str, before: str, after: str, observed: bool
) -> Request:
    """What a notebook's parameters ask for.

    A source or a site on disk is named by its place in the checkout, so that a run names no
    folder of a machine.
    """
    return Request(
        source=place(source), site=place(site), start=start, end=end, before=before,
        after=after, observed=observed,
    )  # fmt: skip
