"""Carry a study over a change of code that cannot have touched it, on the word of its worlds.

    python -m bench.replay 20              twenty estates of `blocks` and a few of each other kind
    python -m bench.replay chain DIGEST    logged plants of `chain`, made by code of that digest

Worlds of every kind, chosen by the new digest so that no two carries look at the same ones, are
made again, and all tables are computed anew from the rows. Only if the tables come out as they
stand in the results, and the worlds too (whole numbers alike, others to a thousandth, since
another processor rounds otherwise), does the digest of the present code take the place of the old
one; ``carried`` then says from which code and by which worlds. Else nothing is written, and the
study has to be run again. Of `chain` it is the log of plants that is taken over, after one of each
kind came out alike; its tables are made from that as ever.
"""

from __future__ import annotations

import argparse
import json
import math
import sys
from collections.abc import Sequence
from typing import Any

import numpy as np

from bench import blocks, chain
from bench.record import FOLDER, code, write

ROUNDED = 1e-3
"""Share by which a number may be off: rows hold two digits and more behind the point."""

OTHERS = 3
"""Worlds of each kind beside the main one."""

KINDS = 6
"""Kinds of plants, by the width of their aprons and their resampling; see `bench.chain.spec`."""

SECONDS = ("seconds", "drawing_seconds", "code", "carried")
"""What of a plant is not what was found."""


def estates(worlds: int) -> None:
    """Replay estates of `blocks`, and carry the study over if nothing has changed."""
    kept = json.loads((FOLDER / "blocks.json").read_text(encoding="utf-8"))
    digest = code(blocks.MODULES)
    kinds = split(kept["worlds"])
    made = json.loads(json.dumps(blocks.tables(*kinds)))
    changed = [name for name, table in made.items() if table != kept[name]]
    if changed:
        sys.exit(f"tables come out differently: {', '.join(changed)}; run the study again")
    chosen = choose(kinds, (worlds, OTHERS, OTHERS), digest)
    for number, row in enumerate(chosen, 1):
        if not same(row, blocks.again(row)):
            sys.exit(f"estate {row['seed']} comes out differently: run the study again")
        print(f"{number} of {len(chosen)} estates are the same", file=sys.stderr, flush=True)
    step = {"from": kept["code"], "worlds": [[r["sensor"], r["seed"]] for r in chosen]}
    kept["carried"] = [*kept.get("carried", []), step]
    write("blocks", kept | {"code": digest}, blocks.MODULES)


def plants(old: str) -> None:
    """Replay a plant of each kind, and take over those that code of the digest ``old`` logged.

    Raises
    ------
    ValueError
        If there is no plant of a kind.
    """
    digest = code(chain.MODULES)
    rows = [r for r in chain.logged(old) if "failed" not in r]
    kinds: dict[int, list[dict[str, Any]]] = {k: [] for k in range(KINDS)}
    for row in rows:
        kinds[(row["seed"] - chain.FIRST[row["role"]]) % KINDS].append(row)
    chosen = choose(tuple(kinds.values()), [1] * KINDS, digest)
    for number, row in enumerate(chosen, 1):
        again = chain.one(row["role"], row["seed"] - chain.FIRST[row["role"]])
        told = [{k: v for k, v in r.items() if k not in SECONDS}
                for r in (row, json.loads(json.dumps(again)))]  # fmt: skip
        if not same(*told):
            sys.exit(f"plant {row['seed']} comes out differently: run the study again")
        print(f"{number} of {len(chosen)} plants are the same", file=sys.stderr, flush=True)
    chain.take_over(old, digest, {"from": old, "worlds": [r["seed"] for r in chosen]})


def same(old: Any, new: Any) -> bool:
    """Whether what came out is as before, but for what another processor rounds otherwise."""
    if isinstance(old, dict):
        return isinstance(new, dict) and set(old) == set(new) and all(
            same(old[k], new[k]) for k in old)  # fmt: skip
    if isinstance(old, list):
        return isinstance(new, list) and len(old) == len(new) and all(
            map(same, old, new))  # fmt: skip
    if isinstance(old, float) and isinstance(new, float):
        return math.isclose(old, new, rel_tol=ROUNDED)
    return bool(old == new)


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
    kinds: tuple[list[dict[str, Any]], ...], wanted: Sequence[int], digest: str
) -> list[dict[str, Any]]:
    """So many rows of every kind as are wanted of it.

    Raises
    ------
    ValueError
        If a kind has fewer rows than are asked for: a study that small is run again.
    """
    chance = np.random.default_rng(int(digest[:12], 16))
    chosen: list[dict[str, Any]] = []
    for rows, number in zip(kinds, wanted, strict=True):
        if len(rows) < max(number, 1):
            raise ValueError(f"there are {len(rows)} worlds of a kind, {number} are to be replayed")
        chosen += [rows[i] for i in sorted(chance.choice(len(rows), number, replace=False))]
    return chosen


def main() -> None:
    """Carry `blocks` or the log of `chain` over."""
    parser = argparse.ArgumentParser(prog="python -m bench.replay")
    parser.add_argument("what", nargs="?", default="20")
    parser.add_argument("digest", nargs="?", default="")
    chosen = parser.parse_args()
    if chosen.what == "chain":
        plants(chosen.digest)
    else:
        estates(int(chosen.what))


if __name__ == "__main__":
    main()
