"""Reference RDMs are matched to test images by name, and what is no such RDM is refused by name.

The truths are planted matrices, and the published files: the mean of the four subjects is the
published human RDM, which correlates with the monkey's at 0.49 (Kriegeskorte et al., 2008).
"""

from pathlib import Path
from typing import Any

import numpy as np
import pytest
import rsatoolbox
from scipy.io import savemat
from scipy.spatial.distance import squareform
from test_published_stimuli import PUBLISHED, needs_file, small_file

from trajectories.errors import UserError
from trajectories.planning import checks
from trajectories.rdms import reference_mat, reference_rdms
from trajectories.stimuli import published as published_stimuli
from trajectories.study import config

NAMES = ["cat", "dog", "cup", "café", "key"]
needs_subjects = pytest.mark.skipif(
    not (PUBLISHED.parent / "92_brainRDMs.mat").is_file(),
    reason="the published RDMs of subjects are not beside the checkout",
)


def planted(n: int = 5, seed: int = 0) -> np.ndarray:
    return squareform(np.random.default_rng(seed).random(n * (n - 1) // 2))


def save_csv(path: Path, matrix: np.ndarray, rows=NAMES, columns=None) -> Path:
    lines = [["", *(rows if columns is None else columns)]]
    lines += [[name, *map(repr, map(float, row))] for name, row in zip(rows, matrix, strict=True)]
    path.write_text("\n".join(",".join(line) for line in lines) + "\n", encoding="utf-8")
    return path


def read(file: Any, stimulus=tuple(NAMES), rdm=None, table=None) -> reference_rdms.Reference:
    names = [str(one) for one in file] if isinstance(file, list) else str(file)
    return reference_rdms.read("mine", {"file": names, "rdm": rdm, "table": table}, stimulus)


def refused(*arguments: Any, **settings: Any) -> str:
    with pytest.raises(UserError) as caught:
        read(*arguments, **settings)
    message = str(caught.value)
    assert message.startswith("config key `references.mine`: ")
    assert "\n" not in message
    return message


def test_stimuli_are_matched_by_name_never_by_place(tmp_path) -> None:
    matrix = planted()
    path = save_csv(tmp_path / "rdm.csv", matrix)
    wanted = ("key", "cat", "café")
    found = read(path, wanted)
    place = [NAMES.index(name) for name in wanted]
    np.testing.assert_array_equal(found.rdms, [squareform(matrix[np.ix_(place, place)])])
    assert found.subject == ("rdm",)
    shuffled = [3, 1, 4, 0, 2]
    other = save_csv(
        tmp_path / "other.csv",
        matrix[np.ix_(shuffled, range(5))],
        [NAMES[index] for index in shuffled],
        NAMES,
    )
    np.testing.assert_array_equal(read(other).rdms, read(path).rdms)


def test_several_files_are_several_subjects(tmp_path) -> None:
    paths = [save_csv(tmp_path / f"s{seed}.csv", planted(seed=seed)) for seed in range(3)]
    found = read(paths)
    assert found.subject == ("s0", "s1", "s2")
    np.testing.assert_array_equal(found.rdms, [squareform(planted(seed=s)) for s in range(3)])
    (tmp_path / "again").mkdir()
    again = save_csv(tmp_path / "again" / "s0.csv", planted())
    assert "2 RDMs of 's0'" in refused([*paths, again])


@pytest.mark.parametrize("subjects", [None, ["anna", "ben"]])
def test_rdms_saved_by_rsatoolbox_are_read(tmp_path, subjects) -> None:
    vectors = np.random.default_rng(0).random((2, 10))
    names = [name.replace("é", "e") for name in NAMES]
    rdms = rsatoolbox.rdm.RDMs(
        vectors,
        pattern_descriptors={"stimulus": names},
        rdm_descriptors={"subject": subjects} if subjects else {},
    )
    rdms.save(str(tmp_path / "rdms.h5"), "hdf5")
    found = read(tmp_path / "rdms.h5", tuple(names[::-1]))
    backwards = [squareform(squareform(vector)[::-1, ::-1]) for vector in vectors]
    np.testing.assert_array_equal(found.rdms, backwards)
    assert found.subject == tuple(subjects or ("rdms 1", "rdms 2"))
    rsatoolbox.rdm.RDMs(vectors).save(str(tmp_path / "bare.h5"), "hdf5")
    assert "no 'pattern_descriptors/stimulus'" in refused(tmp_path / "bare.h5")


def test_a_stimulus_that_is_missing_is_named(tmp_path) -> None:
    path = save_csv(tmp_path / "rdm.csv", planted())
    message = refused(path, ("cat", "Dog", "cup", "tree"))
    assert "lacks 2 of the 4 test images, Dog, tree; it has cat, dog," in message


@pytest.mark.parametrize(
    ("change", "words"),
    [
        (lambda m: m.__setitem__((0, 1), 9), "9 from cat to dog but 0.6"),
        (lambda m: m.__setitem__((2, 2), 1), "1 from cup to itself: give dissimilarities"),
        (lambda m: m.__setitem__((1, 4), np.nan), "nan for dog and key"),
        (lambda m: m.__setitem__((slice(None),), 1 - np.eye(5)), "(rdm) are equal"),
    ],
)
def test_what_is_no_rdm_is_refused(tmp_path, change, words) -> None:
    matrix = planted()
    change(matrix)
    message = refused(save_csv(tmp_path / "rdm.csv", matrix))
    assert words in message
    assert str(tmp_path / "rdm.csv") in message


def test_rounded_values_are_symmetric_enough(tmp_path) -> None:
    matrix = planted()
    matrix[1, 0] *= 1 + 1e-8
    assert len(read(save_csv(tmp_path / "rdm.csv", matrix)).rdms) == 1


@pytest.mark.parametrize(
    ("text", "words"),
    [
        (",a,b,a\na,0,1,2\nb,1,0,1\na,2,1,0\n", "2 stimuli named 'a'"),
        (",a,b,c\na,0,1,2\nb,1,0,1\nd,2,1,0\n", "has c, d in its first line or its first column"),
        (",a,b,c\na,0,1,2\nb,1,0\nc,2,1,0\n", "2 values for 'b' instead of 3"),
        (",a,b,c\na,0,1,2\nb,1,0,x\nc,2,x,0\n", "'x' for b and c: write a number"),
        ("", "lacks 3 of the 3 test images"),
    ],
)
def test_a_table_that_is_not_square_is_refused(tmp_path, text, words) -> None:
    path = tmp_path / "rdm.csv"
    path.write_text(text, encoding="utf-8")
    assert words in refused(path, ("a", "b", "c"))


def test_a_missing_or_unknown_kind_of_file_is_refused(tmp_path) -> None:
    assert "there is no file" in refused(tmp_path / "none.csv")
    (tmp_path / "rdm.xlsx").write_bytes(b"x")
    assert "name a file ending in .csv" in refused(tmp_path / "rdm.xlsx")
    (tmp_path / "latin.csv").write_bytes(b",caf\xe9\n")
    assert "save it as CSV in UTF-8" in refused(tmp_path / "latin.csv")
    (tmp_path / "text.h5").write_bytes(b"no hdf5")
    assert "is not a readable HDF5 file" in refused(tmp_path / "text.h5")


def test_a_key_that_says_nothing_of_such_a_file_is_refused(tmp_path) -> None:
    path = save_csv(tmp_path / "rdm.csv", planted())
    assert "delete `rdm`" in refused(path, rdm="hIT")
    assert "delete `table`" in refused(path, table="a.csv")


# The published files


FIELDS = [("RDM", object), ("name", object), ("color", object)]


def brain_files(folder: Path) -> tuple[Path, Path]:
    """Files of the published forms with four images: two RDMs, and 3 subjects × 2 sessions."""
    figure = np.empty((1, 2), dtype=FIELDS)
    for index, name in enumerate(("monkey", "human")):
        figure[0, index] = (squareform(planted(4, index)), name, np.zeros(3))
    small = small_file(folder / "small.mat", {"RDMs_mIT_hIT_fig1": figure})
    sessions = np.empty((1, 3, 2), dtype=FIELDS)
    for subject, session in np.ndindex(3, 2):
        name = f"hIT | {'ABC'[subject]} | Session: {session + 1}"
        sessions[0, subject, session] = (planted(4, 10 * subject + session), name, np.zeros(3))
    savemat(folder / "brains.mat", {"RDMs": sessions})
    return small, folder / "brains.mat"


STIMULI = ("human_face_01", "human_face_02", "nonhuman_face_01", "artificial_01")


def test_an_rdm_of_the_published_file_is_chosen_by_name(tmp_path) -> None:
    small, _ = brain_files(tmp_path)
    np.testing.assert_array_equal(
        read(small, STIMULI, rdm="human").rdms, [squareform(planted(4, 1))]
    )
    assert "`rdm` is missing, but" in refused(small, STIMULI)
    assert "has monkey and human: write one" in refused(small, STIMULI, rdm="ape")
    assert "delete `table`" in refused(small, STIMULI, rdm="human", table=str(small))


def test_sessions_of_a_subject_are_averaged(tmp_path) -> None:
    small, brains = brain_files(tmp_path)
    found = read(brains, STIMULI, table=str(small))
    assert found.subject == ("hIT | A", "hIT | B", "hIT | C")
    expected = [squareform(planted(4, 10 * s) + planted(4, 10 * s + 1)) / 2 for s in range(3)]
    np.testing.assert_allclose(found.rdms, expected, rtol=1e-15)
    assert "name in `table` the stimulus table" in refused(brains, STIMULI)
    assert "delete `rdm`" in refused(brains, STIMULI, rdm="human", table=str(small))


def test_a_table_of_other_length_is_refused(tmp_path) -> None:
    _, brains = brain_files(tmp_path)
    (tmp_path / "three.csv").write_text("stimulus,file\na,a.png\nb,b.png\nc,c.png\n")
    message = refused(brains, ("a", "b", "c"), table=str(tmp_path / "three.csv"))
    assert "RDM of 4 × 4 stimuli but names 3" in message


def test_another_mat_file_is_refused(tmp_path) -> None:
    savemat(tmp_path / "other.mat", {"x": 1})
    assert "is neither Kriegeskorte" in refused(tmp_path / "other.mat")
    (tmp_path / "cut.mat").write_bytes(brain_files(tmp_path)[0].read_bytes()[:300])
    assert "is neither Kriegeskorte" in refused(tmp_path / "cut.mat")


def test_a_mat_file_that_unpacks_to_more_than_it_should_is_refused(tmp_path, monkeypatch) -> None:
    savemat(tmp_path / "bomb.mat", {"RDMs": np.zeros(2**20)}, do_compression=True)
    monkeypatch.setattr(reference_mat, "_MOST", 2**20)
    assert "unpacks to more than 1048576 bytes" in refused(tmp_path / "bomb.mat")


@needs_file
@needs_subjects
def test_the_published_human_rdm_is_the_mean_of_the_subjects() -> None:
    stimulus = published_stimuli.read_flags(PUBLISHED)[0]
    human = read(PUBLISHED, stimulus, rdm="hITvisStim_316vx").rdms
    monkey = read(PUBLISHED, stimulus, rdm="mIT_674neurons").rdms
    subjects = read(PUBLISHED.parent / "92_brainRDMs.mat", stimulus, table=str(PUBLISHED))
    assert subjects.rdms.shape == (4, 4186)
    np.testing.assert_allclose(subjects.rdms.mean(axis=0), human[0], rtol=1e-12)
    assert np.corrcoef(human, monkey)[0, 1] == pytest.approx(0.49, abs=0.005)
    # The known structure of IT tells that rows are the images that their names say.
    kinds = np.array([name.startswith(("human", "nonhuman")) for name in stimulus])
    for rdm in (human[0], monkey[0]):
        matrix = squareform(rdm)
        within = [matrix[np.ix_(kind, kind)].sum() for kind in (kinds, ~kinds)]
        n_within = sum(n * (n - 1) for n in (kinds.sum(), (~kinds).sum()))
        assert sum(within) / n_within < matrix[np.ix_(kinds, ~kinds)].mean() - 0.05


# In a config


def settings(references: Any) -> dict[str, Any]:
    return config.resolve(
        {
            "experiment": "x",
            "seeds": [1],
            "images": {"source": "openmoji", "count": 128, "stored_size": 40},
            "image_size": 32,
            "stimuli": {"table": "config/stimuli/openmoji96.csv", "folder": "openmoji"},
            "training": {"batch_size": 16, "bn_groups": 2, "queue": 64},
            **references,
        }
    )


def test_references_are_no_part_of_a_recipe() -> None:
    named = settings({"references": {"it": {"file": ["a.csv", "b.csv"]}}})
    assert named["references"] == {
        "it": {"file": ["a.csv", "b.csv"], "rdm": None, "table": None, "age": None},
    }
    without = settings({})
    assert without["references"] == {}
    for condition in without["conditions"]:
        recipes = [config.condition_settings(each, condition) for each in (named, without)]
        assert recipes[0] == recipes[1]


def test_a_reference_is_checked_before_the_first_job(tmp_path, monkeypatch) -> None:
    monkeypatch.chdir(Path(__file__).parents[2])
    path = save_csv(tmp_path / "rdm.csv", planted())
    with pytest.raises(UserError, match=r"references\.it`: .* lacks 93 of the 96 test images"):
        checks.check(settings({"references": {"it": {"file": str(path)}}}), tmp_path)


@pytest.mark.parametrize(
    ("block", "words"),
    [
        ({"it": {}}, "references.it.file` is missing"),
        ({"it": {"file": "a.csv", "key": "human"}}, "references.it.key` is unknown"),
        ({"my it": {"file": "a.csv"}}, "names must be made of letters"),
        ({"it": {"file": ["a.csv", "a.csv"]}}, "twice"),
        ({"it": {"file": []}}, "is empty"),
        ({"it": {"file": "{a}.csv"}}, "a path that does not start with"),
        ({"it": {"file": ["--a.csv"]}}, "a path that does not start with"),
    ],
)
def test_a_block_that_says_nothing_is_refused(block, words) -> None:
    with pytest.raises(UserError, match="config key `references") as caught:
        settings({"references": block})
    assert words in str(caught.value)
