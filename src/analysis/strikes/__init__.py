"""Strike statistics: bounds on shares and counts, casualties, and how choices move them."""

from analysis.strikes.chapter import SECTIONS, results, section

__all__ = ["SECTIONS", "results", "section"]
