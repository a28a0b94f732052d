"""Results: what may be recorded, what is refused, and what survives the file."""

from __future__ import annotations

import json
from datetime import date
from pathlib import Path

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from analysis import results
from analysis.errors import UserError
from analysis.results import KINDS, Result, ResultError, Results

GOOD = {
    "key": "strikes.killed.located",
    "value": 28,
    "unit": "persons",
    "kind": "derived",
    "statement": "People killed, as located",
    "method": "analysis.strikes.casualties.total",
    "inputs": ("source:cnn_copy", "result:strikes.killed.of-named"),
    "why_no_interval": "a count",
}


def made(**changes) -> Result:
    return Result(**(GOOD | changes))


plain_numbers = st.one_of(
    st.integers(-(10**15), 10**15), st.floats(allow_nan=False, allow_infinity=False)
)
values = st.one_of(plain_numbers, st.text(max_size=20), st.dates().map(date.isoformat))
keys = st.from_regex(r"[a-z][a-z0-9]{0,6}(\.[a-z0-9][a-z0-9_-]{0,6}){1,3}", fullmatch=True)


@st.composite
def any_result(draw: st.DrawFn) -> Result:
    ends = sorted([draw(plain_numbers), draw(plain_numbers)])
    intervals = draw(st.sampled_from([{}, {"0.9": tuple(ends)}, {"0.9": (ends[0], None)}]))
    value = draw(st.one_of(st.none(), values))
    return made(
        key=draw(keys),
        value=value,
        kind=draw(st.sampled_from(KINDS)),
        unit=draw(st.sampled_from(["1", "m2", "missiles"])),
        intervals=intervals,
        interval_kind=draw(st.sampled_from(["bounds", "credible", "scenario", "exact"])),
        why_no_value="not published" if value is None else None,
        why_no_interval=None if intervals else "a count",
        percent=draw(st.booleans()),
        inputs=tuple(sorted(draw(st.sets(st.sampled_from(["source:a", "file:b", "choice:c"]),
                                         min_size=1)))),
        calibration=tuple(sorted(draw(st.sets(st.sampled_from(["bench:a", "bench:b"]))))),
        extra=draw(st.dictionaries(st.sampled_from(["of", "notebook"]), st.integers(0, 9))),
    )  # fmt: skip


@given(any_result())
def test_a_result_comes_back_from_the_file_as_it_went_in(result: Result) -> None:
    through = json.loads(json.dumps(result.to_json()))
    assert Result.from_json(through) == result


@given(
    recorded=st.lists(any_result(), unique_by=lambda r: r.key, max_size=5),
    order=st.randoms(use_true_random=False),
)
def test_the_file_does_not_depend_on_the_order_of_recording(
    recorded: list[Result], order, tmp_path_factory: pytest.TempPathFactory
) -> None:
    folder = tmp_path_factory.mktemp("results")
    results.write(folder / "a.json", Results("default", recorded))
    order.shuffle(recorded)
    results.write(folder / "b.json", Results("default", recorded))
    assert (folder / "a.json").read_bytes() == (folder / "b.json").read_bytes()
    read = results.read(folder / "a.json")
    assert list(read) == sorted(r.key for r in recorded)
    assert {r.key: r for r in recorded} == dict(read)


@pytest.mark.parametrize(
    "value",
    [np.float64(1.0), np.int64(3), np.float32(1), float("nan"), float("inf"), True, [1], (1, 2)],
    ids=repr,
)
def test_only_plain_finite_numbers_dates_and_strings_are_values(value: object) -> None:
    with pytest.raises(ResultError, match="not a plain finite number"):
        made(value=value)


@pytest.mark.parametrize("end", [np.float64(2.0), float("nan"), True], ids=repr)
def test_ends_of_an_interval_are_plain_too(end: object) -> None:
    with pytest.raises(ResultError, match="not plain"):
        made(intervals={"0.9": (0.0, end)})


