"""The sensor's blur: a Gaussian by band, from the transfer that operators publish.

The width is not taken as known. Its logarithm has a prior, common to the bands
with a smaller part for each, and the edges of the buildings themselves narrow
it. Transfer at Nyquist of Sentinel-2's 10 m bands: required 0.15 to 0.30
(European Space Agency, Sentinel-2 mission requirements); of PlanetScope none is
published, and the prior is as wide.
"""

from __future__ import annotations

import math
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

Array = NDArray[np.floating]

TRANSFER_AT_NYQUIST = {10.0: 0.26, 3.0: 0.15}
"""Centre of the prior by pixel size in metres, the detector's aperture included."""

LOG_WIDTH_SD = 0.15
"""Prior standard deviation of the width's logarithm, common to all bands of a sensor."""

LOG_BAND_SD = 0.04
"""The same of each band about the common width: diffraction and charge diffusion differ."""


def gaussian_sigma(transfer: float) -> float:
    """Standard deviation in pixels of the Gaussian with this transfer at Nyquist.

    Raises
    ------
    ValueError
        If the transfer does not lie between 0 and 1.
    """
    if not 0 < transfer < 1:
        raise ValueError(f"a transfer of {transfer} at Nyquist is no blur: give 0 to 1")
    return math.sqrt(-2.0 * math.log(transfer)) / math.pi


@dataclass(frozen=True)
class Blur:
    """Prior of the widths of one sensor's point-spread function."""

    sigma: float
    """Centre of the prior in metres."""
    log_sd: float = LOG_WIDTH_SD
    """Standard deviation of the common logarithm."""
    log_band_sd: float = LOG_BAND_SD
    """Standard deviation of a band about it."""

    @classmethod
    def of(cls, gsd: float, transfer: float | None = None) -> Blur:
        """The prior of a sensor with pixels of ``gsd`` metres."""
        nearest = min(TRANSFER_AT_NYQUIST, key=lambda g: abs(math.log(g / gsd)))
        return cls(gsd * gaussian_sigma(transfer or TRANSFER_AT_NYQUIST[nearest]))

    def precision(self, bands: int) -> Array:
        """Inverse prior covariance of the logarithms of the bands' widths."""
        common = np.full((bands, bands), self.log_sd**2)
        return np.linalg.inv(common + self.log_band_sd**2 * np.eye(bands))
