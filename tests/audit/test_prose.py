"""Numbers that somebody typed into prose are found; what may hold digits passes."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from analysis.audit import prose

DESIGNATIONS = ["KN-23", "Hwasong-11", "Iskander-M/KN-23", "S-300"]


def found(text: str) -> list[tuple[int, str]]:
    return list(prose.find(text, DESIGNATIONS))


@pytest.mark.parametrize(
    "text",
    [
        "In November 2024 the press reported it.",
        "From 31 July 2024 on, and on 11 and 12 August 2023.",
        "The days 2024-01-01 to 2024-11-22.",
        "It was built in the 1990s.",
        "The joint label Iskander-M/KN-23, and the Hwasong-11 class.",
        "It was {result}`strikes.killed.located`, not {claim}`missiles-60-in-2024`.",
        "As written {cite:p}`acw_202412,cnn_2024_de`.",
        "See section 3.2, figure 4 and [the table](tables/1.csv).",
        "Type `feb11 report -p seed=7`.",
        "```bash\nfeb11 report -p seed=7\n```",
        "```{code-block} python\nx = 60\n```",
        "<a href='https://example.org/60'>here</a>",
        "(section-2)=",
        "One building, and two points.",
    ],
)
def test_what_may_hold_digits_passes(text: str) -> None:
    assert found(text) == []


@pytest.mark.parametrize(
    ("text", "number"),
    [
        ("About 60 missiles were fired.", "60"),
        ("It holds 1,234 people.", "1,234"),
        ("A share of 0.35 was seen.", "0.35"),
        ("They fired 65% of them.", "65"),
        ("about a third of them", "a third"),
        ("some sixty missiles", "sixty"),
        ("twenty-eight people", "twenty-eight"),
        ("Hundreds were built.", "Hundreds"),
        ("half of all launches", "half of"),
        ("The KN-23 flew 690 km.", "690"),
        ("```{note}\nIt was 60.\n```", "60"),
        (":::{admonition} Answer\nIt was 60.\n:::", "60"),
        ("::::{figure} a.svg\n:alt: a\n\nIt rose to 60.\n::::", "60"),
        ("| share | 0.33 |", "0.33"),
        ("- 13 killed", "13"),
        ("# The 60 missiles", "60"),
    ],
)
def test_a_typed_number_is_found(text: str, number: str) -> None:
    assert number in [n for _, n in found(text)]


@given(
    st.lists(st.sampled_from(["No number here.", "```", "", "- a point", ":::"]), max_size=6),
    st.integers(2100, 9999),
)
def test_a_number_is_found_on_its_line_whatever_stands_before(
    before: list[str], number: int
) -> None:
    text = "\n".join([*before, f"It was {number} in all."])
    inside_code = before.count("```") % 2 == 1
    if not inside_code and ":::" not in before:
        assert (len(before) + 1, str(number)) in found(text)


def test_a_page_and_a_cell_are_named(tmp_path, checkout) -> None:
    book = tmp_path / "book"
    (book / "more").mkdir(parents=True)
    (book / "more" / "page.md").write_text("# Title\n\nIt was 60.\n")
    (first,) = map(str, prose.in_pages(book, []))
    assert first.startswith("book/more/page.md:3: the number '60' is typed by hand")
    checkout.notebook("third", [("text-answer", "Question.\n\nIt was 60.")])
    (second,) = map(str, prose.in_notebooks(checkout.root / "notebooks", []))
    assert second.startswith("notebooks/third.ipynb, cell 'text-answer', line 3: the number '60'")
