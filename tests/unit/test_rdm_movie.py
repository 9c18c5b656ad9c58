"""Each frame of the movie shows the mean RDM of its checkpoint, in colours fixed over time.

The truths are planted RDMs, numpy and matplotlib's colour map, read from the pixels of the GIF.
"""

from pathlib import Path

import matplotlib as mpl
import numpy as np
import pytest
from PIL import Image, ImageDraw
from scipy.spatial.distance import squareform

from trajectories.analyses.movie import figure as rdm_movie
from trajectories.errors import UserError
from trajectories.rdms import trajectory

EPOCHS = (0.0, 0.25, 1.0, 2.0)


def instance(
    path: Path, seed: int = 1, condition: str = "moco", n=8, epochs=EPOCHS, layers=("a", "b")
) -> Path:
    rng = np.random.default_rng(seed)
    rdms = {layer: rng.random((len(epochs), n * (n - 1) // 2)) for layer in layers}
    flags = {"face": np.arange(n) % 2 == 0, "animal": np.arange(n) < n // 2}
    made = trajectory.Trajectory(
        rdms,
        np.array(epochs),
        tuple(f"image {index}" for index in range(n)),
        flags,
        {"condition": condition, "seed": seed},
    )
    file = path / condition / f"{seed}.h5"
    trajectory.write(file, made)
    return file


def frames(path: Path) -> list[np.ndarray]:
    with Image.open(path) as movie:
        found = []
        for index in range(movie.n_frames):
            movie.seek(index)
            found.append(np.asarray(movie.convert("RGB")).astype(int))
    return found


def make(tmp_path: Path, *paths: Path) -> tuple[list[np.ndarray], int]:
    target = tmp_path / "movies" / "rdms.gif"
    with rdm_movie.opened(paths) as study:
        number = rdm_movie.write(target, study)
    return frames(target), number


def test_each_frame_shows_the_mean_rdm_of_its_checkpoint(tmp_path) -> None:
    paths = [instance(tmp_path, seed) for seed in (1, 2, 3)]
    found, number = make(tmp_path, *paths)
    assert len(found) == number == len(EPOCHS)
    read = [trajectory.read(path) for path in paths]
    order = [0, 2, 1, 3, 4, 6, 5, 7]  # face & animal, animal, face, neither
    with rdm_movie.opened(paths) as study:
        assert rdm_movie.grouped(study.flags, 8).tolist() == order
        corners = [rdm_movie._corner(study, index) for index in range(2)]
    scale = rdm_movie.SIDE // 8
    for layer, (x, y) in zip("ab", corners, strict=True):
        means = np.mean([one.rdms[layer] for one in read], axis=0)
        edges = np.percentile(means, [1, 99], axis=1)
        low, high = edges[0].min(), edges[1].max()
        for picture, mean in zip(found, means, strict=True):
            shown = picture[y : y + 8 * scale, x : x + 8 * scale]
            cells = shown[scale // 2 :: scale, scale // 2 :: scale]
            rdm = squareform(mean)[np.ix_(order, order)]
            expected = mpl.colormaps["viridis"](np.clip((rdm - low) / (high - low), 0, 1))
            off = ~np.eye(8, dtype=bool)
            difference = np.abs(cells - 255 * expected[..., :3])[off]
            assert difference.max() < 14
            assert difference.mean() < 3
            assert len(np.unique(cells[~off], axis=0)) == 1


def test_the_epoch_is_written_and_the_rest_stays(tmp_path) -> None:
    found, _ = make(tmp_path, instance(tmp_path))
    first, last = found[0], found[-1]
    assert first.shape == last.shape
    assert (first != last).any(axis=2)[:40, :200].any()
    changed = (first != last).any(axis=2)
    assert changed.mean() > 0.2
    assert not changed[:, -10:].any()
    assert (first[2, 2] == 255).all()


def test_frames_count_time_in_the_unit_of_the_study(tmp_path) -> None:
    time = {"unit": "images", "label": "Images seen (millions)"}
    target = tmp_path / "images.gif"
    with rdm_movie.opened([instance(tmp_path)]) as study:
        rdm_movie.write(target, study, time=time)
    for picture, epoch in zip(frames(target), EPOCHS, strict=True):
        said = Image.new("RGB", (320, 34), "white")
        ImageDraw.Draw(said).text(
            (8, 8), f"Images seen (millions): {epoch:g}", "black", rdm_movie._font(18)
        )
        assert np.abs(picture[:34, :320] - np.asarray(said).astype(int)).mean() < 2


def test_conditions_are_rows_and_share_what_they_have(tmp_path) -> None:
    paths = [instance(tmp_path), instance(tmp_path, condition="cold", epochs=(0, 1, 2, 5))]
    both, number = make(tmp_path, *paths)
    one, _ = make(tmp_path, paths[0])
    assert number == len({0, 1, 2})
    assert both[0].shape[1] == one[0].shape[1]
    assert both[0].shape[0] > 1.5 * one[0].shape[0]


@pytest.mark.parametrize("n", [3, 48, 96, 288, 300])
def test_a_file_keeps_its_bound_whatever_the_study(tmp_path, monkeypatch, n) -> None:
    """Random RDMs are the worst case; the bound is a small one, to be quick."""
    monkeypatch.setattr(rdm_movie, "MOST_BYTES", 1_000_000)
    epochs = tuple(range(30))
    path = instance(tmp_path, n=n, epochs=epochs)
    with rdm_movie.opened([path]) as study:
        shown = rdm_movie.shown_epochs(study)
    assert (shown[0], shown[-1]) == (epochs[0], epochs[-1])
    assert len(set(shown)) == len(shown) >= 4
    found, _ = make(tmp_path, path)
    assert len(found) == len(shown)
    assert max(found[0].shape) < 1000
    assert 50_000 < (tmp_path / "movies/rdms.gif").stat().st_size < 1_000_000


def test_layers_without_flags_and_without_change(tmp_path) -> None:
    made = trajectory.Trajectory(
        {"only": np.ones((2, 6))},
        np.array([0.0, 1.0]),
        ("a", "b", "c", "d"),
        {},
        {"condition": "c"},
    )
    trajectory.write(tmp_path / "flat.h5", made)
    found, _ = make(tmp_path, tmp_path / "flat.h5")
    assert len(found) == 2


def test_instances_of_other_studies_are_refused(tmp_path) -> None:
    first = instance(tmp_path)
    for other in (
        instance(tmp_path, 2, n=9),
        instance(tmp_path, 3, layers=("a", "c")),
    ):
        with pytest.raises(UserError, match="has different layers or test images from"):
            make(tmp_path, first, other)
    with pytest.raises(UserError, match="no epoch in common"):
        make(tmp_path, first, instance(tmp_path, 4, epochs=(7, 8)))


def test_a_watermark_is_on_every_frame(tmp_path) -> None:
    path = instance(tmp_path)
    plain, _ = make(tmp_path, path)
    target = tmp_path / "stamped.gif"
    with rdm_movie.opened([path]) as study:
        rdm_movie.write(target, study, "interim: epochs 0–2 of 9, 1 of 4 networks")
    for before, after in zip(plain, frames(target), strict=True):
        different = (before != after).any(axis=2)
        columns = np.flatnonzero(different.any(axis=0)) / before.shape[1]
        assert columns[0] < 0.1
        assert columns[-1] > 0.9
        # Black letters with a white edge, so that they can be read on any colour.
        assert {(0, 0, 0), (255, 255, 255)} <= {tuple(pixel) for pixel in after[different].tolist()}
