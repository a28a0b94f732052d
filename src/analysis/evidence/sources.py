"""Sources as a bibliography, and which of them are used."""

from __future__ import annotations

import io
import re
import unicodedata
from datetime import date
from urllib.parse import quote, urlsplit

import pandas as pd

from analysis.errors import UserError
from analysis.evidence.package import Evidence

SEEN: dict[str, dict[str, str]] = {
    "en": {
        "original": "Seen in the original.",
        "copy": "Seen as stored copy{at}; the original was not opened.",
        "excerpt": "Seen as excerpt of a stored copy{at}; the original was not opened.",
        "not opened": "Not opened: known only through a publication that cites it.",
        "at": " of {host}",
        "on": ", read on {day}",
        "in": "In {language}.",
    },
    "de": {
        "original": "Im Original gesehen.",
        "copy": "Als gespeicherte Kopie gesehen{at}; das Original wurde nicht geöffnet.",
        "excerpt": "Als Auszug einer Kopie gesehen{at}; das Original wurde nicht geöffnet.",
        "not opened": "Nicht geöffnet: nur aus einer Veröffentlichung bekannt, die es anführt.",
        "at": " von {host}",
        "on": ", gelesen am {day}",
        "in": "Sprache: {language}.",
    },
}
"""How a source was seen, in words, by language of the page."""

_REPLACED = str.maketrans({"{": "(", "}": ")", "\\": "/", "`": "'", "$": "\uff04", "^": "\u02c6"})
_ESCAPED = {
    "&": r"\&",
    "%": r"\%",
    "#": r"\#",
    "_": r"\_",
    "$": r"\$",
    "~": r"\textasciitilde{}",
    "^": r"\textasciicircum{}",
}
_LIGATURE = re.compile(r"([-',<>!?])(?=[-',<>!?])")


def bibliography(sources: pd.DataFrame, language: str = "en") -> str:
    """The sources as BibTeX text, one entry per source, keyed by source key.

    Titles keep their capitals. The note says how the source was seen, on which
    day where that is known, and in which language it is if that is not the
    page's. An address stands only if it is http(s). There is no ``urldate``:
    styles print it as a visit to the page, and stored copies were read.

    Parameters
    ----------
    sources
        Table ``sources`` of the package.
    language
        Language of the notes and months, ``en`` or ``de``.

    Raises
    ------
    UserError
        If there are no words for the language.
    """
    from pybtex.database import BibliographyData
    from pybtex.database.output.bibtex import Writer

    if language not in SEEN:
        known = ", ".join(sorted(SEEN))
        raise UserError(f"no bibliography in the language {language!r}: known are {known}")

    class PlainWriter(Writer):
        """Writes fields as they are: they were escaped here, addresses must not be."""

        def _encode(self, text: str) -> str:
            return text

    entries = {
        str(row.source_key): _entry(row, language) for row in sources.itertuples(index=False)
    }
    stream = io.StringIO()
    PlainWriter("utf-8").write_stream(BibliographyData(entries), stream)
    return stream.getvalue()


def plain(text: str) -> str:
    """Text with nothing in it that BibTeX could take for a command.

    Braces become parentheses, backslashes slashes, backticks apostrophes; dollar
    and circumflex become look-alikes, since pybtex takes both for mathematics,
    escaped or not; control characters go and white space is collapsed.
    """
    kept = "".join(
        " " if char.isspace() else char
        for char in text
        if char.isspace() or unicodedata.category(char) not in ("Cc", "Cs")
    )
    return " ".join(kept.translate(_REPLACED).split())


def escape(text: str) -> str:
    """Plain text in the notation of BibTeX; decoding gives :func:`plain` again."""
    unlinked = _LIGATURE.sub("\\1\0", plain(text))
    return "".join(_ESCAPED.get(char, char) for char in unlinked).replace("\0", "{}")


def web_address(url: str) -> str | None:
    """The address if it is http or https, with delimiters percent-encoded; else nothing."""
    try:
        parts = urlsplit(url.strip())
        host = parts.hostname
    except ValueError:
        return None
    if parts.scheme.lower() not in ("http", "https") or not host:
        return None
    return quote(url.strip(), safe="%/:?#[]@!$&'()*+,;=-._~")


def unused_sources(evidence: Evidence) -> list[str]:
    """Keys of sources that no other table names, sorted."""
    tables = (
        evidence.incident_sources,
        evidence.aggregate_claim_sources,
        evidence.facility_claim_sources,
        evidence.launches,
        evidence.claim_drift,
        evidence.housing_parameters,
        evidence.geography,
        evidence.claim_sources,
        evidence.claim_rivals,
    )
    used = {key for table in tables for key in table["source_key"].dropna()}
    return sorted(set(evidence.sources["source_key"]) - used, key=str.lower)


def _entry(row, language: str):
    from pybtex.database import Entry, Person

    fields = {"title": f"{{{escape(row.title)}}}"}
    if not pd.isna(row.date):
        fields |= _published(str(row.date), language)
    fields["language"] = str(row.language)
    url = None if pd.isna(row.url) else web_address(str(row.url))
    if url:
        fields["url"] = url
    fields["note"] = escape(_note(row, url, language))
    fields["key"] = str(row.source_key)
    # What the table remarks on a byline, in brackets, is no part of the name.
    byline = "" if pd.isna(row.author) else re.sub(r"\s*\([^)]*\)", "", row.author)
    authors = [name for part in byline.split(";") if (name := part.strip())]
    if authors:
        fields["howpublished"] = escape(row.publisher)
    # A text without a byline is cited by its publisher.
    persons = [Person(f"{{{escape(name)}}}") for name in authors or [row.publisher]]
    return Entry("misc", fields=fields, persons={"author": persons})


def _published(text: str, language: str) -> dict[str, str]:
    """Year, and month with its day, of a full or partial ISO date."""
    from babel.dates import format_date, get_month_names

    fields = {"year": text[:4], "date": text}
    if len(text) == 10:
        pattern = "d MMMM" if language == "en" else "d. MMMM"
        fields["month"] = format_date(date.fromisoformat(text), pattern, locale=language)
    elif len(text) == 7:
        fields["month"] = get_month_names("wide", locale=language)[int(text[5:])]
    return fields


def _note(row, url: str | None, language: str) -> str:
    from babel import Locale
    from babel.dates import format_date

    words = SEEN[language]
    at = words["at"].format(host=urlsplit(url).hostname) if url else ""
    if not pd.isna(row.accessed):
        pattern = "d MMMM y" if language == "en" else "d. MMMM y"
        day = format_date(row.accessed.date(), pattern, locale=language)
        at += words["on"].format(day=day)
    seen = words[str(row.seen_as)].format(at=at)
    if row.language == language:
        return seen
    name = Locale(language).languages.get(str(row.language), str(row.language))
    return f"{seen} {words['in'].format(language=name)}"
