"""What a run is about: the plant that the claims speak of, or a site without claims.

The site file decides. A site that names a table of claims has the whole report; one that names
none has only the chapters on itself and on the methods.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

from analysis import claims, paths, site
from analysis.errors import CheckFailed, UserError
from analysis.places import place
from analysis.report.notebooks import Notebook
from analysis.results import Results


@dataclass(frozen=True)
class Scope:
    """The site of a run, as far as it chooses the chapters."""

    name: str
    """Of the site."""
    claims: str | None
    """Table of claims about it."""
    fingerprint: str
    """Of all that its file says."""

    @property
    def about(self) -> str:
        """What notebooks call such a run: about ``claims``, or about a ``site`` alone."""
        return "claims" if self.claims else "site"

    def to_json(self) -> dict[str, Any]:
        """As it stands in ``run.json``."""
        return asdict(self)


def of(parameters: Mapping[str, Any]) -> Scope:
    """The scope that follows from the parameters of a run.

    Raises
    ------
    UserError
        If there is no such site or source, or the site names claims that the evidence lacks or
        that are about another place.
    CheckFailed
        If a catalogue that brings its site does not answer.
    """
    found = _site(str(parameters.get("source", "")), str(parameters.get("site", "")))
    if found.claims not in (None, claims.TABLE):
        raise UserError(
            f"site {found.name!r} names the claims {found.claims!r}, of which there is no table: "
            f"name {claims.TABLE!r} if they are those of this report, or leave the property out"
        )
    if found.claims and not _holds_the_plant(found):
        raise UserError(
            f"site {found.name!r} names the claims {found.claims!r}, but its area of interest does "
            "not hold the buildings that they are about: leave the property out"
        )
    return Scope(found.name, found.claims, found.fingerprint)


def _holds_the_plant(of: site.Site) -> bool:
    """Whether the published buildings of the plant lie in a site's area of interest.

    A catalogue may bring a site of its own, and whoever wrote it may name any claims.
    """
    return all(of.aoi.geometry.covers(b.geometry.centroid) for b in site.load().references)


def _site(source: str, named: str) -> site.Site:
    """The site of the scenes; the bundled ones stand in for the plant, of which there are none."""
    from analysis.scenes import source as sources

    if _stands_in({"source": source, "site": named}):
        return site.load()
    if named:
        return site.read(site.locate(place(named)))
    return sources.site_for(sources.resolve(place(source)))


def _stands_in(parameters: Mapping[str, Any]) -> bool:
    """Whether the bundled scenes, of an invented place, stand in for those of the plant."""
    from analysis.scenes import source as sources

    source = str(parameters.get("source", ""))
    if parameters.get("site"):
        return False
    own = (paths.project_root() / sources.BUNDLED).resolve()
    there = Path(place(source))
    return source in ("", "bundled") or ("://" not in source and there.resolve() == own)


def is_recorded(record: Mapping[str, Any]) -> bool:
    """Whether a run says what it is about, as runs of this version do."""
    return "fingerprint" in record.get("site", {})


def recorded(record: Mapping[str, Any]) -> Scope:
    """The scope that a run was made in, from its record.

    Raises
    ------
    UserError
        If the run was made before runs said what they are about.
    """
    if not is_recorded(record):
        raise UserError("this run does not say which site it is about: make it again")
    return Scope(**record["site"])


def confirm(scope: Scope, parameters: Mapping[str, Any], found: Results) -> None:
    """Refuse results that were measured at another site than the chapters were chosen for.

    A catalogue that brings its site is asked twice: for the scope, and by the notebook that
    measures. The bundled scenes show no place, so there the site of the claims stands in.

    Raises
    ------
    CheckFailed
        Naming both sites.
    """
    told = found.get("growth.edition")
    if told is None:  # nothing was measured
        return
    there = Scope(*(told.extra[n] for n in ("site", "site_claims", "site_fingerprint")))
    if there != scope and not _stands_in(parameters):
        raise CheckFailed(
            f"the site of the scenes changed while the report was made: it was {scope.name!r}, "
            f"and {there.name!r} was measured, with other limits or another name; run it again"
        )


def chapters(scope: Scope, notebooks: Mapping[str, Notebook]) -> dict[str, Notebook]:
    """The notebooks that a run of this scope executes, in their order.

    Raises
    ------
    UserError
        If one of them waits for one that such a run does not have.
    """
    own = {n.name: n for n in notebooks.values() if n.about in (None, scope.about)}
    for notebook in own.values():
        for absent in set(notebook.after) - set(own):
            raise UserError(
                f"notebook {notebook.name} comes after {absent}, which a report on "
                f"{scope.name!r} does not have"
            )
    return own


def check_given(scope: Scope, given: Sequence[str], notebooks: Mapping[str, Notebook]) -> None:
    """Refuse parameters that concern only chapters which the run does not have.

    Parameters
    ----------
    given
        ``NAME=VALUE`` parameters that are known to some notebook.

    Raises
    ------
    UserError
        Naming the parameter, its chapter, and why that is not there.
    """
    why = "claims are about its site" if scope.claims else "its site names no claims"
    own = {name for n in chapters(scope, notebooks).values() for name in n.defaults}
    for name in (item.partition("=")[0] for item in given):
        if name not in own:
            of = ", ".join(n.name for n in notebooks.values() if name in n.defaults)
            raise UserError(
                f"parameter {name!r} concerns {of} alone, which a report on {scope.name!r} does "
                f"not have, since {why}: leave it out"
            )
