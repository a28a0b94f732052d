"""Read and check the evidence tables; turn the sources into a bibliography."""

from analysis.evidence.check import require, validate
from analysis.evidence.incidents import events, located, total
from analysis.evidence.lineage import Lineage, lineages
from analysis.evidence.package import TABLES, Evidence, load
from analysis.evidence.problem import Problem
from analysis.evidence.sources import bibliography, unused_sources

__all__ = [
    "TABLES",
    "Evidence",
    "Lineage",
    "Problem",
    "bibliography",
    "events",
    "lineages",
    "load",
    "located",
    "require",
    "total",
    "unused_sources",
    "validate",
]
