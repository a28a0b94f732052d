"""The command line as a contract: what it prints, where, and with which exit code."""

from __future__ import annotations

import json
from collections.abc import Callable
from dataclasses import fields
from datetime import date
from typing import Any

import pytest
import typer

from analysis import evidence
from analysis.cli.options import Imagery, Selection, unfolded
from analysis.report import notebooks
from analysis.results import KINDS, Result
from analysis.scenes.prepare import Request
from tests.checkout import ROOT, Checkout, feb11

CLAIMS = [
    "second-assembly-hall", "hall-size-60-70-percent", "growth-since-2020",
    "repairs-and-roofs-replaced", "throughput-intent", "housing-outside-perimeter",
    "foundations-visible-october-2024", "workforce-enlarged", "kn23-and-kn24-made-here",
    "kim-visits", "visit-august-2023", "kcna-footage-removed", "missiles-60-in-2024",
    "killed-28-injured-213", "one-third-of-ballistic-attacks", "components-nine-western-makers",
    "pact-june-2024", "troops-sent", "satellite-aid-concern", "denials",
]  # fmt: skip
BY_VERDICT = {
    "not tested": {
        "second-assembly-hall", "hall-size-60-70-percent", "growth-since-2020",
        "repairs-and-roofs-replaced", "housing-outside-perimeter",
        "foundations-visible-october-2024",
    },
    "not measurable": {"throughput-intent", "workforce-enlarged"},
    "sources only": {
        "kn23-and-kn24-made-here", "kim-visits", "visit-august-2023", "kcna-footage-removed",
        "components-nine-western-makers", "pact-june-2024", "troops-sent",
        "satellite-aid-concern", "denials",
    },
}  # fmt: skip
COMMANDS = ("report", "claims", "results", "audit", "simulate", "scenes", "measure", "benchmark",
            "doctor")  # fmt: skip


@pytest.fixture(scope="module")
def claims(asked: Callable[..., Any]) -> dict[str, dict[str, Any]]:
    return {c["id"]: c for c in asked("claims")["claims"]}


@pytest.fixture(scope="module")
def results(asked: Callable[..., Any]) -> dict[str, dict[str, Any]]:
    return {r["key"]: r for r in asked("results")["results"]}


def test_exactly_the_twenty_claims_are_listed(claims) -> None:
    assert list(claims) == CLAIMS


def test_every_claim_has_the_fields_that_stay(claims) -> None:
    fields = {"id", "statement", "route", "modality", "band", "rivals", "sources", "results",
              "verdict", "why"}  # fmt: skip
    for claim in claims.values():
        assert set(claim) >= fields
        assert claim["statement"]
        assert claim["why"]


def test_sources_and_results_of_every_claim_exist(claims, results) -> None:
    known = set(evidence.load().sources["source_key"])
    for claim in claims.values():
        assert claim["sources"]
        assert set(claim["sources"]) <= known
        assert claim["results"]
        assert set(claim["results"]) <= set(results)


@pytest.mark.parametrize("verdict", BY_VERDICT)
def test_verdicts_that_no_number_decides_are_those_that_were_fixed(claims, verdict: str) -> None:
    assert {i for i, c in claims.items() if c["verdict"] == verdict} >= BY_VERDICT[verdict]


def test_claims_about_strikes_are_judged_by_bounds(claims, results) -> None:
    for name in ("missiles-60-in-2024", "killed-28-injured-213", "one-third-of-ballistic-attacks"):
        claim = claims[name]
        assert claim["verdict"] in ("supported", "contradicted", "consistent",
                                    "not decidable with these data")  # fmt: skip
        judged = [k for k in claim["results"] if not k.startswith("claims.")]
        assert judged
        assert all(k.startswith("strikes.") for k in judged)


def test_no_claim_about_the_ground_is_judged_without_an_image(claims) -> None:
    for claim in claims.values():
        if claim["route"] == "imagery":
            assert claim["verdict"] == "not tested"


