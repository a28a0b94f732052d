"""A study is carried over a change only on the word of its own worlds."""

import copy
import json

import pytest
from bench import blocks, chain, record, replay


def kept():
    return json.loads((record.FOLDER / "blocks.json").read_text(encoding="utf-8"))


def test_the_tables_of_the_blocks_are_those_of_their_rows():
    study = kept()
    made = json.loads(json.dumps(blocks.tables(*replay.split(study["worlds"]))))
    assert {name: study[name] for name in made} == made


def test_every_kind_of_world_is_replayed_and_other_code_replays_others():
    kinds = replay.split(kept()["worlds"])
    one, two = (replay.choose(kinds, (12, 3, 3), digest * 12) for digest in ("a1", "b2"))
    assert len(one) == 18
    assert all(replay.split(one))
    assert one != two
    with pytest.raises(ValueError, match="0 worlds of a kind"):
        replay.choose((kinds[0], [], kinds[2]), (12, 3, 3), "a1" * 12)


def test_a_world_or_a_table_that_differs_carries_nothing(monkeypatch, tmp_path):
    study = kept()
    monkeypatch.setattr(replay, "FOLDER", tmp_path)
    place = tmp_path / "blocks.json"

    def refused(changed, said):
        place.write_text(json.dumps(changed))
        with pytest.raises(SystemExit, match=said):
            replay.estates(1)
        assert json.loads(place.read_text()) == changed

    wrong = copy.deepcopy(study)
    wrong["all"]["coverage"] = 0.99
    refused(wrong, "tables come out differently: all")
    # rows that say something else of the same worlds, with the tables that follow from them
    moved = copy.deepcopy(study)
    for row in moved["worlds"]:
        row["threshold"] += 1.0
    refused(moved, "comes out differently: run the study again")


@pytest.fixture
def plants(monkeypatch, tmp_path):
    """A log of twelve plants of other code; plants come out again as ``area`` says."""
    monkeypatch.setattr(chain, "_log", lambda: tmp_path / "chain.jsonl")

    def plant(role, n, area):
        return {"seed": chain.FIRST[role] + n, "role": role, "joints": [{"truths": [area]}]}

    rows = [plant(role, n, 1000.0 + n) | {"code": "old", "seconds": 9.0}
            for n in range(6) for role in chain.FIRST]  # fmt: skip
    (tmp_path / "chain.jsonl").write_text("".join(json.dumps(r) + "\n" for r in rows))

    def come_out(area):
        monkeypatch.setattr(chain, "one", lambda role, n: plant(role, n, area(n)))

    return come_out


def test_plants_that_come_out_alike_are_taken_over_with_the_word_of_each_kind(plants):
    plants(lambda n: 1000.0 + n)
    replay.plants("old")
    rows = chain.logged(record.code(chain.MODULES))
    assert len(rows) == 12
    (step,) = rows[0]["carried"]
    assert step["from"] == "old"
    numbers = {s - chain.FIRST["calibrate" if s < chain.FIRST["score"] else "score"]
               for s in step["worlds"]}  # fmt: skip
    assert numbers == set(range(replay.KINDS))
    assert chain.logged("old") == []


def test_a_plant_that_comes_out_differently_is_run_again(plants):
    plants(lambda n: 1000.0 + n + 5.0 * (n == 4))
    with pytest.raises(SystemExit, match="comes out differently"):
        replay.plants("old")
    assert len(chain.logged("old")) == 12
