"""Sentences that follow what was found, as results: what has no value is told once, with its why.

A result without a value would break the sentence that it is put into, so where a run may have none
the page prints one of these, which is a whole sentence either way.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping

from analysis.housing import imagery_results
from analysis.housing.zone import Zone
from analysis.results import Result, weakest
from analysis.words import Words, words

STEM = imagery_results.STEM
APARTMENT = "housing.residents.family.apartment"
_NOT_GIVEN = ("footprint", "first_seen")
"""What may be missing though blocks could be counted."""


def apartment(recorded: Iterable[Result]) -> Result:
    """What a block of tall apartments could hold, or why no number is given."""
    text = words("en")
    found = next(r for r in recorded if r.key == APARTMENT)
    value = text("housing_edition.apartment.none") if found.value is None else text(
        "housing_edition.apartment.given", residents=text.result(found))  # fmt: skip
    return Result(
        key="housing.edition.apartment", value=value, unit="text", kind=found.kind,
        statement="Whether taller apartment blocks have a number per block",
        method="analysis.housing.told.apartment", inputs=(f"result:{APARTMENT}",),
        why_no_interval="a sentence",
    )  # fmt: skip


def sentences(found: Zone, recorded: Iterable[Result]) -> list[Result]:
    """The sentences of the chapter on what the scenes of a run show.

    Parameters
    ----------
    recorded
        The results of the zone, and the count of blocks, as they are recorded.
    """
    text = words("en")
    by = {r.key.removeprefix(f"{STEM}."): r for r in recorded}
    return [
        _said("count", "What this edition counts of the claimed blocks",
              _claimed(found, by, text), [by["housing.blocks"]]),
        _said("time", "The time for which blocks are counted", _time(by, text),
              [by["from"], by["until"]]),
        _said("zone", "What the scenes show of the zone", _zone(found, by, text),
              [by[n] for n in ("blocks.seen", "blocks", "share.best", "share_recent.best",
                               *_NOT_GIVEN)]),
        _said("roof", "How long a roof takes to be told", _roof(found, by, text),
              [by["roof_delay.best"], by["first_roof"]]),
        _said("storeys", "What shadows told in these scenes", _storeys(found, by, text),
              [by["storeys.measured"], by["height"], by["storeys"]]),
    ]  # fmt: skip


def _said(name: str, what: str, value: str, of: list[Result]) -> Result:
    return Result(
        key=f"{STEM}.told.{name}", value=value, unit="text", kind=weakest(r.kind for r in of),
        statement=what, method="analysis.housing.told.sentences",
        inputs=tuple(f"result:{r.key}" for r in of), why_no_interval="a sentence",
    )  # fmt: skip


def _text(name: str, text: Words, **values: str) -> str:
    return text(f"housing_edition.{name}", **values)


def _given(result: Result) -> bool:
    return result.value is not None or bool(result.intervals)


def _between(by: Mapping[str, Result], text: Words) -> dict[str, str]:
    """First and last day of the time of the count."""
    return {name: text.result(by[name]) for name in ("from", "until")}


def _claimed(found: Zone, by: Mapping[str, Result], text: Words) -> str:
    count = by["housing.blocks"]
    if found.kind != "observed":
        case = "simulated" if found.kind == "simulated" else "undeclared"
        return _text(f"count.{case}", text)
    if not _given(count):
        return _text("count.none", text, why=str(count.why_no_value))
    return _text("count.observed", text, count=text.result(count), **_between(by, text))


def _time(by: Mapping[str, Result], text: Words) -> str:
    if by["from"].value is None:
        return _text("time.none", text)
    return _text("time.given", text, **_between(by, text))


def _zone(found: Zone, by: Mapping[str, Result], text: Words) -> str:
    best = found.best
    if best is None:
        return _text("zone.no_count", text)
    seen = by["blocks.seen"]
    case = "seen" if seen.value else "none" if not best.blocks else "none_then"
    told = [
        _text(f"zone.{case}", text, seen=text.result(seen), number=text.result(by["blocks"]),
              **_between(by, text)),
        _text("zone.share", text, share=text.result(by["share.best"]),
              recent=text.result(by["share_recent.best"])),
    ]  # fmt: skip
    told += [
        _text(f"zone.{name}", text, value=text.result(by[name]))
        for name in _NOT_GIVEN if _given(by[name])
    ]  # fmt: skip
    missing = [name for name in _NOT_GIVEN if not _given(by[name])]
    if not best.blocks:
        told.append(_text("zone.nothing", text))
    else:
        told += [_text(f"zone.no_{name}", text, why=str(by[name].why_no_value))
                 for name in missing]  # fmt: skip
    return " ".join(told)


def _roof(found: Zone, by: Mapping[str, Result], text: Words) -> str:
    wait, first = by["roof_delay.best"], by["first_roof"]
    if found.best is None:
        return _text("roof.no_count", text)
    told = _text("roof.wait", text, wait=text.result(wait)) if _given(wait) else _text(
        "roof.no_wait", text, why=str(wait.why_no_value))  # fmt: skip
    if first.value is None:
        return told
    return f"{told} {_text('roof.first', text, day=text.result(first))}"


def _storeys(found: Zone, by: Mapping[str, Result], text: Words) -> str:
    best = found.best
    if best is None:
        return _text("storeys.no_count", text)
    if not best.blocks:
        return _text("storeys.no_block", text)
    if not by["storeys.measured"].value:
        return _text("storeys.none", text, why=str(by["height"].why_no_value))
    names = {"measured": "storeys.measured", "height": "height", "storeys": "storeys"}
    return _text("storeys.given", text, **{n: text.result(by[k]) for n, k in names.items()})
