"""Official totals of the dead and injured against located incidents.

A residual is official minus located, with its sign. Both are floors more often
than not, so a residual is a difference of floors and no estimate of anything.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass

from analysis.strikes.casualties import GROUPS, QUANTITIES, Event, Located, counted, located
from analysis.strikes.rivals import Claim
from analysis.strikes.windows import Window

_MONTHS = ["jan", "feb", "mar", "apr", "may", "jun", "jul", "aug", "sep", "oct", "nov", "dec"]


@dataclass(frozen=True)
class Rung:
    """One official statement with both totals, and what is located to that date."""

    name: str
    """Agency and month in result keys: ``pgo-nov``."""
    claims: dict[str, Claim]
    """Claim per quantity."""
    attributed: dict[str, Located]
    """Attributed incidents of the period that the statement covers."""
    with_joint: dict[str, Located]
    """The same with incidents under the joint label."""
    missiles: Claim | None
    """Missiles fired, said by the same body that day or in the same report."""

    def residual(self, quantity: str, *, joint: bool = False) -> int:
        """Official number minus located first readings, signed."""
        against = self.with_joint if joint else self.attributed
        return int(self.claims[quantity].value) - against[quantity].first

    def span(self, quantity: str, *, joint: bool = False) -> tuple[int, int]:
        """Official number minus located totals over rival readings, lowest first.

        The highest located total gives the lowest residual. A floor is taken
        at its own number and a blank as zero.
        """
        against = (self.with_joint if joint else self.attributed)[quantity]
        official = int(self.claims[quantity].value)
        return official - against.high, official - against.low


def rungs(claims: Iterable[Claim], events: Iterable[Event]) -> list[Rung]:
    """Official statements that gave both killed and injured, oldest first."""
    running = [c for c in claims if c.role == "running" and c.said is not None]
    events = list(events)
    found = []
    for killed in (c for c in running if c.quantity == "killed"):
        injured = _beside(killed, running, "injured")
        if injured is None or killed.start is None or killed.end is None:
            continue
        pair = {"killed": killed, "injured": injured}
        window = Window("covered", killed.start, killed.end, "parameter")
        totals = {
            name: {q: located(counted(events, window, GROUPS[name]), q) for q in QUANTITIES}
            for name in ("attributed", "with-joint")
        }
        found.append(
            Rung(
                name=f"{killed.agencies[0].lower()}-{_MONTHS[killed.said.month - 1]}",  # type: ignore[union-attr]
                claims=pair,
                attributed=totals["attributed"],
                with_joint=totals["with-joint"],
                missiles=_beside(killed, running, "missiles_fired"),
            )
        )
    return sorted(found, key=lambda r: (r.claims["killed"].said, r.name))


def _beside(claim: Claim, running: list[Claim], quantity: str) -> Claim | None:
    """Figure of a quantity from the same statement, else from the same report."""
    candidates = [c for c in running if c.quantity == quantity]
    same = [c for c in candidates if c.agencies == claim.agencies and c.said == claim.said]
    report = [c for c in candidates if set(c.sources) & set(claim.sources)]
    return next(iter(same or report), None)
