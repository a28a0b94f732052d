"""From a world to pixels: blur by the sensor's transfer, sample, light, cloud and noise.

The fine image of `analysis.simulate.compose` is multiplied, in the frequency
domain, by the transfer of the band, by the phase of the scene's displacement,
and divided by the transfer of the fine cell; folding the spectrum onto the
pixel lattice samples it at the pixels' centres, aliases included.
"""

from __future__ import annotations

import math
from dataclasses import dataclass
from functools import cache

import numpy as np
import scipy.fft
from numpy.typing import NDArray
from scipy.ndimage import map_coordinates

from analysis.simulate import materials
from analysis.simulate.atmosphere import HAZE, SHADOW_DEPTH, Sky, sky
from analysis.simulate.chance import stream
from analysis.simulate.compose import Scenery
from analysis.simulate.coverage import Grid
from analysis.simulate.ground import Ground
from analysis.simulate.sensors import BANDS, SENSORS
from analysis.simulate.world import Scene, World

Image = NDArray[np.floating]

DN_PER_REFLECTANCE = 10_000
"""Digital numbers for a reflectance of one."""

COUNT = 4
"""Digital numbers in one count of the detector: twelve bits reach a reflectance of 1.6."""

PAD = 8
"""Pixels of ground drawn beyond each side of the chip; even, for the coarse bands."""

HEAVY_FREEDOM = 4.0
"""Degrees of freedom of the heavy-tailed noise."""


@dataclass(frozen=True)
class Frame:
    """One scene of one world as pixels; arrays of rows and columns by band."""

    scene: Scene
    surface: dict[str, Image]
    """Reflectance of the ground through the sensor: no sky, no noise."""
    observed: dict[str, Image]
    """Reflectance as the product carries it, before it is rounded to integers."""
    sky: Sky
    snow: Image
    """Share of each pixel's ground under snow."""

    def numbers(self, band: str) -> NDArray[np.uint16]:
        """The band as digital numbers, with the scene's offset; 0 is kept for no data."""
        level = COUNT * np.rint(self.observed[band] * (DN_PER_REFLECTANCE / COUNT))
        level += self.scene.offset
        return np.clip(level, 1, 65_535).astype(np.uint16)


