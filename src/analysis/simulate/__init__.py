"""Draw worlds whose truth is known, and render what sensors would see of them.

It shares no code with the measuring: its renderer and its point-spread
functions are its own, and neither imports the other.
"""

from analysis.simulate.catalogue import BUNDLED_SEED, write
from analysis.simulate.cube import cube
from analysis.simulate.draw import draw
from analysis.simulate.light import contrast
from analysis.simulate.render import Frame, Renderer
from analysis.simulate.spec import MATCHED, MISMATCHED, PLANT, SPECS, Spec, with_scenes
from analysis.simulate.world import Building, Scene, World

__all__ = [
    "BUNDLED_SEED",
    "MATCHED",
    "MISMATCHED",
    "PLANT",
    "SPECS",
    "Building",
    "Frame",
    "Renderer",
    "Scene",
    "Spec",
    "World",
    "contrast",
    "cube",
    "draw",
    "with_scenes",
    "write",
]
