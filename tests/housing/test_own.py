"""A user's own parameters: they change the result and are named, or are refused with a reason."""

import pytest

from analysis import housing
from analysis.errors import UserError
from analysis.housing import own, scenarios


def read(tmp_path, text):
    file = tmp_path / "mine.yaml"
    file.write_text(text, encoding="utf-8")
    return own.read(str(file), scenarios.uses())


@pytest.mark.parametrize(
    ("text", "reason"),
    [
        ("footprint: -3", r"mine\.yaml: footprint: -3 is outside its domain"),
        ("active_share: 1.2", r"active_share: 1\.2 is outside its domain"),
        ("household_size: {low: 4, high: 3}", r"household_size: low 4 lies above high 3"),
        ("household_size: {low: 3, mode: 5, high: 4}", "mode 5 lies outside 3 to 4"),
        ("household_size: {low: 3}", "household_size: high missing"),
        ("household_size: {low: 3, high: 4, max: 5}", "unknown key max"),
        ("houshold_size: 3", "houshold_size: unknown; parameters are"),
        ("storeys: 2.5", "not a whole number"),
        ("storeys: many", "'many' is not a number"),
        ("storeys: true", "True is not a number"),
        ("dwelling_size: .nan", "nan is not a number"),
        ("low-rise: 3", "a scenario needs parameters below it"),
        ("low-rise: {plate: 400}", r"low-rise\.plate: not used there"),
        ("household_size: 3\nhousehold_size: 4", "given twice"),
        ("[1, 2]", "must map names"),
        ("", "must map names"),
        ("a: [", "not readable as YAML"),
        ("a: !!python/object/apply:os.getcwd []", "not readable as YAML"),
    ],
)
def test_a_value_outside_its_domain_is_refused_with_file_key_and_reason(tmp_path, text, reason):
    with pytest.raises(UserError, match=reason) as refused:
        read(tmp_path, text)
    assert "mine.yaml" in str(refused.value)
    assert refused.value.exit_code == 2


def test_a_missing_file_is_named(tmp_path):
    with pytest.raises(UserError, match="nowhere.yaml"):
        own.read(str(tmp_path / "nowhere.yaml"), scenarios.uses())


def test_no_file_means_no_own_parameters():
    assert own.read("", scenarios.uses()) == {}


def test_values_for_one_scenario_come_after_those_for_all(tmp_path, tables):
    text = "household_size: 3\nlow-rise: {household_size: {low: 4, mode: 4.5, high: 5}}"
    built = scenarios.build(tables.housing_parameters, tables.choices, read(tmp_path, text))
    assert built["small-apartment"]["household_size"].fixed
    size = built["low-rise"]["household_size"]
    assert (size.low, size.mode, size.high) == (4, 4.5, 5)
    assert size.inputs == ("file:mine.yaml",)


def test_own_parameters_change_the_result_and_are_named_in_it(tmp_path):
    mine = read(tmp_path, "small-apartment: {households_per_block: 30}\nfootprint: 500")
    before, after = ({r.key: r for r in housing.results(7, values)} for values in (None, mine))
    key = "housing.dwellings.small-apartment"
    assert after[key].value == 30
    assert "file:mine.yaml" in after[key].inputs
    assert "source:nknews_komdok" in before[key].inputs
    assert "source:nknews_komdok" not in after[key].inputs
    assert before["housing.residents.family.apartment"].value is None
    assert after["housing.residents.family.apartment"].value == pytest.approx(
        after["housing.residents.family.apartment.per_roof"].value / 2, rel=0.02
    )
    assert before["housing.residents.family.low-rise"] == after["housing.residents.family.low-rise"]
    assert str(tmp_path) not in str([r.to_json() for r in after.values()])
