"""Runs: an edition is published whole or not at all, and only what changed is executed."""

from __future__ import annotations

import json
import os
import re
import subprocess
import time
from pathlib import Path

import pytest

from tests.checkout import FEB11, FIGURE, RECORD, Checkout


def executed(done: subprocess.CompletedProcess[str]) -> set[str]:
    """Notebooks that a report says it has executed."""
    return {line.split()[0] for line in done.stderr.splitlines() if " done in " in line}


def test_the_last_line_is_the_page(published: Checkout) -> None:
    done = published.report()
    page = Path(done.stdout.splitlines()[-1])
    assert page.is_file()
    assert "The answer is" in page.read_text(encoding="utf-8")
    assert done.stdout.count("\n") == 1


def test_a_second_report_executes_nothing_and_touches_nothing(published: Checkout) -> None:
    before, page = published.fingerprint(), os.stat(published.site / "index.html")
    done = published.report()
    assert "no notebook was executed" in done.stderr
    assert not executed(done)
    assert published.fingerprint() == before
    assert os.stat(published.site / "index.html").st_mtime_ns == page.st_mtime_ns


def test_results_know_their_notebook_and_cell(published: Checkout) -> None:
    answer = published.results()["tiny.answer"]
    assert (answer["value"], answer["notebook"], answer["cell"]) == (42, "first", "record")


def test_numbers_on_pages_are_those_of_the_results_and_lead_to_their_lineage(
    published: Checkout,
) -> None:
    front = (published.site / "index.html").read_text(encoding="utf-8")
    assert "42\u00a0missiles" in front
    assert 'href="lineage-tiny.html#result-tiny-answer"' in front
    lineage = (published.site / "lineage-tiny.html").read_text(encoding="utf-8")
    assert 'id="result-tiny-answer"' in lineage
    assert "analysis.strikes.bounds.share" in lineage


def test_each_notebook_is_offered_in_four_forms(published: Checkout) -> None:
    page = (published.site / "second.html").read_text(encoding="utf-8")
    for ending in (".executed.ipynb", ".ipynb", ".py", ".html"):
        assert f'href="./downloads/second{ending}"' in page
        assert (published.site / "downloads" / f"second{ending}").is_file()
    alone = (published.site / "downloads" / "second.html").read_text(encoding="utf-8")
    assert "It was 42" in alone
    assert "{result}" not in alone
    template = json.loads((published.site / "downloads" / "second.ipynb").read_text())
    assert not any(cell.get("outputs") for cell in template["cells"])


def test_a_figure_comes_with_its_alt_text_and_its_data(published: Checkout) -> None:
    page = (published.site / "first.html").read_text(encoding="utf-8")
    assert 'alt="A line that rises from one to two, drawn for a test."' in page
    (data,) = published.site.glob("_downloads/*/line.csv")
    assert data.read_text() == "x\n1\n2\n"
    assert (published.run / "figures" / "line.svg").is_file()


def test_nothing_that_is_published_holds_a_time_of_day_or_this_machine(
    published: Checkout,
) -> None:
    record = (published.run / "run.json").read_text(encoding="utf-8")
    texts = [record, *(p.read_text() for p in (published.run / "notebooks").iterdir())]
    for text in texts:
        assert str(published.root) not in text
        assert "papermill" not in text.replace('"papermill": "', "")
        assert "T" not in json.dumps(json.loads(text).get("commit_date", ""))


def test_the_site_and_the_results_lead_to_one_run(published: Checkout) -> None:
    assert os.readlink(published.site) == "runs/default/html"
    assert published.run.is_symlink()
    stores = [p for p in (published.build / "runs").iterdir() if not p.is_symlink()]
    assert stores == [published.run.resolve()]
    inside = (published.site / "results.json").read_bytes()
    assert inside == (published.run / "results.json").read_bytes()


