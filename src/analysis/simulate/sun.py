"""Where the sun stands: the low-precision solar position of the Astronomical Almanac.

Good to 0.01 degrees between 1950 and 2050 and, by the same series, to a few
hundredths in the century after, far below what a shadow of ten metres shows.
"""

from __future__ import annotations

import math
from datetime import UTC, datetime

_EPOCH = datetime(2000, 1, 1, 12, tzinfo=UTC)


def position(when: datetime, latitude: float, longitude: float) -> tuple[float, float]:
    """Azimuth (degrees clockwise from north) and elevation (degrees) of the sun."""
    days = (when - _EPOCH).total_seconds() / 86400
    mean_longitude = math.radians((280.460 + 0.9856474 * days) % 360)
    anomaly = math.radians((357.528 + 0.9856003 * days) % 360)
    ecliptic = mean_longitude + math.radians(
        1.915 * math.sin(anomaly) + 0.020 * math.sin(2 * anomaly)
    )
    obliquity = math.radians(23.439 - 4e-7 * days)
    ascension = math.atan2(math.cos(obliquity) * math.sin(ecliptic), math.cos(ecliptic))
    declination = math.asin(math.sin(obliquity) * math.sin(ecliptic))
    sidereal = math.radians((280.46061837 + 360.98564736629 * days + longitude) % 360)
    hour = sidereal - ascension
    phi = math.radians(latitude)
    up = math.sin(phi) * math.sin(declination) + math.cos(phi) * math.cos(declination) * math.cos(
        hour
    )
    east = -math.cos(declination) * math.sin(hour)
    north = math.sin(declination) * math.cos(phi) - math.cos(declination) * math.cos(
        hour
    ) * math.sin(phi)
    return math.degrees(math.atan2(east, north)) % 360, math.degrees(math.asin(up))
