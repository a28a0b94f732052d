"""Which claims derive from one another, so that agreement counts lineages."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable
from dataclasses import dataclass

import pandas as pd

from analysis.errors import UserError
from analysis.evidence.package import Evidence


@dataclass(frozen=True)
class Lineage:
    """Claims that go back to one origin: together they are one voice."""

    claims: tuple[str, ...]
    """Ids of aggregate or facility claims, sorted."""
    agencies: tuple[str, ...]
    """Bodies that the lineage began with, sorted. A claim of several bodies that
    stands in the lineage of one of them adds no other to it."""


def parents(evidence: Evidence, *, inferred: bool = True) -> dict[str, set[str]]:
    """For each claim the claims and incidents that it derives from.

    ``inferred=False`` leaves out the links that are our reading.
    """
    links = evidence.lineage
    if not inferred:
        links = links[~links["inferred"]]
    children = links["child_claim"].fillna(links["child_facility_claim"])
    found = (
        links["parent_claim"]
        .fillna(links["parent_facility_claim"])
        .fillna(links["parent_incident"])
    )
    graph: dict[str, set[str]] = defaultdict(set)
    for child, parent in zip(children, found, strict=True):
        graph[str(child)].add(str(parent))
    return dict(graph)


def agencies(evidence: Evidence) -> dict[str, tuple[str, ...]]:
    """For each claim the bodies that it began with."""
    table = pd.concat([evidence.aggregate_claim_agencies, evidence.facility_claim_agencies])
    return {str(key): tuple(sorted(group)) for key, group in table.groupby("claim_id")["agency"]}


def ancestry(claim: str, graph: dict[str, set[str]]) -> set[str]:
    """The claim and everything that it derives from."""
    seen: set[str] = set()
    queue = [claim]
    while queue:
        node = queue.pop()
        if node not in seen:
            seen.add(node)
            queue.extend(graph.get(node, ()))
    return seen


def lineages(evidence: Evidence, claims: Iterable[str], *, inferred: bool = True) -> list[Lineage]:
    """The given claims grouped into lineages, largest first.

    Two claims are of one lineage if they derive from one another or from a
    common ancestor, or if both began with the same single body. A claim that
    began with several bodies does not by that tie those bodies together: it
    stands in each of their groups, and in a group of its own if none is there.

    Parameters
    ----------
    evidence
        The tables.
    claims
        Ids of aggregate and facility claims.
    inferred
        Whether links that are our reading count; they do by default, since
        leaving one out can only make agreement look stronger than it is.

    Raises
    ------
    UserError
        If an id is unknown.
    """
    wanted = sorted(set(claims))
    bodies = agencies(evidence)
    unknown = [claim for claim in wanted if claim not in bodies]
    if unknown:
        raise UserError(
            f"no such claim: {', '.join(unknown)}; ids are those of "
            "aggregate_claims.csv and facility_claims.csv"
        )
    graph = parents(evidence, inferred=inferred)
    marks = {claim: ancestry(claim, graph) for claim in wanted}
    for claim in wanted:
        if len(bodies[claim]) == 1:
            marks[claim].add(f"agency:{bodies[claim][0]}")
    groups = _connected(marks)
    guests = [g for g in groups if len(g) == 1 and len(bodies[next(iter(g))]) > 1]
    hosts = [group for group in groups if group not in guests]
    found = []
    for group in hosts:
        origin = {body for claim in group for body in bodies[claim]}
        joined = {claim for g in guests for claim in g if origin & set(bodies[claim])}
        found.append(Lineage(tuple(sorted(group | joined)), tuple(sorted(origin))))
    placed = {claim for group in found for claim in group.claims}
    alone = [claim for g in guests for claim in g if claim not in placed]
    found += [Lineage((claim,), bodies[claim]) for claim in alone]
    return sorted(found, key=lambda one: (-len(one.claims), one.claims, one.agencies))


def _connected(marks: dict[str, set[str]]) -> list[set[str]]:
    """Groups of claims that share a mark, directly or through others."""
    groups: list[tuple[set[str], set[str]]] = []
    for claim, own in marks.items():
        members, shared = {claim}, set(own)
        apart = []
        for group, held in groups:
            if held & shared:
                members |= group
                shared |= held
            else:
                apart.append((group, held))
        groups = [*apart, (members, shared)]
    return [members for members, _ in groups]
