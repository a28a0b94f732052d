"""Agreement counts lineages, not texts."""

from __future__ import annotations

import pytest

from analysis.errors import UserError
from analysis.evidence import Evidence, lineages


def test_sixty_missiles_and_one_third_are_one_lineage(evidence: Evidence):
    assert len(lineages(evidence, ["C37", "C38", "C39a", "C39b", "FC058"])) == 1


def test_the_sixty_of_others_joins_only_by_inferred_links(evidence: Evidence):
    rows = ["C37", "C43", "C45"]
    assert len(lineages(evidence, rows)) == 1
    assert len(lineages(evidence, rows, inferred=False)) == 3


def test_first_identifications_of_the_kharkiv_missile_are_apart(evidence: Evidence):
    assert len(lineages(evidence, ["C07", "C13", "C35"])) == 3


def test_retellings_of_one_team_are_one_voice(evidence: Evidence):
    (one,) = lineages(evidence, ["FC007", "FC008", "FC009", "FC010"])
    assert one.agencies == ("CNS",)


def test_a_claim_of_two_bodies_does_not_merge_them(evidence: Evidence):
    found = lineages(evidence, ["FC034", "FC036", "FC037"])
    assert {one.agencies for one in found} == {("CNS",), ("KCNA",)}
    assert all("FC036" in one.claims for one in found)


def test_a_claim_of_two_bodies_alone_is_one_lineage(evidence: Evidence):
    (one,) = lineages(evidence, ["FC039"])
    assert one.agencies == ("CNS", "KCNA")


def test_an_unknown_claim_is_named(evidence: Evidence):
    with pytest.raises(UserError, match="C99"):
        lineages(evidence, ["C37", "C99"])
