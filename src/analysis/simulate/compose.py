"""What the ground and the buildings reflect on one day, on a fine grid, before any blur.

Painter's order: soil and grass, forest, fields, yards and roads, snow, then
each building with the shadow it casts, the walls it shows and its roof. A
building's parts are added with their exact shares of each cell, so that
nothing shines through between two parts.
"""

from __future__ import annotations

import math
from datetime import date, timedelta
from functools import cache

import numpy as np
from numpy.typing import NDArray
from shapely import affinity
from shapely.geometry import Point, Polygon
from shapely.geometry.base import BaseGeometry

from analysis.simulate import materials
from analysis.simulate.calendar import quantile
from analysis.simulate.coverage import Grid, coverage, window
from analysis.simulate.ground import Ground
from analysis.simulate.light import cast_shadow, roof_snow, slope_light, standing_cover, step
from analysis.simulate.outlines import grown, slopes, strips, sweep
from analysis.simulate.sensors import BANDS
from analysis.simulate.world import Building, Cover, Field, Patch, Scene, World

Image = NDArray[np.floating]

SLAB_SHARE = 0.4
"""Share of the building time after which the slab is poured."""

OPEN_DAYS = 200
"""Building time assumed for a hall that is never roofed."""

FADE_DAYS = 500.0
"""Days in which dug ground around a finished hall settles to a yard."""


