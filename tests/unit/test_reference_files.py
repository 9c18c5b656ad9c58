"""Reference RDMs in files of all kinds: read as they are, or refused with the true cause."""

from pathlib import Path
from typing import Any

import h5py
import numpy as np
import pytest
import rsatoolbox
from scipy.io import savemat
from scipy.spatial.distance import squareform

from trajectories.errors import UserError
from trajectories.rdms import reference_hdf5, reference_rdms

VECTORS = np.random.default_rng(0).random((2, 6))
TABLE = "stimulus,file\n3,a.png\n1,b.png\n2,c.png\n4,d.png\n"


def read(path: Path, stimulus=("1", "2", "3", "4"), **settings: Any) -> reference_rdms.Reference:
    given = {"file": str(path), "rdm": None, "table": None, **settings}
    return reference_rdms.read("mine", given, stimulus)


def refused(path: Path, **settings: Any) -> str:
    with pytest.raises(UserError) as caught:
        read(path, **settings)
    message = str(caught.value)
    assert str(path) in message
    assert "\n" not in message
    assert "delete it" not in message  # it is the user's
    return message


# As rsatoolbox saves them


@pytest.mark.parametrize(
    "stimulus",
    [[1, 2, 3, 4], [1.0, 2.0, 3.0, 4.0], np.arange(1, 5), np.arange(1, 5, dtype=np.uint8), "1234"],
)
@pytest.mark.parametrize("subjects", [[7, 8], np.array([7.0, 8.0]), ["7", "8"]])
def test_descriptors_of_any_kind_are_read(tmp_path, stimulus: Any, subjects: Any) -> None:
    path = tmp_path / "rdms.h5"
    rsatoolbox.rdm.RDMs(
        VECTORS,
        pattern_descriptors={"stimulus": list(stimulus) if isinstance(stimulus, str) else stimulus},
        rdm_descriptors={"subject": subjects},
    ).save(str(path), "hdf5")
    found = read(path)
    assert found.subject == ("7", "8")
    np.testing.assert_array_equal(found.rdms, VECTORS)
    theirs = rsatoolbox.rdm.load_rdm(str(path), "hdf5")
    assert [str(int(float(s))) for s in theirs.pattern_descriptors["stimulus"]] == list("1234")


def test_descriptors_as_attributes_are_read(tmp_path: Path) -> None:
    path = tmp_path / "rdms.h5"
    with h5py.File(path, "w") as file:
        file["dissimilarities"] = VECTORS[:1]
        file.create_group("pattern_descriptors").attrs["stimulus"] = ("1", "2", "3", "4")
    np.testing.assert_array_equal(read(path).rdms, VECTORS[:1])


def broken(path: Path, kind: str) -> Path:
    """A file whose reading fails in the way that `kind` says."""
    with h5py.File(path.with_name("other.h5"), "w") as other:
        other["dissimilarities"] = VECTORS
    with h5py.File(path, "w") as file:
        names = file.create_group("pattern_descriptors")
        names["stimulus"] = [1, 2, 3, 4] if kind != "pairs" else [[1, 2], [3, 4]]
        if kind == "latin":
            del names["stimulus"]
            names["stimulus"] = np.array([b"\xe9", b"b", b"c", b"d"])
        if kind == "link":
            file["dissimilarities"] = h5py.ExternalLink("other.h5", "dissimilarities")
        elif kind == "virtual":
            layout = h5py.VirtualLayout(shape=VECTORS.shape, dtype=float)
            layout[:] = h5py.VirtualSource(path.with_name("other.h5"), "dissimilarities", (2, 6))
            file.create_virtual_dataset("dissimilarities", layout)
        elif kind == "claims":
            file.create_dataset("dissimilarities", (10**6, 10**6), "f8", chunks=(1, 1000))
        elif kind == "text":
            file["dissimilarities"] = np.full((1, 6), "x", dtype=h5py.string_dtype())
        elif kind == "complex":
            file["dissimilarities"] = VECTORS * 1j
        elif kind == "group":
            file.create_group("dissimilarities")
        elif kind == "nothing":
            file["dissimilarities"] = h5py.Empty("f")
        elif kind == "none":
            file["dissimilarities"] = np.zeros((0, 6))
        else:
            file["dissimilarities"] = VECTORS
    return path