def test_two_reports_of_the_same_inputs_are_the_same_byte_for_byte(
    published: Checkout, workshop: Checkout
) -> None:
    subprocess.run(["rm", "-rf", str(workshop.build)], check=True)
    workshop.report("--jobs", "1")
    assert workshop.fingerprint() == published.fingerprint()


def test_other_parameters_do_not_overwrite_a_run(workshop: Checkout) -> None:
    before = workshop.fingerprint()
    done = workshop.feb11("report", "-p", "seed=7")
    assert done.returncode == 2
    assert "run 'default' was made with other parameters (the defaults)" in done.stderr
    assert "--run NAME" in done.stderr
    assert "--force" in done.stderr
    assert workshop.fingerprint() == before

    page = workshop.report("--run", "seven", "-p", "seed=7").stdout.strip()
    assert workshop.fingerprint() == before, "a run of another name leaves the default alone"
    record = json.loads((workshop.build / "runs/seven/run.json").read_text())
    assert record["parameters"] == {"seed": 7}
    assert page.endswith("runs/seven/html/index.html")

    back = workshop.feb11("report", "--run", "seven")
    assert back.returncode == 2
    assert "other parameters (seed=7)" in back.stderr


def test_only_what_changed_is_executed_again(workshop: Checkout) -> None:
    first = (workshop.run / "notebooks" / "first.ipynb").read_bytes()
    workshop.notebook("second", [("record", RECORD.format(key="tiny.second", value=43))],
                      keys=["tiny.second"])  # fmt: skip
    done = workshop.report("-v")
    assert executed(done) == {"second"}
    assert "first  unchanged" in done.stderr
    assert (workshop.run / "notebooks" / "first.ipynb").read_bytes() == first
    assert "43\u00a0missiles" in (workshop.site / "index.html").read_text(encoding="utf-8")


def test_a_falsified_page_is_built_again(workshop: Checkout) -> None:
    workshop.report()
    before, page = workshop.fingerprint(), workshop.site / "index.html"
    page.write_text(page.read_text("utf-8").replace("missiles", "rockets"), encoding="utf-8")
    assert not executed(workshop.report())
    assert workshop.fingerprint() == before


def test_a_changed_page_is_built_without_executing_anything(workshop: Checkout) -> None:
    page = workshop.root / "book" / "about.md"
    page.write_text(page.read_text() + "\nAnother line.\n")
    assert not executed(workshop.report())
    assert "Another line." in (workshop.site / "about.html").read_text(encoding="utf-8")


CRASH = 'raise ValueError("the tide was out")'
TOP = "home"
LEAK = f'print("read /{TOP}/jane/in.csv")'
USER = 'from analysis.errors import UserError; raise UserError("no such site; give one")'
CHANGE = """\
from analysis import paths
(paths.project_root() / "data" / "sites" / "new.txt").write_text("new")"""
TWICE = RECORD.format(key="tiny.answer", value=1)
FAILURES = {
    "a crash": (CRASH, 1, ["notebook second failed in cell 'breaks'",
                           "ValueError: the tide was out", "_build/failed/second.ipynb"]),
    "a dead kernel": ("import os; os._exit(9)", 1, ["notebook second failed"]),
    "a leak": (LEAK, 1, ["notebook second is not fit to publish", "cell 'breaks'",
                         f"absolute path (/{TOP}/jane"]),
    "an error of the user": (USER, 2, ["notebook second, cell 'breaks': no such site; give one"]),
    "an input that changes": (CHANGE, 1, ["an input of notebook", "changed while the report ran"]),
    "an undeclared key": (RECORD.format(key="tiny.third", value=1), 3,
                          ["notebook second records 'tiny.third' without declaring it"]),
    "a key of another notebook": (TWICE, 3, ["'tiny.answer'"]),
    "a second figure of one name": (FIGURE, 3, ["two figures are named 'line'"]),
}  # fmt: skip


