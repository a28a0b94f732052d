"""Read and check the evidence tables; turn the sources into a bibliography."""

from analysis.evidence.check import validate
from analysis.evidence.checked import problems
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
    "problems",
    "total",
    "unused_sources",
    "validate",
]