class Renderer:
    """Renders the scenes of one sensor of one world.

    Parameters
    ----------
    world
        What there is.
    sensor
        Name of one of its sensors.
    dtype
        ``numpy.float64`` for files that must come out alike on every machine;
        ``numpy.float32`` is enough, and faster, for studies.
    bands
        Bands to render; all of the sensor's by default.
    """

    def __init__(
        self,
        world: World,
        sensor: str,
        dtype: type = np.float64,
        bands: tuple[str, ...] | None = None,
    ) -> None:
        plan = next(p for p in world.spec.plans if p.sensor == sensor)
        self.world, self.sensor, self.dtype = world, SENSORS[sensor], dtype
        self.bands = bands or self.sensor.bands
        self.pixels = plan.pixels
        gsd, fine = self.sensor.gsd, self.sensor.oversampling
        self.grid = chip_grid(plan.pixels, gsd)
        side = plan.pixels + 2 * PAD
        reach = side * gsd / 2
        self._fine = Grid(-reach, reach, gsd / fine, side * fine, side * fine)
        self._scenery = Scenery(world, Ground.of(world), self._fine, self.bands, dtype)
        self._transfer = cache(self._draw_transfer)

    def frame(self, scene: Scene) -> Frame:
        """Render one scene."""
        fine, snow = self._scenery.reflectance(scene)
        surface = {b: self._sample(fine[i], b, scene) for i, b in enumerate(self.bands)}
        if scene.generation == 2:
            surface = self._second_generation(surface)
        above = sky(self.world, scene, self.pixels, self.sensor.gsd)
        observed = {b: self._observe(v, b, scene, above) for b, v in surface.items()}
        return Frame(scene, surface, observed, above, self._share(snow))

    def blurred(self, fine: Image, band: str, scene: Scene) -> Image:
        """Any image on the fine grid (`fine_grid`), through the sensor as in a scene."""
        return self._sample(fine.astype(self.dtype), band, scene)

    @property
    def fine_grid(self) -> Grid:
        """The cells on which scenes are composed."""
        return self._fine

    # -- optics --------------------------------------------------------------------------

    def _draw_transfer(self, band: str) -> Image:
        """Transfer of a band on the half plane of frequencies of the fine grid."""
        cells = self._fine.rows
        native = self.world.optics[self.sensor.name].native
        per_pixel = self._step(band) * (native[0] if native else 1.0)
        south = scipy.fft.fftfreq(cells)[:, None]
        east = scipy.fft.rfftfreq(cells)[None, :]
        psf = self.world.optics[self.sensor.name].psf[band]
        seen = psf.transfer(east * per_pixel, -south * per_pixel)
        return (seen / (np.sinc(east) * np.sinc(south))).astype(self.dtype)

    def _step(self, band: str) -> int:
        """Fine cells on the side of a pixel of a band."""
        return self.sensor.oversampling * self.sensor.coarse[band]

    def _sample(self, fine: Image, band: str, scene: Scene) -> Image:
        """Blur, displace and sample the fine image on the chip."""
        cells, step = self._fine.rows, self._step(band)
        native = self.world.optics[self.sensor.name].native
        centre = 0.0 if native else (step - 1) / 2
        east, north = (v / self._fine.step for v in scene.shift_m)
        spectrum = scipy.fft.rfft2(fine)
        spectrum *= self._transfer(band)
        whole = np.complex64 if self.dtype == np.float32 else np.complex128
        rows = np.exp(2j * math.pi * scipy.fft.fftfreq(cells) * (centre + north)).astype(whole)
        columns = np.exp(2j * math.pi * scipy.fft.rfftfreq(cells) * (centre - east)).astype(whole)
        spectrum *= rows[:, None]
        spectrum *= columns[None, :]
        if native:
            return self._resampled(scipy.fft.irfft2(spectrum, s=(cells, cells)), band)
        folded = spectrum.reshape(step, cells // step, -1).sum(axis=0) / step
        lines = scipy.fft.ifft(folded, axis=0)
        pixels = scipy.fft.irfft(lines, n=cells, axis=1)[:, ::step]
        return self._crop(pixels, band)

    def _crop(self, padded: Image, band: str) -> Image:
        edge = PAD // self.sensor.coarse[band]
        return np.ascontiguousarray(padded[edge:-edge, edge:-edge])

    def _lattice(self, band: str) -> tuple[int, Image, Image]:
        """Side of the measured grid, and the chip's pixels in its rows and columns."""
        native = self.world.optics[self.sensor.name].native
        assert native is not None
        pixel, turn, phase_east, phase_south = native
        number = self.pixels // self.sensor.coarse[band]
        side = math.ceil(number / pixel * 1.16) + 8
        place = np.arange(number) - (number - 1) / 2
        south, east = np.meshgrid(place, place, indexing="ij")
        a = math.radians(turn)
        rows = (math.cos(a) * south + math.sin(a) * east) / pixel
        columns = (math.cos(a) * east - math.sin(a) * south) / pixel
        middle = (side - 1) / 2
        return side, rows + middle + phase_south, columns + middle + phase_east

    def _resampled(self, blurred: Image, band: str) -> Image:
        """Measure on the native grid, then resample to the chip by cubic splines."""
        native = self.world.optics[self.sensor.name].native
        assert native is not None
        side, rows, columns = self._lattice(band)
        step, middle = self._step(band), (side - 1) / 2
        pixel, turn, phase_east, phase_south = native
        place = (np.arange(side) - middle) * pixel
        south, east = np.meshgrid(
            place - phase_south * pixel, place - phase_east * pixel, indexing="ij"
        )
        a = math.radians(turn)
        centre = (self._fine.rows - 1) / 2
        at_rows = centre + step * (math.cos(a) * south - math.sin(a) * east)
        at_columns = centre + step * (math.cos(a) * east + math.sin(a) * south)
        measured = map_coordinates(blurred, [at_rows, at_columns], order=3, mode="grid-wrap")
        return map_coordinates(measured, [rows, columns], order=3, mode="mirror")

    # -- light and noise -----------------------------------------------------------------

    def _second_generation(self, surface: dict[str, Image]) -> dict[str, Image]:
        """Other filters: each band sees a little of the next longer one."""
        leak = self.world.optics[self.sensor.name].spectral
        names = list(surface)
        return {
            b: v + leak[i] * (surface[names[min(i + 1, len(names) - 1)]] - v)
            for i, (b, v) in enumerate(surface.items())
        }

    def _observe(self, surface: Image, band: str, scene: Scene, above: Sky) -> Image:
        """Add sky, scene-to-scene differences and noise to a band."""
        factor = self.sensor.coarse[band]
        opacity, shadow, haze = (
            _coarser(v, factor) for v in (above.opacity, above.shadow, above.haze)
        )
        sky_share = materials.SKY_SHARE[BANDS.index(band)]
        lit = surface * (1 - (1 - sky_share) * SHADOW_DEPTH * shadow)
        cloud = materials.CLOUD[BANDS.index(band)]
        hidden = 1 - (1 - opacity) * (1 - above.veil)
        seen = lit + hidden * (cloud - lit) + HAZE[band] * haze
        seen = seen * scene.gain[band] + scene.bias[band]
        floor, slope = self.sensor.noise_floor, self.sensor.noise_slope
        deviation = self.world.spec.noise_scale * np.hypot(floor, slope * seen)
        return seen + deviation * self._noise(seen.shape, band, scene)

    def _noise(self, shape: tuple[int, ...], band: str, scene: Scene) -> Image:
        """Noise of standard deviation one on the chip."""
        chance = stream(self.world.seed, "noise", scene.number, band)
        resampled = self.world.optics[self.sensor.name].native is not None
        side = self._lattice(band)[0] if resampled else shape[0]
        made = _draw_noise(chance, self.world.spec.noise, side)
        if not resampled:
            return made
        _, rows, columns = self._lattice(band)
        return map_coordinates(made, [rows, columns], order=3, mode="mirror")

    def _share(self, snow: Image | None) -> Image:
        """Mean of a fine field over each pixel of the chip."""
        if snow is None:
            return np.zeros((self.pixels, self.pixels))
        mean = _coarser(snow.astype(np.float64), self.sensor.oversampling)
        return mean[PAD:-PAD, PAD:-PAD]


def chip_grid(pixels: int, gsd: float) -> Grid:
    """The pixels of a chip, centred on the world's origin."""
    reach = pixels * gsd / 2
    return Grid(-reach, reach, gsd, pixels, pixels)


def _coarser(image: Image, factor: int) -> Image:
    """Mean over blocks of ``factor`` by ``factor``."""
    if factor == 1:
        return image
    rows, columns = image.shape
    return image.reshape(rows // factor, factor, columns // factor, factor).mean(axis=(1, 3))


def _draw_noise(chance: np.random.Generator, kind: str, side: int) -> Image:
    if kind == "heavy":
        scale = math.sqrt((HEAVY_FREEDOM - 2) / HEAVY_FREEDOM)
        return scale * chance.standard_t(HEAVY_FREEDOM, (side, side))
    white = chance.standard_normal((side, side))
    if kind == "white":
        return white
    # correlated: neighbours share half of it, and columns have stripes of a third of it
    mixed = white + 0.5 * (np.roll(white, 1, 0) + np.roll(white, 1, 1))
    stripes = chance.standard_normal(side)[None, :]
    return (mixed / math.sqrt(1.5) + 0.33 * stripes) / math.sqrt(1 + 0.33**2)
