"""What has been published about the plant: dates, the size claim, places, conflicts.

Everything here is read from the evidence tables. Nothing is measured: no image
is opened in this chapter.
"""

from analysis.facility.chronology import entries
from analysis.facility.contradictions import conflicts
from analysis.facility.drift import retellings
from analysis.facility.locator import layers
from analysis.facility.record import area, results

__all__ = ["area", "conflicts", "entries", "layers", "results", "retellings"]
