"""The two invented sensors: bands, sharpness, noise and orbits.

They are modelled on the two kinds of image that the report would use, 10 m
from a public mission and 3 m from a commercial one, and carry neither's name.
"""

from __future__ import annotations

from dataclasses import dataclass

BANDS = ("blue", "green", "red", "nir", "swir16")
"""Every band that a surface has a reflectance in, in the order of a spectrum."""

WAVELENGTH = {"blue": 0.49, "green": 0.56, "red": 0.665, "nir": 0.842, "swir16": 1.61}
"""Centre wavelengths in micrometres."""


@dataclass(frozen=True)
class Sensor:
    """What stays the same from scene to scene."""

    name: str
    gsd: float
    """Side of a pixel, metres."""
    coarse: dict[str, int]
    """Bands, each with the factor by which its pixel is larger than ``gsd``."""
    mtf: dict[str, float]
    """Mean over worlds of the transfer at the band's own Nyquist frequency."""
    mtf_spread: float
    """Relative half-width of the world's draw about that mean, in Gaussian width."""
    noise_floor: float
    """Standard deviation of the noise of a black pixel, reflectance."""
    noise_slope: float
    """Noise added in proportion to the signal."""
    margin: int
    """Pixels at each side that carry the mark."""
    oversampling: int
    """Fine cells per pixel, on a side."""

    @property
    def bands(self) -> tuple[str, ...]:
        """Bands in the order of their wavelength."""
        return tuple(b for b in BANDS if b in self.coarse)


SENSORS = {
    "sim-10m": Sensor(
        name="sim-10m",
        gsd=10.0,
        coarse={"blue": 1, "green": 1, "red": 1, "nir": 1, "swir16": 2},
        mtf={"blue": 0.28, "green": 0.27, "red": 0.25, "nir": 0.24, "swir16": 0.22},
        mtf_spread=0.15,
        noise_floor=0.0012,
        noise_slope=0.006,
        margin=8,
        oversampling=4,
    ),
    "sim-3m": Sensor(
        name="sim-3m",
        gsd=3.0,
        coarse={"blue": 1, "green": 1, "red": 1, "nir": 1},
        mtf={"blue": 0.16, "green": 0.16, "red": 0.15, "nir": 0.13},
        mtf_spread=0.15,
        noise_floor=0.003,
        noise_slope=0.015,
        margin=10,
        oversampling=3,
    ),
}
"""Sensors by name; the name is also the ``constellation`` of their scenes."""