def test_bands_and_rivals_are_those_of_the_claim(claims) -> None:
    (band,) = claims["hall-size-60-70-percent"]["band"]
    assert (band["low"], band["high"]) == (0.60, 0.70)
    rivals = {(r["low"], r["high"]) for r in claims["hall-size-60-70-percent"]["rivals"]}
    assert rivals >= {(0.30, 0.40), (1.60, 1.70), (1.90, 2.10)}
    (band,) = claims["missiles-60-in-2024"]["band"]
    assert (band["low"], band["high"]) == (55, 65)
    (band,) = claims["one-third-of-ballistic-attacks"]["band"]
    assert (band["low"], band["high"]) == (0.30, 0.37)
    assert {b["low"] for b in claims["killed-28-injured-213"]["band"]} == {28, 213}


def test_every_result_obeys_the_contract(results) -> None:
    assert results
    assert list(results) == sorted(results)
    for record in results.values():
        result = Result.from_json(record)
        assert result.kind in KINDS
        assert {"notebook", "cell"} <= set(record)
        assert (ROOT / "notebooks" / f"{record['notebook']}.ipynb").is_file()
        for low, high in record["intervals"].values():
            assert high is None or low <= high
        if record["unit"] == "date" and record["value"]:
            date.fromisoformat(record["value"])


def test_the_results_file_is_what_the_command_prints(results, edition) -> None:
    content = json.loads((edition / "results.json").read_text(encoding="utf-8"))
    assert content["run"] == "default"
    assert content["results"] == list(results.values())


def test_keys_that_the_contract_names_are_recorded(results) -> None:
    for window in ("year", "surge", "period"):
        for unit in ("missile", "row", "day"):
            for denominator in ("iskander-family", "with-aeroballistic", "with-s300"):
                assert f"strikes.share.bounds.{window}.{unit}.{denominator}" in results
    for stem in ("strikes.killed.", "strikes.injured.", "housing.residents.", "housing.workers.",
                 "housing.sensitivity.", "claims."):  # fmt: skip
        assert any(key.startswith(stem) for key in results)


def test_a_key_prints_the_result_and_all_it_rests_on(asked, results) -> None:
    key = "claims.one-third-of-ballistic-attacks.verdict"
    printed = asked("results", key)
    assert printed["result"] == results[key]
    upstream = [r["key"] for r in printed["upstream"]]
    assert len(upstream) == len(set(upstream))
    direct = {i.removeprefix("result:") for i in results[key]["inputs"] if i.startswith("result:")}
    assert direct <= set(upstream)
    assert set(upstream) <= set(results)


def test_the_real_run_passes_its_audit(report) -> None:
    done = feb11("audit", "--json")
    listed = json.loads(done.stdout)
    assert {c["name"]: c["detail"] for c in listed["checks"] if not c["ok"]} == {}
    assert listed["ok"]
    assert done.returncode == 0


@pytest.mark.parametrize("command", ["claims", "results", "audit", "doctor"])
def test_json_stands_alone_on_standard_output(published: Checkout, command: str) -> None:
    done = published.feb11(command, "--json")
    assert isinstance(json.loads(done.stdout), dict)
    assert done.returncode == 0


@pytest.mark.parametrize("command", ["results", "audit", "doctor"])
def test_the_same_is_printed_for_people(published: Checkout, command: str) -> None:
    done = published.feb11(command)
    assert done.returncode == 0
    assert "{" not in done.stdout
    assert len(done.stdout.splitlines()) > 5


def test_people_read_every_claim_with_its_verdict(report) -> None:
    printed = feb11("claims").stdout
    assert all(claim in printed for claim in CLAIMS)
    assert "not tested" in printed


def test_an_unknown_key_is_refused_with_the_nearest(report) -> None:
    done = feb11("results", "housing.resident.family", "--json")
    assert done.returncode == 2
    assert done.stdout == ""
    assert "has no result 'housing.resident.family'" in done.stderr
    assert "housing.residents.family" in done.stderr


@pytest.mark.parametrize("command", ["claims", "results"])
def test_without_a_run_the_way_to_one_is_named(checkout: Checkout, command: str) -> None:
    done = checkout.feb11(command, "--json")
    assert (done.returncode, done.stdout) == (2, "")
    assert "no run named 'default'; there is none yet; `feb11 report" in done.stderr


@pytest.mark.parametrize("command", COMMANDS)
def test_help_gives_examples(command: str) -> None:
    done = feb11(command, "--help")
    assert done.returncode == 0
    assert f"feb11 {command}" in done.stdout.partition("Examples")[2]


def test_help_lists_every_command() -> None:
    listed = feb11("--help").stdout
    assert all(f" {command} " in listed for command in COMMANDS)


