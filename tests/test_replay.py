"""A study is carried over a change only on the word of its own worlds."""

import copy
import json

import pytest
from bench import blocks, record, replay


def kept():
    return json.loads((record.FOLDER / "blocks.json").read_text(encoding="utf-8"))


def test_the_tables_of_the_blocks_are_those_of_their_rows():
    study = kept()
    made = json.loads(json.dumps(blocks.tables(*replay.split(study["worlds"]))))
    assert {name: study[name] for name in made} == made


def test_every_kind_of_world_is_replayed_and_other_code_replays_others():
    kinds = replay.split(kept()["worlds"])
    one, two = (replay.choose(kinds, 12, digest * 12) for digest in ("a1", "b2"))
    assert len(one) == 12 + 2 * replay.OTHERS
    assert all(replay.split(one))
    assert one != two
    with pytest.raises(ValueError, match="0 worlds of a kind"):
        replay.choose((kinds[0], [], kinds[2]), 12, "a1" * 12)


def test_a_world_or_a_table_that_differs_carries_nothing(monkeypatch, tmp_path):
    study = kept()
    monkeypatch.setattr(replay, "FOLDER", tmp_path)
    place = tmp_path / "blocks.json"

    def refused(changed, said):
        place.write_text(json.dumps(changed))
        with pytest.raises(SystemExit, match=said):
            replay.main(1)
        assert json.loads(place.read_text()) == changed

    wrong = copy.deepcopy(study)
    wrong["all"]["coverage"] = 0.99
    refused(wrong, "tables come out differently: all")
    # rows that say something else of the same worlds, with the tables that follow from them
    moved = copy.deepcopy(study)
    for row in moved["worlds"]:
        row["threshold"] += 1.0
    refused(moved, "comes out differently: run the study again")
