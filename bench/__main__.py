"""Run the studies: ``python -m bench`` runs all, ``python -m bench NAME`` one."""

from __future__ import annotations

import argparse

from bench import (
    alarms,
    blocks,
    chain_report,
    dates,
    footprints,
    footprints_tables,
    heights,
    injections,
    models_speed,
    pairs,
    sbc,
    scenes,
    speed,
)


def _footprints() -> None:
    footprints.main()
    footprints_tables.main()


STUDIES = {
    "sbc": sbc.main,
    "models": models_speed.main,
    "scenes": scenes.main,
    "pairs": pairs.main,
    "dates": dates.main,
    "alarms": alarms.main,
    "blocks": blocks.main,
    "heights": heights.main,
    "injections": injections.main,
    "footprints": _footprints,
    "chain": chain_report.main,
    "speed": speed.main,
}
"""Studies by name; each takes no argument and writes into ``bench/results``."""


def main() -> None:
    """Run the studies that the command line names."""
    parser = argparse.ArgumentParser(prog="python -m bench", description=__doc__)
    parser.add_argument("study", nargs="*", choices=list(STUDIES), help="all by default")
    for name in parser.parse_args().study or STUDIES:
        STUDIES[name]()


if __name__ == "__main__":
    main()
