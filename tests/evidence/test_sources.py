"""The bibliography is generated from the sources, whatever their text holds."""

from __future__ import annotations

import pandas as pd
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from pybtex.database import parse_string
from pybtex.richtext import Text

from analysis.errors import UserError
from analysis.evidence import Evidence, bibliography, unused_sources
from analysis.evidence.sources import plain, web_address


def one_source(**cells) -> pd.DataFrame:
    row = {
        "source_key": "K1",
        "title": "A title",
        "publisher": "P",
        "author": pd.NA,
        "date": pd.NA,
        "url": pd.NA,
        "language": "en",
        "seen_as": "excerpt",
        "accessed": pd.NaT,
    }
    return pd.DataFrame([row | cells])


def entry(frame: pd.DataFrame, language: str = "en"):
    return parse_string(bibliography(frame, language), "bibtex").entries["K1"]


def test_every_source_is_there_and_reads_back(evidence: Evidence):
    parsed = parse_string(bibliography(evidence.sources), "bibtex")
    assert set(parsed.entries) == set(evidence.sources["source_key"])
    rows = evidence.sources.set_index("source_key")
    for key, found in parsed.entries.items():
        assert str(Text.from_latex(found.fields["title"])) == plain(rows.at[key, "title"])
        if not pd.isna(rows.at[key, "url"]):
            assert found.fields["url"] == rows.at[key, "url"]
        assert (" 2026" in found.fields["note"]) == (not pd.isna(rows.at[key, "accessed"]))


def test_the_bibliography_is_the_same_each_time(evidence: Evidence):
    assert bibliography(evidence.sources) == bibliography(evidence.sources)


def test_the_note_says_how_it_was_seen(evidence: Evidence):
    entries = parse_string(bibliography(evidence.sources), "bibtex").entries
    assert "Not opened" in entries["nako_2024"].fields["note"]
    assert entries["UADT_CSV"].fields["note"].startswith("Seen as stored copy of github.com")
    note = entries["cnn_2024_de"].fields["note"]
    assert note.startswith("Seen as stored copy, read on 22 November 2026;")
    assert note.endswith("In German.")
    note = entries["tvp"].fields["note"]
    assert note.startswith("Seen as excerpt of a stored copy of www.tvp.info")


def test_notes_and_months_follow_the_language_of_the_page(evidence: Evidence):
    entries = parse_string(bibliography(evidence.sources, "de"), "bibtex").entries
    assert entries["acw_202412"].fields["month"] == "Dezember"
    assert "Auszug einer Kopie" in entries["acw_202412"].fields["note"]
    with pytest.raises(UserError, match="'xx'"):
        bibliography(evidence.sources, "xx")


def test_titles_keep_their_capitals():
    found = entry(one_source(title="KCNA on the DPRK"))
    title = Text.from_latex(found.fields["title"])
    assert str(title.capfirst().lower()) == "KCNA on the DPRK"


@settings(deadline=None)
@given(st.text(min_size=1).filter(lambda text: plain(text)))
def test_no_text_breaks_out_of_its_field(text: str):
    found = entry(one_source(title=text, publisher=text, author=text))
    assert str(Text.from_latex(found.fields["title"])) == plain(text)
    # A byline of nothing but remarks names nobody, so the publisher is the author.
    assert set(found.fields) - {"howpublished"} == {"title", "language", "note", "key"}


@pytest.mark.parametrize(
    "text",
    [
        "}, evil = {x",
        "\\input{/etc/passwd}",
        "100 % & more #1 $x$ a_b ~^",
        'a "quoted" title',
        "@misc{other,",
        "trailing \\",
        "{{{",
        "북한, Київ — ü",
        "a -- b --- c '' ,, << >>",
        "?` !`",
    ],
)
def test_hostile_titles_stay_text(text: str):
    parsed = parse_string(bibliography(one_source(title=text)), "bibtex")
    assert list(parsed.entries) == ["K1"]
    assert str(Text.from_latex(parsed.entries["K1"].fields["title"])) == plain(text)


@pytest.mark.parametrize(
    "url",
    [
        "javascript:alert(1)",
        "data:text/html,x",
        "file:///etc/passwd",
        "//host/x",
        "https:///x",
        "http://[::1",
        "ftp://host/x",
    ],
)
def test_only_web_addresses_pass(url: str):
    assert web_address(url) is None
    assert "url" not in entry(one_source(url=url)).fields


def test_an_address_cannot_close_its_field():
    address = entry(one_source(url='https://host/a}b{c"d\\e f%20g_h?x=1&y=2#z')).fields["url"]
    assert address == "https://host/a%7Db%7Bc%22d%5Ce%20f%20g_h?x=1&y=2#z"


def test_unused_sources_are_listed(evidence: Evidence):
    unused = unused_sources(evidence)
    assert "MIRROR_APR2025" in unused
    assert "UADT_CSV" not in unused
    assert "cnn_2024_de" not in unused
