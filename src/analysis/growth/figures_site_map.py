"""Map of one site: fitted outlines by class on the mean of the latest clear scenes."""

from __future__ import annotations

from typing import Any

import matplotlib.patheffects as effects
import numpy as np
import shapely
from matplotlib.axes import Axes
from matplotlib.figure import Figure
from matplotlib.lines import Line2D
from shapely.geometry import Polygon

from analysis import figures
from analysis.growth.buildings import Building, Measured
from analysis.growth.metric import metric
from analysis.scenes import grid as grids
from analysis.scenes.prepare import Prepared
from analysis.words import Words, words

LATEST = 6
"""Clear scenes of which the mean is shown."""

CLEAR = 0.8
"""Clear share from which a scene is taken; the clearest stand in where too few are."""

AROUND_M = 160.0
"""Ground shown around all that is outlined or fenced."""

STYLES: dict[str, dict[str, Any]] = {
    "standing": {"color": figures.SKY, "linestyle": (0, (7, 1.2, 1, 1.2)), "linewidth": 2.0},
    "new-footprint": {"color": figures.ORANGE, "linestyle": "-", "linewidth": 2.0},
    "re-roofing": {"color": figures.PURPLE, "linestyle": (0, (5, 1.5)), "linewidth": 2.0},
    "ground-works": {"color": figures.YELLOW, "linestyle": (0, (2, 1)), "linewidth": 1.6},
    "other": {"color": "white", "linestyle": "-", "linewidth": 0.9},
}
ZONES = {"perimeter": (0, (6, 3)), "housing-zone": (0, (1, 2))}

BARS_M = (50, 100, 200, 500, 1000, 2000, 5000)


def map_values(found: Measured, done: Prepared, text: Words) -> dict[str, Any]:
    """Numbers and dates that the texts of the map print."""
    chosen = latest(done)
    days = [str(d.astype("datetime64[D]")) for d in done.cube["time"].values[chosen]]
    kinds = [b.thing.kind for b in found.candidates if b.thing is not None]
    return {
        "new": kinds.count("new-footprint"), "roofs": kinds.count("re-roofing"),
        "works": kinds.count("ground-works"), "others": kinds.count("other"),
        "clear": len(days), "start": text.date(min(days), partial="month"),
        "end": text.date(max(days), partial="month"), "crs": found.crs,
        "gsd": text.number(found.gsd),
        "bar": text("growth_maps.map.metres", n=bar_m(_frame(found, done))),
    }  # fmt: skip


def latest(done: Prepared) -> np.ndarray:
    """Places of the latest clear scenes in the cube of the main sensor."""
    cube = done.cube
    valid = cube["valid"].values
    seen = valid.any(axis=0)
    share = valid[:, seen].mean(axis=1) if seen.any() else np.zeros(len(valid))
    order = np.argsort(cube["time"].values, kind="stable")
    clear = [i for i in order if share[i] >= CLEAR]
    if len(clear) < LATEST:
        clear = sorted(np.argsort(-share, kind="stable")[:LATEST], key=list(order).index)
    return np.array(clear[-LATEST:])


def picture(found: Measured, done: Prepared) -> np.ndarray:
    """Mean red reflectance of the latest clear scenes ``(y, x)``, stretched to 0 to 1."""
    cube = metric(done.cube.isel(time=latest(done)))
    red = np.where(cube["valid"].values, cube["red"].values, np.nan)
    seen = np.isfinite(red)
    mean = np.where(seen, red, 0.0).sum(axis=0) / np.maximum(seen.sum(axis=0), 1)
    low, high = np.quantile(mean[seen.any(axis=0)], [0.02, 0.995])
    return np.where(seen.any(axis=0), np.clip((mean - low) / max(high - low, 1e-6), 0, 1), np.nan)


def site_map(found: Measured, done: Prepared, language: str = "en") -> Figure:
    """Zones and outlines by class on a grey picture, with scale and north.

    The whole area stands on the left, what the zones and references frame on the right.
    """
    text = words(language)
    inner = _frame(found, done)
    whole = tuple(grids.projected(done.site.aoi.geometry, found.crs).bounds)
    figure, axes = figures.new(4.9, 1, 2)
    image = picture(found, done)
    for one, frame in zip(axes, (whole, inner), strict=True):
        _ground(one, image, found, frame)
        _outlines(one, found, done, shapely.box(*inner), labels_inside=frame == inner)
        _scale(one, frame, text)
        _north(one, text("growth_maps.map.north"))
    axes[0].plot(*shapely.box(*inner).exterior.xy, color="white", linewidth=1.2)
    figure.legend(handles=_handles(found, done, text), ncols=4, columnspacing=1.2, fontsize=8.5)
    if found.kind != "observed":
        figures.mark_simulated(figure, text)
    values = map_values(found, done, text)
    voice = "observed" if found.kind == "observed" else "simulated"
    line = text(f"growth_maps.source.{found.kind}", scenes=found.scenes_used,
                sensors=", ".join(found.sensors))  # fmt: skip
    return figures.finish(figure, text(f"growth_maps.map.title_{voice}", **values),
                          text("growth_maps.map.subtitle", **values), line)  # fmt: skip


def _ground(axes: Axes, image: np.ndarray, found: Measured, frame: tuple[float, ...]) -> None:
    """The picture, cut to west, south, east, north."""
    assert found.transform is not None
    right, _, west, _, down, north = found.transform
    height, width = image.shape
    extent = (west, west + right * width, north + down * height, north)
    axes.imshow(image, cmap="gray", extent=extent, interpolation="nearest", vmin=-0.15, vmax=1.35)
    axes.set(xlim=frame[::2], ylim=frame[1::2], xticks=[], yticks=[], aspect="equal")
    axes.grid(False)
    for side in axes.spines.values():
        side.set_visible(True)