@pytest.mark.parametrize(
    ("kind", "cause"),
    [
        ("latin", "cannot be read ('utf-8' codec"),
        ("pairs", "pattern_descriptors/stimulus has more than one value for each"),
        ("link", "'dissimilarities' refers to another file"),
        ("virtual", "'dissimilarities' refers to another file"),
        ("claims", "'dissimilarities' claims 1000000000000 values"),
        ("text", "no real numbers"),
        ("complex", "no real numbers"),
        ("group", "'dissimilarities' holds no values"),
        ("nothing", "'dissimilarities' holds no values"),
        ("none", "has no RDMs"),
    ],
)
def test_what_cannot_be_read_says_why(tmp_path, kind: str, cause: str) -> None:
    assert cause in refused(broken(tmp_path / "rdms.h5", kind))


def test_a_file_cut_short_is_no_reason_to_delete_it(tmp_path: Path) -> None:
    path = broken(tmp_path / "rdms.h5", "whole")
    path.write_bytes(path.read_bytes()[:1000])
    assert "not a readable HDF5 file" in refused(path)


def test_other_names_are_told(tmp_path: Path) -> None:
    path = broken(tmp_path / "rdms.h5", "whole")
    with pytest.raises(UserError, match=r"lacks 2 of the 4 test images, 01, 02; it has 1, 2, 3, 4"):
        read(path, ("01", "02", "3", "4"))


# Matrices in .mat files


def matlab_73(path: Path, **variables: np.ndarray) -> Path:
    """As MATLAB saves with -v7.3: HDF5 behind 512 bytes, and the last axis first."""
    with h5py.File(path, "w", userblock_size=512) as file:
        for name, value in variables.items():
            file[name] = np.asarray(value).T
            file[name].attrs["MATLAB_class"] = np.bytes_("double")
        file["note"] = np.frombuffer("RDMs".encode("utf-16-le"), dtype=np.uint16)
        file["note"].attrs["MATLAB_class"] = np.bytes_("char")
    with path.open("r+b") as file:
        file.write(b"MATLAB 7.3 MAT-file, Platform: GLNXA64".ljust(124) + b"\0\2IM")
    return path


def level_5(path: Path, **variables: np.ndarray) -> Path:
    savemat(path, {**variables, "note": "RDMs"})
    return path


FORMS = {
    "square": squareform(VECTORS[0]),
    "vector": VECTORS[0],
    "subjects": np.stack([squareform(vector) for vector in VECTORS], axis=2),
}


@pytest.mark.parametrize("save", [level_5, matlab_73])
@pytest.mark.parametrize("form", FORMS)
def test_a_matrix_in_a_mat_file_is_read_in_the_order_of_a_table(tmp_path, save, form) -> None:
    path = save(tmp_path / "mine.mat", rdm=np.atleast_2d(FORMS[form]))
    table = tmp_path / "table.csv"
    table.write_text(TABLE)
    found = read(path, ("3", "1", "2", "4"), table=str(table))
    expected = VECTORS if form == "subjects" else VECTORS[:1]
    np.testing.assert_array_equal(found.rdms, expected)
    assert found.subject == (("mine 1", "mine 2") if form == "subjects" else ("mine",))
    assert "name in `table` the stimulus table" in refused(path)


@pytest.mark.parametrize("save", [level_5, matlab_73])
def test_one_of_several_matrices_is_chosen_by_name(tmp_path, save) -> None:
    path = save(tmp_path / "mine.mat", early=FORMS["square"], late=FORMS["square"] * 2)
    table = tmp_path / "table.csv"
    table.write_text(TABLE)
    found = read(path, ("3", "1", "2", "4"), table=str(table), rdm="late")
    np.testing.assert_array_equal(found.rdms, VECTORS[:1] * 2)
    assert "`rdm` is missing, but" in refused(path, table=str(table))
    assert "has early and late: write one" in refused(path, table=str(table), rdm="middle")


@pytest.mark.parametrize("save", [level_5, matlab_73])
def test_a_mat_file_without_a_matrix_says_so(tmp_path, save) -> None:
    message = refused(save(tmp_path / "mine.mat", numbers=np.ones((3, 5))))
    assert "has no matrix of dissimilarities" in message
    assert "download" not in message


def test_a_table_of_stimuli_saved_again_by_matlab_says_so(tmp_path: Path) -> None:
    path = matlab_73(tmp_path / "table.mat", stimuli=np.ones((2, 2)))
    matrix = level_5(tmp_path / "mine.mat", rdm=FORMS["square"])
    with pytest.raises(UserError, match=r"saved again as version 7\.3 of MATLAB.*-v7"):
        read(matrix, table=str(path))


def test_large_files_are_refused_unread(tmp_path: Path) -> None:
    for name in ("large.h5", "large.mat"):
        with (tmp_path / name).open("wb") as file:
            file.truncate(10**12)
        assert "has more than" in refused(tmp_path / name)
    assert reference_hdf5.MOST_BYTES < 2**32
