"""Read and check the evidence tables; turn the sources into a bibliography."""

from analysis.evidence.package import TABLES, Evidence, load

__all__ = ["TABLES", "Evidence", "load"]
