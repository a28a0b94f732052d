"""One seed gives one answer: compiled code sums in one order, whether it was cached or not."""

import os
import subprocess
import sys

import pytest

SCRIPT = """
import hashlib
import numpy as np
from analysis.growth import normal, render
chance = np.random.default_rng(1)
east = np.arange(-60.0, 61.0, 10.0)
lattice = render.Lattice(east, east[::-1].copy(), 10.0, 30.0)
ring = np.array([[-31.0, -12], [28, -15], [31, 14], [-29, 13]])
sigma = np.array([5.2, 5.5, 6.1, 4.9])
made = [lattice.samples(lattice.draw(ring), sigma, s) for s in chance.normal(size=(5, 2))]
x, y = (v.ravel() for v in np.meshgrid(east, east))
rate, moved = np.zeros((4, 6, x.size)), np.zeros((2, 4, x.size))
wide, strength = np.zeros((4, x.size)), chance.normal(size=(4, x.size))
along = chance.normal(size=(4, 6, 2))
render.edge_moves(x, y, ring, along, sigma, strength, rate, moved, wide)
slid, bent = np.zeros((2, 4, x.size)), np.zeros((3, 4, x.size))
render.edge_bends(x, y, ring, sigma, slid, bent)
t, p, k = 5, x.size, 4
parts = [chance.normal(size=s) for s in ((9, t, p), (2, t, p), *[(t, p)] * 4, (t, k))]
blocks = normal.gather(*parts)
made += [rate, moved, wide, slid, bent, blocks.level, blocks.move, blocks.field, blocks.fields]
made.append(normal.whitened(blocks.field, np.linalg.cholesky(np.eye(k) * np.ones((p, 1, 1)))))
print(hashlib.sha256(b"".join(np.ascontiguousarray(m).tobytes() for m in made)).hexdigest())
"""


@pytest.mark.slow
def test_a_cold_and_a_warm_cache_give_the_same_bytes(tmp_path):
    environment = os.environ | {"NUMBA_CACHE_DIR": str(tmp_path)}
    runs = [
        subprocess.run(
            [sys.executable, "-c", SCRIPT], env=environment, check=True, capture_output=True,
            text=True, timeout=240,
        ).stdout
        for _ in range(3)
    ]  # fmt: skip
    assert any(tmp_path.rglob("*.nbc")), "nothing was cached"
    assert len(set(runs)) == 1