@pytest.mark.parametrize(("source", "code", "said"), FAILURES.values(), ids=FAILURES.keys())
def test_what_fails_half_way_leaves_the_earlier_site_and_results(
    workshop: Checkout, source: str, code: int, said: list[str]
) -> None:
    before = workshop.fingerprint()
    record = RECORD.format(key="tiny.second", value=1)
    keys = ["tiny.second"] + (["tiny.answer"] if source is TWICE else [])
    workshop.notebook("second", [("record", record), ("breaks", source)], keys=keys)
    done = workshop.feb11("report")
    assert done.returncode == code, done.stderr
    message = done.stderr[done.stderr.index("feb11: ") :]
    for text in said:
        assert text in message
    assert "Traceback" not in message
    assert done.stdout == ""
    assert workshop.fingerprint() == before
    assert not (workshop.build / "staging" / "default").exists()


def test_a_page_that_names_what_does_not_exist_is_not_published(workshop: Checkout) -> None:
    before = workshop.fingerprint()
    (workshop.root / "book" / "about.md").write_text(
        "# About\n\nIt is {result}`tiny.nothing`.\n\nIt said {claim}`moon-landing`.\n\n"
        "So {cite}`nobody_2024`.\n\nSee [this](nowhere.md).\n"
    )
    done = workshop.feb11("report")
    assert done.returncode == 1
    assert "the book does not build cleanly" in done.stderr
    places = re.findall(r"about\.md:(\d+): WARNING: .*", done.stderr)
    assert set(places) >= {"3", "5", "7", "9"}
    for said in ("tiny.nothing", "moon-landing", "nobody_2024", "nowhere.md"):
        assert said in done.stderr
    assert str(workshop.root) not in done.stderr
    assert workshop.fingerprint() == before


def test_broken_evidence_stops_the_report_before_it_begins(workshop: Checkout) -> None:
    before = workshop.fingerprint()
    table = workshop.root / "data" / "evidence" / "sources.csv"
    lines = table.read_text(encoding="utf-8").splitlines()
    table.write_text("\n".join([*lines[:-1], lines[-1] + ",more"]) + "\n", encoding="utf-8")
    done = workshop.feb11("report")
    assert done.returncode == 2
    assert f"sources.csv row {len(lines)}" in done.stderr
    assert not executed(done)
    assert workshop.fingerprint() == before


def test_readers_see_the_old_edition_until_the_one_process_that_makes_the_new_is_done(
    workshop: Checkout,
) -> None:
    """One reader looks at the front page all the time; another process comes late."""
    record = RECORD.format(key="tiny.second", value="seed % 1000")
    slow = f"import time; time.sleep(8)\n{record}"
    workshop.notebook("second", [("record", slow)], keys=["tiny.second"])
    old = (workshop.site / "index.html").read_bytes()
    environment = os.environ | {"FEB11_ROOT": str(workshop.root)}
    # --force: the run of that name had other parameters, and it is to be replaced.
    command = [str(FEB11), "report", "--force", "-p"]
    seen: list[bytes] = []
    with subprocess.Popen([*command, "seed=7"], env=environment, stdout=subprocess.PIPE,
                          stderr=subprocess.PIPE, text=True) as making:  # fmt: skip
        assert making.stderr is not None
        assert "running" in making.stderr.readline()
        late = subprocess.Popen([*command, "seed=8"], env=environment, stdout=subprocess.PIPE,
                                stderr=subprocess.PIPE, text=True)  # fmt: skip
        while making.poll() is None:
            page = (workshop.site / "index.html").read_bytes()
            if not seen or seen[-1] != page:
                seen.append(page)
            time.sleep(0.002)
    _, said = late.communicate(timeout=120)
    assert making.returncode == 0
    assert late.returncode == 1
    assert "another process is building run 'default'" in said
    assert len(seen) <= 2
    assert seen[0] == old
    assert (workshop.site / "index.html").read_bytes() != old
    assert workshop.results()["tiny.second"]["value"] == 7