@pytest.mark.parametrize(
    ("changes", "said"),
    [
        ({"value": None}, "why_no_value"),
        ({"why_no_interval": None}, "why_no_interval"),
        ({"inputs": ()}, "at least one input"),
        ({"inputs": ("cnn_copy",)}, "type:name"),
        ({"inputs": ("source:",)}, "type:name"),
        ({"inputs": ("guess:all",)}, "type:name"),
        ({"kind": "certain"}, "certain"),
        ({"key": "Strikes.Killed"}, "dotted lower-case"),
        ({"key": "strikes killed"}, "dotted lower-case"),
        ({"statement": ""}, "statement"),
        ({"method": ""}, "method"),
        ({"intervals": {"0.9": (3, 1)}}, "down to"),
        ({"intervals": {"0.9": (None, 1)}}, "not plain"),
        ({"unit": "date", "value": "August 2023"}, "ISO date"),
    ],
    ids=lambda x: str(x) if isinstance(x, dict) else "",
)
def test_a_result_that_breaks_the_contract_cannot_be_made(changes: dict, said: str) -> None:
    with pytest.raises(ResultError, match=said) as caught:
        made(**changes)
    assert changes.get("key", GOOD["key"]) in str(caught.value)


def test_a_null_with_its_reason_is_a_result() -> None:
    record = made(value=None, why_no_value="no image was analysed").to_json()
    assert record["value"] is None
    assert record["why_no_value"] == "no image was analysed"


def test_a_zero_stays_in_the_file() -> None:
    assert made(value=0).to_json()["value"] == 0


@given(st.lists(st.sampled_from(KINDS), min_size=1))
def test_what_touches_a_weaker_kind_is_of_that_kind(kinds: list[str]) -> None:
    order = ["simulated", "assumed", "derived", "published", "measured"]
    assert results.weakest(kinds) == next(k for k in order if k in kinds)


def test_sharp_bounds_hold_at_every_level() -> None:
    bounded = made(intervals=results.bounds(6, 67), interval_kind="bounds", why_no_interval=None)
    assert {bounded.interval(level) for level in ("0.9", "0.99", "1")} == {(6, 67)}


def test_an_open_upper_end_stays_open_in_the_file() -> None:
    through = json.loads(json.dumps(made(intervals=results.bounds(55, None)).to_json()))
    assert Result.from_json(through).interval() == (55, None)


def test_one_key_is_recorded_once() -> None:
    with pytest.raises(ResultError, match="twice, by first and second"):
        Results("default", [made(extra={"notebook": "first"}), made(extra={"notebook": "second"})])


def test_lineage_of_a_key_is_all_that_it_rests_on_nearest_first() -> None:
    def rests_on(key: str, *inputs: str) -> Result:
        return made(key=key, inputs=tuple(f"result:{i}" for i in inputs) or ("source:a",))

    found = Results(
        "default",
        [rests_on("a.end", "a.left", "a.right"), rests_on("a.left", "a.root"),
         rests_on("a.right", "a.root"), rests_on("a.root"), rests_on("a.unrelated")],
    )  # fmt: skip
    assert [r.key for r in found.upstream("a.end")] == ["a.left", "a.right", "a.root"]
    assert found.upstream("a.root") == []


def test_recorded_results_travel_as_cell_outputs_and_learn_their_place() -> None:
    output = {"data": {results.MIME: {"results": [made().to_json()]}}}
    cells = [{"id": "text", "cell_type": "markdown"}, {"id": "bounds", "outputs": [output]}]
    (gathered,) = results.gather(cells, "strike-statistics")
    assert gathered.extra == {"notebook": "strike-statistics", "cell": "bounds"}
    assert gathered.value == 28


@pytest.mark.parametrize("content", ["{", "[]", '{"results": []}', '{"run": "a", "results": [{}]}'])
def test_a_file_that_holds_no_results_is_named(tmp_path: Path, content: str) -> None:
    path = tmp_path / "results.json"
    path.write_text(content)
    with pytest.raises(UserError, match=r"results\.json is not a results file"):
        results.read(path)


def test_a_missing_file_says_how_to_make_it(tmp_path: Path) -> None:
    with pytest.raises(UserError, match="run `feb11 report` first"):
        results.read(tmp_path / "results.json")
