"""A changed, missing or swapped file of a run is named; other versions are only noted."""

import pytest
from provenance_cases import HERE, elsewhere, flip_bit, planted

from trajectories.provenance import verification

FILES = (
    "dataset.h5",
    "tables/stability.csv",
    "moco/seed-1/trajectory.h5",
    "moco/seed-2/checkpoints/epoch-0000.000.pt",
)


@pytest.fixture(scope="module")
def whole(tmp_path_factory):
    return planted(tmp_path_factory.mktemp("whole"))


def test_an_untouched_run_has_nothing_to_tell(whole, tmp_path):
    run, recorded, _ = whole
    assert list(verification.files(run, recorded)) == []
    assert list(verification.surroundings(recorded, elsewhere())) == []


def test_a_run_that_was_moved_is_the_same(tmp_path):
    run, recorded, _ = planted(tmp_path)
    assert list(verification.files(run.rename(tmp_path / "moved"), recorded)) == []


@pytest.mark.parametrize("name", FILES)
def test_a_flipped_bit_is_named(tmp_path, name):
    run, recorded, _ = planted(tmp_path)
    flip_bit(run / name, at=3)
    [found] = verification.files(run, recorded)
    assert (found.kind, found.text.split()[0]) == ("differs", name)


def test_missing_files_are_named_beside_changed_ones(tmp_path):
    run, recorded, _ = planted(tmp_path)
    (run / FILES[1]).unlink()
    flip_bit(run / FILES[2])
    found = [(each.kind, each.text.split()[0]) for each in verification.files(run, recorded)]
    assert found == [("missing", FILES[1]), ("differs", FILES[2])]


def test_swapped_instances_are_named(tmp_path):
    run, recorded, _ = planted(tmp_path)
    one, two = (run / f"moco/seed-{seed}/trajectory.h5" for seed in (1, 2))
    one.rename(run / "third")
    two.rename(one)
    (run / "third").rename(two)
    found = {each.text.split()[0] for each in verification.files(run, recorded)}
    assert found == {"moco/seed-1/trajectory.h5", "moco/seed-2/trajectory.h5"}


def test_the_table_of_test_images_counts(tmp_path):
    _, recorded, _ = planted(tmp_path)
    table = tmp_path / "stimuli.csv"
    assert list(verification.stimulus_table(table, recorded)) == []
    table.write_text(table.read_text() + "\n")
    assert [each.kind for each in verification.stimulus_table(table, recorded)] == ["differs"]
    table.unlink()
    assert [each.kind for each in verification.stimulus_table(table, recorded)] == ["missing"]


def test_other_versions_commit_and_machine_are_notes(whole):
    _, recorded, _ = whole
    here = {**elsewhere(numpy="2.4.7"), "commit": "def"}
    found = list(verification.surroundings(recorded, here))
    assert {each.kind for each in found} == {"note"}
    assert [each.text for each in found] == [
        "made with the code of commit abc; here is def",
        "made with numpy 2.4.6; here it is 2.4.7",
        "trained with the code of commit abc; here is def",
    ]
    [absent] = verification.surroundings(recorded, HERE)
    assert absent.text == "trained with torch 2.15.0; here it is not installed"


def test_lines_begin_with_what_they_are():
    assert str(verification.Finding("missing", "a.csv")) == "missing: a.csv"
