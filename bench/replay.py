"""Carry a study over a change of code that cannot have touched it, on the word of its worlds.

    python -m bench.replay 20        twenty estates of `blocks` and a few of each other kind

Worlds of every kind, chosen by the new digest so that no two carries look at the same ones, are
made again, and all tables are computed anew from the rows. Only if the tables come out as they
stand in the results, and the worlds too (whole numbers alike, others to a thousandth, since
another processor rounds otherwise), does the digest of the present code take the place of the old
one; ``carried`` then says from which code and by which worlds. Else nothing is written, and the
study has to be run again.
"""

from __future__ import annotations

import json
import math
import sys
from typing import Any

import numpy as np

from bench import blocks
from bench.record import FOLDER, code, write

ROUNDED = 1e-3
"""Share by which a number may be off: rows hold two digits and more behind the point."""

OTHERS = 3
"""Worlds of each kind beside the main one."""


def main(worlds: int) -> None:
    """Replay estates of `blocks`, and carry the study over if nothing has changed."""
    kept = json.loads((FOLDER / "blocks.json").read_text(encoding="utf-8"))
    digest = code(blocks.MODULES)
    kinds = split(kept["worlds"])
    made = json.loads(json.dumps(blocks.tables(*kinds)))
    changed = [name for name, table in made.items() if table != kept[name]]
    if changed:
        sys.exit(f"tables come out differently: {', '.join(changed)}; run the study again")
    chosen = choose(kinds, worlds, digest)
    for number, row in enumerate(chosen, 1):
        if not same(row, blocks.again(row)):
            sys.exit(f"estate {row['seed']} comes out differently: run the study again")
        print(f"{number} of {len(chosen)} estates are the same", file=sys.stderr, flush=True)
    step = {"from": kept["code"], "worlds": [[r["sensor"], r["seed"]] for r in chosen]}
    kept["carried"] = [*kept.get("carried", []), step]
    write("blocks", kept | {"code": digest}, blocks.MODULES)


def same(old: dict[str, Any], new: dict[str, Any] | None) -> bool:
    """Whether a world came out as before, but for what another processor rounds otherwise."""
    if new is None or set(new) != set(old):
        return False
    return all(
        math.isclose(old[k], new[k], rel_tol=ROUNDED) if isinstance(old[k], float)
        else old[k] == new[k]
        for k in old
    )  # fmt: skip


def split(rows: list[dict[str, Any]]) -> tuple[list[dict[str, Any]], ...]:
    """Rows at 3 m, at 10 m, and of estates begun across the first day of the count."""
    across = [r for r in rows if r.get("across")]
    plain = [r for r in rows if not r.get("across")]
    return (
        [r for r in plain if r["sensor"] == "sim-3m"],
        [r for r in plain if r["sensor"] == "sim-10m"],
        across,
    )


def choose(
    kinds: tuple[list[dict[str, Any]], ...], worlds: int, digest: str
) -> list[dict[str, Any]]:
    """Some rows of every kind.

    Raises
    ------
    ValueError
        If a kind has fewer rows than are asked for: a study that small is run again.
    """
    chance = np.random.default_rng(int(digest[:12], 16))
    chosen: list[dict[str, Any]] = []
    for rows, wanted in zip(kinds, (worlds, OTHERS, OTHERS), strict=True):
        if len(rows) < max(wanted, 1):
            raise ValueError(f"there are {len(rows)} worlds of a kind, {wanted} are to be replayed")
        chosen += [rows[i] for i in sorted(chance.choice(len(rows), wanted, replace=False))]
    return chosen


if __name__ == "__main__":
    main(int(sys.argv[1]) if len(sys.argv) > 1 else 20)
