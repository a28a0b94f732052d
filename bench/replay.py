"""Carry a study over a change of code that cannot have touched it, on the word of its worlds.

    python -m bench.replay 24        every n-th estate of `blocks` made again, 24 in all

If each of them comes out as it stands in the results, to the last digit, the digest of the
present code takes the place of the old one, and ``carried`` says from which code and by which
worlds. If one differs, nothing is written, and the study has to be run again.
"""

from __future__ import annotations

import json
import sys
from typing import Any

from bench import blocks
from bench.record import FOLDER, code, write


def main(worlds: int) -> None:
    """Replay estates of `blocks` spread over the whole study."""
    kept = json.loads((FOLDER / "blocks.json").read_text(encoding="utf-8"))
    rows = [w for w in kept["worlds"] if not w.get("across") and w["sensor"] == "sim-3m"]
    chosen = rows[:: max(1, len(rows) // worlds)][:worlds]
    for number, row in enumerate(chosen, 1):
        again = blocks.one(blocks.task(row["seed"] - blocks.FIRST_SEED))
        if again is None or _plain(again) != row:
            sys.exit(f"estate {row['seed']} comes out differently: run the study again")
        print(f"{number} of {len(chosen)} estates are the same", file=sys.stderr, flush=True)
    step = {"from": kept["code"], "worlds": [r["seed"] for r in chosen]}
    kept["carried"] = [*kept.get("carried", []), step]
    write("blocks", kept | {"code": code(blocks.MODULES)}, blocks.MODULES)


def _plain(row: dict[str, Any]) -> Any:
    """A row as it stands in the results."""
    return json.loads(json.dumps({k: v for k, v in row.items() if k != "classes"}))


if __name__ == "__main__":
    main(int(sys.argv[1]) if len(sys.argv) > 1 else 24)
