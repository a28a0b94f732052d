"""Sensors: what a scene's bands are called and which profile it is measured with."""

from __future__ import annotations

from dataclasses import dataclass

CORE = ("red", "green", "blue", "nir")
"""The least that a scene must offer."""

OPTIONAL = ("swir16",)
"""Used where present: snow."""

UDM2 = {"udm2_clear": 1, "udm2_snow": 2, "udm2_shadow": 3, "udm2_light_haze": 4,
        "udm2_heavy_haze": 5, "udm2_cloud": 6, "udm2_unusable": 8}  # fmt: skip
"""Bands of Planet's usable data mask."""

MASKS = ("scl", *UDM2, "qa_pixel")
"""Layers that say of each pixel what covers it."""


@dataclass(frozen=True)
class Profile:
    """One family of sensors."""

    name: str
    pixel_m: float
    """Nominal pixel, in metres."""
    mtf_nyquist: tuple[float, float]
    """Mean and standard deviation of the prior of the modulation transfer at
    the Nyquist frequency, from which the point-spread function follows."""
    baselines: bool
    """Whether a processing baseline of 04.00 brings an offset of -1000."""


PROFILES = (
    # Sentinel-2: 0.15 to 0.30 at Nyquist in the 10 m bands (ESA data quality reports).
    Profile("sentinel-2", 10.0, (0.26, 0.05), True),
    # PlanetScope: not published per satellite; resampled to 3 m from 3 to 4 m ground samples.
    Profile("planetscope", 3.0, (0.15, 0.07), False),
    Profile("landsat", 30.0, (0.35, 0.08), False),
    Profile("10m", 10.0, (0.26, 0.05), True),
    Profile("3m", 3.0, (0.15, 0.07), False),
    Profile("other", 10.0, (0.25, 0.10), False),
)
_BY_NAME = {p.name: p for p in PROFILES}

_SENTINEL2 = {"B01": "coastal", "B02": "blue", "B03": "green", "B04": "red", "B05": "rededge1",
              "B06": "rededge2", "B07": "rededge3", "B08": "nir", "B8A": "nir08", "B09": "nir09",
              "B10": "cirrus", "B11": "swir16", "B12": "swir22"}  # fmt: skip
_LANDSAT_OLI = {"B2": "blue", "B3": "green", "B4": "red", "B5": "nir", "B6": "swir16",
                "B7": "swir22"}  # fmt: skip
_SAME = {"near_infrared": "nir", "infrared": "nir", "nir08": "nir08", "swir_1": "swir16",
         "swir1": "swir16"}  # fmt: skip


def profile(constellation: str | None, platform: str | None, gsd: float | None) -> Profile:
    """The profile for an item: by constellation or platform, else by ground sample distance."""
    named = f"{constellation or ''} {platform or ''}".lower().replace(" ", "-")
    for word, name in (("sentinel-2", "sentinel-2"), ("planet", "planetscope"),
                       ("dove", "planetscope"), ("landsat", "landsat")):  # fmt: skip
        if word in named:
            return _BY_NAME[name]
    if gsd is None:
        return _BY_NAME["other"]
    for name, low, high in (("3m", 2.5, 5.0), ("10m", 8.0, 12.5), ("landsat", 25.0, 35.0)):
        if low <= gsd <= high:
            return _BY_NAME[name]
    return _BY_NAME["other"]


def by_name(name: str) -> Profile:
    """The profile of this name; an unknown one is ``other``."""
    return _BY_NAME.get(name, _BY_NAME["other"])


def band_name(raw: str | None, family: str) -> str | None:
    """The common name of a band that a catalogue or a file calls ``raw``, or ``None``."""
    if not raw:
        return None
    text = raw.strip()
    if family in ("sentinel-2", "10m", "other") and text.upper() in _SENTINEL2:
        return _SENTINEL2[text.upper()]
    if family == "landsat" and text.upper().replace("SR_", "") in _LANDSAT_OLI:
        return _LANDSAT_OLI[text.upper().replace("SR_", "")]
    word = text.lower().replace("-", "_").replace(" ", "_")
    word = _SAME.get(word, word)
    known = {*_SENTINEL2.values(), *MASKS}
    return word if word in known else None
