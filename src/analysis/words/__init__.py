"""Words and number formats of a language.

Every text that code puts on a figure or a page stands in ``words/<language>/``
as TOML, one file per chapter, so that a figure is a function of data and
language. Numbers, dates and intervals are formatted here and nowhere else.

Rounding: a value with an interval is printed to the place of the second
significant digit of the interval's width, one without to three significant
digits; counts stay whole; halves go away from zero (decimal, not binary).
"""

from __future__ import annotations

import functools
import math
import tomllib
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date
from decimal import ROUND_HALF_UP, Decimal
from importlib import resources
from typing import Any

from babel import Locale
from babel.dates import format_date
from babel.numbers import format_decimal

from analysis.errors import UserError
from analysis.results import Result, Scalar


@dataclass(frozen=True)
class Words:
    """Texts and formats of one language."""

    language: str
    texts: Mapping[str, Any]

    def __call__(self, key: str, **values: object) -> str:
        """The text under a dotted key, with ``{name}`` filled in.

        Raises
        ------
        KeyError
            If there is no such text in this language.
        """
        found: Any = self.texts
        for part in key.split("."):
            if not isinstance(found, Mapping) or part not in found:
                raise KeyError(f"no text {key!r} in language {self.language!r}")
            found = found[part]
        return str(found).format(**values) if values else str(found)

    @property
    def locale(self) -> Locale:
        """Babel's locale of this language (British conventions for English)."""
        return Locale.parse({"en": "en_GB"}.get(self.language, self.language))

    def number(self, value: float, decimals: int = 0) -> str:
        """A number with grouping and a fixed count of decimals (negative: tens)."""
        rounded = round_half_up(value, decimals)
        shown = max(decimals, 0)
        pattern = "#,##0" + ("." + "0" * shown if shown else "")
        return format_decimal(rounded, pattern, locale=self.locale).replace("-", "−")

    def date(self, value: str | date, *, partial: str = "") -> str:
        """A date in full, or to the month or year that ``partial`` asks for."""
        day = date.fromisoformat(value) if isinstance(value, str) else value
        pattern = {"month": "MMMM y", "year": "y"}.get(partial, "d MMMM y")
        return format_date(day, pattern, locale=self.locale)

    def unit(self, unit: str) -> str:
        """The printed form of a unit; empty for ratios and dates."""
        printed = self.texts.get("units", {}).get(unit)
        return unit if printed is None else printed

    def scalar(self, value: Scalar, decimals: int, *, percent: bool = False) -> str:
        """A value of a result without its unit."""
        if value is None:
            return self("report.open_end")
        if isinstance(value, str):
            return self.date(value) if _is_date(value) else value
        return self.number(100 * value if percent else value, decimals)

    def result(self, result: Result, level: str = "0.9") -> str:
        """Value, interval and unit of a result, as prose prints them.

        A null without an interval prints its reason instead.
        """
        pair = result.interval(level)
        if result.value is None and pair is None:
            return self("report.no_value", why=result.why_no_value)
        decimals = places(result, level)
        unit = "%" if result.percent else self.unit(result.unit)
        space = "\u00a0" + unit if unit else ""
        parts = []
        certain = pair is not None and pair[0] == pair[1]
        floor = pair is not None and pair[1] is None and result.value == pair[0]
        if (result.value is not None or certain) and not floor:
            value = pair[0] if certain and pair else result.value
            parts.append(self.scalar(value, decimals, percent=result.percent))
        if "of" in result.extra:
            parts.append(self("report.of", n=self.scalar(result.extra["of"], 0)))
        if pair is not None and result.interval_kind != "exact" and not certain:
            low, high = (self.scalar(end, decimals, percent=result.percent) for end in pair)
            form = "report.span" if parts else "report.span_alone"
            if pair[1] is None:
                form = "report.at_least"
            parts.append(self(form, low=low, high=high))
        label = f" ({result.label})" if result.label else ""
        return " ".join(parts) + space + label


def places(result: Result, level: str = "0.9") -> int:
    """Decimals at which a result is printed; negative counts tens."""
    pair = result.interval(level)
    scale = 100.0 if result.percent else 1.0
    numbers = [v for v in (result.value, *(pair or ())) if isinstance(v, int | float)]
    if not numbers:
        return 0
    if not result.percent and all(float(v).is_integer() for v in numbers):
        return 0
    ends = [float(v) * scale for v in (pair or ()) if isinstance(v, int | float)]
    width = ends[1] - ends[0] if len(ends) == 2 else 0.0
    if width > 0:
        decimals = 1 - math.floor(math.log10(width))
    else:
        largest = max(abs(float(v)) * scale for v in numbers)
        decimals = 2 - math.floor(math.log10(largest)) if largest else 0
    # A percentage of a count to less than one point says more than it knows.
    return min(max(decimals, -2), 1 if result.percent else 4)


def round_half_up(value: float, decimals: int) -> Decimal:
    """Round the shortest decimal form of ``value``; halves go away from zero."""
    return Decimal(repr(float(value))).quantize(Decimal(1).scaleb(-decimals), ROUND_HALF_UP)


def plain(text: object) -> str:
    """Untrusted text as MyST Markdown that shows it as it is, on one line."""
    shown = str(text)
    for sign in "\\`*_{}[]<>#|$":
        shown = shown.replace(sign, "\\" + sign)
    return " ".join(shown.split())


def result_label(key: str) -> str:
    """Name of a result's target on its lineage page."""
    return "result-" + key.replace(".", "-").replace("_", "-")


def _is_date(text: str) -> bool:
    try:
        date.fromisoformat(text)
    except ValueError:
        return False
    return True


def languages() -> list[str]:
    """Languages that have texts."""
    root = resources.files("analysis.words")
    return sorted(e.name for e in root.iterdir() if e.is_dir() and not e.name.startswith("_"))


@functools.cache
def words(language: str) -> Words:
    """The words of a language, one TOML file per chapter.

    Raises
    ------
    UserError
        If the language has no texts.
    """
    if language not in languages():
        raise UserError(f"language {language!r} has no texts; there is: {', '.join(languages())}")
    folder = resources.files("analysis.words") / language
    texts = {
        entry.name.removesuffix(".toml"): tomllib.loads(entry.read_text(encoding="utf-8"))
        for entry in folder.iterdir()
        if entry.name.endswith(".toml")
    }
    return Words(language, texts)