def _outlines(
    axes: Axes, found: Measured, done: Prepared, inner: Polygon, *, labels_inside: bool
) -> None:
    """Zones and buildings; names of those inside or outside of the inner frame."""
    for role, dashes in ZONES.items():
        for feature in done.site.role(role):
            shape = grids.projected(feature.geometry, found.crs)
            for part in getattr(shape, "geoms", [shape]):
                axes.plot(*part.exterior.xy, color="black", linewidth=1.4, linestyle=dashes)
    theirs = {b.thing.id for b in found.references if b.thing is not None}
    for b in (*(c for c in found.candidates if c.id not in theirs), *found.references):
        if b.outline is None:
            continue
        named = inner.contains(b.outline.centroid) == labels_inside
        _building(axes, b, b.id == found.new, named)


def class_of(b: Building) -> str:
    """The class that a building is drawn in."""
    return "standing" if b.thing is None else b.thing.kind


def _building(axes: Axes, b: Building, new: bool, named: bool) -> None:
    shape, kind = b.outline, class_of(b)
    assert shape is not None
    style = dict(STYLES[kind])
    if b.fit is None and kind != "other":
        style["linestyle"] = (0, (1, 1.2))
    axes.plot(*shape.exterior.xy, color="black", linewidth=style["linewidth"] + 1.4)
    axes.plot(*shape.exterior.xy, **style)
    if kind == "other" or not named:
        return
    label = b.id if b.feature is not None else b.id.removeprefix("candidate-")
    corners = np.asarray(shape.exterior.coords)
    axes.annotate(
        f"{label} ★" if new else label, tuple(corners[np.argmax(corners[:, 0])]), (3, 0),
        textcoords="offset points", fontsize=8.5, fontweight="bold", va="center",
        annotation_clip=True,
        path_effects=[effects.withStroke(linewidth=2.5, foreground="white")],
    )  # fmt: skip


def _frame(found: Measured, done: Prepared) -> tuple[float, ...]:
    """West, south, east, north of what the zones and references frame, in the area's shape."""
    aoi = grids.projected(done.site.aoi.geometry, found.crs).envelope
    zones = [grids.projected(f.geometry, found.crs) for r in ZONES for f in done.site.role(r)]
    drawn = [b.outline for b in found.references if b.outline is not None]
    if found.new is not None and found.by_id(found.new).outline is not None:
        drawn.append(found.by_id(found.new).outline)
    near = shapely.union_all([*zones, *drawn] or [aoi]).buffer(AROUND_M).envelope
    west, south, east, north = near.intersection(aoi).bounds
    left, bottom, right, top = aoi.bounds
    # as much of the area's width as of its height, so that both frames look alike
    share = max((east - west) / (right - left), (north - south) / (top - bottom))
    found_at = []
    for low, high, first, last in ((west, east, left, right), (south, north, bottom, top)):
        side = share * (last - first)
        begin = min(max((low + high - side) / 2, first), last - side)
        found_at.append((begin, begin + side))
    (west, east), (south, north) = found_at
    return west, south, east, north


def bar_m(frame: tuple[float, ...]) -> int:
    """Length of the scale bar: the longest round one under a third of the width."""
    return max((b for b in BARS_M if b <= (frame[2] - frame[0]) / 3), default=BARS_M[0])


def _scale(axes: Axes, frame: tuple[float, ...], text: Words) -> None:
    west, south, east, north = frame
    length = bar_m(frame)
    x, y = west + 0.04 * (east - west), south + 0.04 * (north - south)
    for colour, thick in (("black", 5.0), ("white", 2.5)):
        axes.plot([x, x + length], [y, y], color=colour, linewidth=thick, solid_capstyle="butt")
    axes.text(x + length / 2, y + 0.015 * (north - south), text("growth_maps.map.metres", n=length),
              fontsize=8.5, ha="center", va="bottom",
              path_effects=[effects.withStroke(linewidth=2.5, foreground="white")])  # fmt: skip


def _north(axes: Axes, label: str) -> None:
    """An arrow to the north at the upper left."""
    axes.annotate(label, (0.06, 0.97), (0.06, 0.85), xycoords="axes fraction",
                  textcoords="axes fraction", ha="center", fontsize=10, fontweight="bold",
                  arrowprops={"arrowstyle": "-|>", "color": "black", "linewidth": 1.5},
                  path_effects=[effects.withStroke(linewidth=2.5, foreground="white")])  # fmt: skip


def _handles(found: Measured, done: Prepared, text: Words) -> list[Line2D]:
    """Legend of what is on the map."""
    there = {class_of(b) for b in (*found.references, *found.candidates) if b.outline is not None}
    stroke = [effects.withStroke(linewidth=3.4, foreground="black")]
    made = [Line2D([], [], label=text(f"growth_maps.map.{kind}"), path_effects=stroke, **style)
            for kind, style in STYLES.items() if kind in there]  # fmt: skip
    made += [Line2D([], [], color="black", linewidth=1.6, linestyle=dashes,
                    label=text(f"growth_maps.map.{role}"))
             for role, dashes in ZONES.items() if done.site.role(role)]  # fmt: skip
    if any(b.fit is None and b.outline is not None and class_of(b) != "other"
           for b in (*found.references, *found.candidates)):  # fmt: skip
        made.append(Line2D([], [], color="black", linewidth=2.0, linestyle=(0, (1, 1.2)),
                           label=text("growth_maps.map.unfitted")))  # fmt: skip
    return made