def asked_of_scenes(*arguments: str) -> Selection:
    """What a command that takes scenes is handed for some arguments."""
    handed = []
    command = typer.Typer()

    @command.command()
    @unfolded
    def take(selection: Selection) -> None:
        handed.append(selection)

    command(list(arguments), standalone_mode=False)
    return handed[0]


def test_without_options_the_bundled_scenes_are_asked_for() -> None:
    assert asked_of_scenes().request() == Request()
    assert asked_of_scenes().parameters() == []


def test_every_option_of_scenes_reaches_what_is_asked_for() -> None:
    dates = {"start": "2017", "end": "2024-11", "before": "2018", "after": "2024"}
    texts = {"source": "planet", "site": "site.geojson", "trust": "pixels", **dates}
    words = [word for name, text in texts.items() for word in (f"--{name}", text)]
    more = ["--observed", "--yes", "--month", "4", "--month", "10", "--orbit", "30"]
    selection = asked_of_scenes(*words, *more)
    assert selection.request(cloudmask=True) == Request(
        **texts, observed=True, yes=True, months=(4, 10), orbits=(30,), cloudmask=True
    )


def test_the_options_of_a_report_are_parameters_of_its_notebooks() -> None:
    given = Imagery(source="earth-search", start="2017", observed=True).parameters()
    assert given == ["source=earth-search", "start=2017", "observed=true"]
    known = notebooks.discover()["facility-growth"].defaults
    assert {field.name for field in fields(Imagery)} <= set(known)


@pytest.mark.parametrize(
    "arguments", [("repport",), ("report", "--run"), ("claims", "--jsn"), ("report", "--jobs", "0")]
)
def test_a_command_that_cannot_be_read_is_an_error_of_the_user(arguments) -> None:
    done = feb11(*arguments)
    assert done.returncode == 2
    assert done.stdout == ""
    assert "Traceback" not in done.stderr


def test_debug_adds_the_traceback(checkout: Checkout) -> None:
    plain, traced = checkout.feb11("claims"), checkout.feb11("--debug", "claims")
    assert plain.returncode == traced.returncode == 2
    assert "Traceback" not in plain.stderr
    assert "Traceback (most recent call last)" in traced.stderr
    assert plain.stderr.strip() in traced.stderr


def test_a_folder_that_is_no_checkout_is_named(tmp_path) -> None:
    done = feb11("claims", root=tmp_path)
    assert done.returncode == 2
    assert f"no checkout of the project at {tmp_path}" in done.stderr


def test_a_damaged_run_is_an_error_and_no_traceback(workshop: Checkout) -> None:
    (workshop.run / "results.json").write_text('{"run": "default"')
    done = workshop.feb11("claims")
    assert done.returncode == 2
    assert "results.json is not a results file" in done.stderr


def test_the_doctor_never_tells_a_key() -> None:
    done = feb11("doctor", "--json", PL_API_KEY="PLAK-secret-value")
    assert json.loads(done.stdout)["keys"]["PL_API_KEY"] == "present"
    assert "PLAK-secret-value" not in done.stdout + done.stderr
    absent = feb11("doctor", "--json", PL_API_KEY="")
    assert json.loads(absent.stdout)["keys"]["PL_API_KEY"] == "not set"


def test_on_a_narrow_terminal_no_key_is_cut(published: Checkout) -> None:
    for arguments in (["results"], ["claims"]):
        done = published.feb11(*arguments, COLUMNS="60")
        assert "…" not in done.stdout, done.stdout
    rows = published.feb11("results", COLUMNS="30").stdout.splitlines()
    cells = [row.split("│")[1].strip() for row in rows if row.startswith("│")]
    assert "tiny.answer" in "".join(cells)


def test_a_key_prints_all_of_one_result_in_whole_lines(published: Checkout) -> None:
    done = published.feb11("results", "tiny.answer", COLUMNS="30")
    assert done.returncode == 0, done.stderr
    said = dict(line.split(maxsplit=1) for line in done.stdout.splitlines() if line.strip())
    assert said["key"] == "tiny.answer"
    assert said["value"] == "42\u00a0missiles"
    assert said["says"] == "A number of the test"
    assert said["interval"] == "none: a count"
    assert said["method"] == "analysis.strikes.bounds.share"
    assert said["input"] == "source:UADT_CSV"