class Scenery:
    """Draws the reflectance of one world on one fine grid.

    Parameters
    ----------
    world
        What there is.
    ground
        Its unchanging fields.
    grid
        Fine cells, in metres about the world's origin.
    bands
        Which bands to draw, in the order of `analysis.simulate.sensors.BANDS`.
    dtype
        Of the images.
    """

    def __init__(
        self, world: World, ground: Ground, grid: Grid, bands: tuple[str, ...], dtype: type
    ) -> None:
        self.world, self.ground, self.grid, self.dtype = world, ground, grid, dtype
        self.columns = [BANDS.index(b) for b in bands]
        self._layers = cache(self._draw_layers)
        self._roofs = cache(self._cut_roof)

    def reflectance(self, scene: Scene) -> tuple[Image, Image | None]:
        """Surface reflectance on the day of a scene: bands, rows and columns.

        Beside it the share of each cell's ground under snow, or None.
        """
        layers = self._layers(scene.incidence, scene.view_azimuth)
        image = self._land(scene, layers)
        for field in self.world.fields:
            self._field(image, field, scene, layers)
        self._yards(image, scene, layers)
        snow = self._snow(image, scene, layers)
        for building in self.world.buildings:
            self._building(image, building, scene, layers, snow)
        return image, snow

    # -- geometry ------------------------------------------------------------------------

    def displacement(self, east: float, north: float, scene: Scene) -> tuple[float, float]:
        """Metres by which a scene shows a place off, for the terrain model's error there."""
        error = self.world.spec.terrain
        if not error:
            return 0.0, 0.0
        height = float(self.ground.at("height", np.array([east]), np.array([north]))[0])
        return step(scene.view_azimuth, error * height * math.tan(math.radians(scene.incidence)))

    def _placed(self, outline: BaseGeometry, scene: Scene) -> BaseGeometry:
        """A shape where a scene shows it; it moves as a whole and keeps its area."""
        if not self.world.spec.terrain:
            return outline
        middle = outline.centroid
        return affinity.translate(outline, *self.displacement(middle.x, middle.y, scene))

    def _draw_layers(self, incidence: float, azimuth: float) -> dict[str, Image]:
        """The unchanging fields as seen from one direction."""
        east, north = np.meshgrid(*self.grid.centres())
        if self.world.spec.terrain:
            height = self.ground.at("height", east, north)
            reach = self.world.spec.terrain * math.tan(math.radians(incidence))
            step_east, step_north = step(azimuth, reach)
            east, north = east - step_east * height, north - step_north * height
        at = {n: self.ground.at(n, east, north) for n in self.ground.fields if n != "height"}
        made = {"brightness": np.exp(self.world.wildness * at["brightness"])}
        made["leafiness"] = 1 + 0.25 * at["leafiness"]
        lean = math.log(self.world.greenness / (1 - self.world.greenness))
        made["cover"] = 1 / (1 + np.exp(-(lean + 1.1 * at["cover"])))
        if "forest" in at:
            outside = np.clip((np.hypot(east, north) - 380) / 200, 0, 1)
            made["forest"] = outside / (1 + np.exp(-9 * (at["forest"] - 0.75)))
            for zone in self.world.zones.get("perimeter", ()):
                self._thin(made["cover"], Polygon(zone))
        if "drift" in at:
            made["drift"] = at["drift"]
        return {n: v.astype(self.dtype) for n, v in made.items()}

    def _thin(self, cover: Image, zone: Polygon) -> None:
        """Little grows where people drive and store things."""
        part = window(self.grid, zone)
        if part is not None:
            share = coverage(zone, self.grid, part)
            cover[part.rows, part.columns] *= 1 - 0.7 * share

    # -- ground --------------------------------------------------------------------------

    def _land(self, scene: Scene, layers: dict[str, Image]) -> Image:
        """Soil, grass and forest."""
        late, vigour = self.world.seasons[self.world.year(scene.date)]
        green = materials.greenness(scene.date, late, vigour)
        leaf = np.clip(green * layers["leafiness"], 0, 1)
        covered = layers["cover"]
        image: Image = np.empty((len(self.columns), *self.grid.shape), self.dtype)
        woods = materials.leaves(scene.date, late)
        for row, column in enumerate(self.columns):
            soil = self.world.soil[column] * scene.moisture
            straw, green_leaf = materials.STRAW[column], materials.LEAF[column]
            plain = soil + covered * (straw - soil + leaf * (green_leaf - straw))
            plain *= layers["brightness"]
            if "forest" in layers:
                summer = materials.FOREST_SUMMER[column]
                winter = materials.FOREST_WINTER[column]
                trees = (winter + woods * (summer - winter)) * layers["brightness"] ** 1.5
                plain += layers["forest"] * (trees - plain)
            image[row] = plain
        return image

    def _field(self, image: Image, field: Field, scene: Scene, layers: dict[str, Image]) -> None:
        kind = field.crops[min(self.world.year(scene.date), len(field.crops) - 1)]
        late = self.world.seasons[self.world.year(scene.date)][0] + field.delay
        green, water = materials.crop(kind, scene.date, late)
        soil = np.array(self.world.soil) * field.soil * scene.moisture
        colour = soil + green * (np.array(materials.LEAF) - soil)
        colour += water * (np.array(materials.PADDY) - colour)
        colour *= field.soil**0.5
        self._paint(image, Polygon(field.outline), colour, scene, layers, grain=0.6)

    def _yards(self, image: Image, scene: Scene, layers: dict[str, Image]) -> None:
        """Roads, yards, water, pits, and the ground around buildings."""
        for patch in self.world.patches:
            if _there(patch, scene.date):
                grain = 0.1 if patch.material in ("water", "road") else 0.5
                colour = np.array(patch.colour)
                self._paint(image, Polygon(patch.outline), colour, scene, layers, grain)
        for building in self.world.buildings:
            self._works(image, building, scene, layers)

    def _works(
        self, image: Image, building: Building, scene: Scene, layers: dict[str, Image]
    ) -> None:
        """Dug ground while a hall is built, its slab, and the yard around it afterwards."""
        day, began = scene.date, building.ground_broken
        if began is not None and day < began:
            return
        apron = self.world.spec.apron
        foundation = Polygon(building.foundation)
        done = began is None or (building.roof_on is not None and day >= building.roof_on)
        if done:
            if not apron:
                return
            since = building.roof_on
            fresh = math.exp(-(day - since).days / FADE_DAYS) if since else 0.0
            dug, yard = np.array(materials.EARTHWORKS), np.array(materials.GRAVEL)
            colour = yard + fresh * (dug - yard)
            around = grown(foundation, apron)
            self._paint(image, around, colour, scene, layers, 0.7, opacity=0.45 + 0.45 * fresh)
            return
        assert began is not None
        until = building.roof_on or began + timedelta(days=OPEN_DAYS)
        colour = np.array(materials.EARTHWORKS)
        self._paint(image, grown(foundation, apron), colour, scene, layers, 0.5, opacity=0.95)
        if (day - began) >= SLAB_SHARE * (until - began):
            self._paint(image, foundation, np.array(materials.CONCRETE), scene, layers, 0.2)

    def _paint(
        self,
        image: Image,
        shape: Polygon,
        colour: NDArray[np.float64],
        scene: Scene,
        layers: dict[str, Image],
        grain: float,
        opacity: float = 1.0,
    ) -> None:
        """Lay a colour over part of the image; ``grain`` is how much ground texture it keeps."""
        placed = self._placed(shape, scene)
        part = window(self.grid, placed)
        if part is None:
            return
        share = opacity * coverage(placed, self.grid, part)
        texture = layers["brightness"][part.rows, part.columns] ** grain
        view = image[:, part.rows, part.columns]
        for row, column in enumerate(self.columns):
            view[row] += share * (colour[column] * texture - view[row])

    def _snow(self, image: Image, scene: Scene, layers: dict[str, Image]) -> Image | None:
        """Lay snow on the ground; returns its share of each cell."""
        if not scene.snow:
            return None
        depth = (layers["drift"] - quantile(scene.snow)) / 0.35
        share = np.clip(depth + 0.5, 0, 1).astype(self.dtype)
        if "forest" in layers:
            share = share * (1 - 0.6 * layers["forest"])
        for row, column in enumerate(self.columns):
            image[row] += 0.93 * share * (materials.SNOW[column] - image[row])
        return share

    # -- buildings -----------------------------------------------------------------------

    def _building(
        self,
        image: Image,
        building: Building,
        scene: Scene,
        layers: dict[str, Image],
        snow: Image | None,
    ) -> None:
        """Shadow, walls and roof of a finished building."""
        cover = standing_cover(building, scene.date)
        if cover is None:
            return
        moved = self.displacement(*_middle(building), scene)
        roof, wall = Polygon(building.roof), Polygon(building.wall)
        top = step(scene.view_azimuth, building.height * math.tan(math.radians(scene.incidence)))
        seen_roof = affinity.translate(roof, *top)
        body = sweep(wall, *top).union(seen_roof) if building.height else seen_roof
        shade = cast_shadow(roof, building.height, scene)
        pieces: list[tuple[BaseGeometry, NDArray[np.float64]]] = []
        frost = roof_snow(self.world, building, scene) if snow is not None else 0.0
        for piece, colour, slope in self._roofs(building.id, cover):
            lit = slope_light(building, slope, scene)
            value = np.array(cover.colours[colour]) * lit
            value += frost * (np.array(materials.SNOW) - value)
            pieces.append((affinity.translate(piece, *top), value))
        if building.height:
            pieces.append((body.difference(seen_roof), 0.6 * np.array(materials.WALL)))
        shadow = shade.difference(body) if building.height else shade
        seen_body, seen_shadow = (affinity.translate(s, *moved) for s in (body, shadow))
        part = window(self.grid, seen_body, seen_shadow)
        if part is None:
            return
        view = image[:, part.rows, part.columns]
        texture = layers["brightness"][part.rows, part.columns] ** 0.15
        hidden = np.zeros(part.shape)
        added = np.zeros_like(view)
        for piece, value in pieces:
            share = coverage(affinity.translate(piece, *moved), self.grid, part)
            hidden += share
            for row, column in enumerate(self.columns):
                added[row] += share * value[column] * texture
        dark = coverage(seen_shadow, self.grid, part)
        for row, column in enumerate(self.columns):
            left = 1 - hidden - (1 - materials.SKY_SHARE[column]) * dark
            view[row] = view[row] * np.maximum(left, 0) + added[row]

    def _cut_roof(self, identity: str, cover: Cover) -> list[tuple[BaseGeometry, int, int]]:
        """Parts of a roof, each with the position of its colour and its slope."""
        building = self.world.by_id[identity]
        roof = Polygon(building.roof)
        found = []
        for colour, strip in enumerate(strips(roof, building.angle, cover.cuts)):
            if not building.pitch:
                found.append((strip, colour, -1))
                continue
            for slope, side in enumerate(slopes(roof, building.angle)):
                found.append((strip.intersection(side), colour, slope))
        return found


def _middle(building: Building) -> tuple[float, float]:
    middle: Point = Polygon(building.roof).centroid
    return middle.x, middle.y


def _there(patch: Patch, day: date) -> bool:
    return (patch.since is None or patch.since <= day) and (
        patch.until is None or day < patch.until
    )
