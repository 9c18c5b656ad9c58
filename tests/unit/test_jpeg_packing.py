"""A tree of photographs becomes one file, whole and the same however it is made.

The truths are Pillow's and ImageFolder's readings of the tree.
"""

import io
import itertools
from pathlib import Path
from typing import Any

import h5py
import numpy as np
import pytest
from picture_cases import BROKEN, WHOLE, photograph_tree, write_tree
from PIL import Image
from torchvision.datasets import ImageFolder

from trajectories.errors import UserError
from trajectories.images import jpeg_dataset, jpeg_packing, jpeg_parts, subset
from trajectories.images.jpeg_parts import Part
from trajectories.images.sources import folder


def pack(root: Path, output: Path, count: int, size: int | None = None, **options: Any) -> Path:
    unfinished = output.with_suffix(".unfinished")
    seed = options.pop("seed", 0)
    packed = jpeg_packing.pack(folder.list_pictures(root), count, size, seed, unfinished, **options)
    jpeg_packing.join(packed, output, unfinished, {"source": str(root)})
    return output


def contents(path: Path) -> dict[str, bytes]:
    """Images by the file they come from, read with h5py alone."""
    with h5py.File(path) as file:
        jpeg, offset = file["jpeg"][:], file["offset"][:]
        names = file["file"].asstr()[:]
    images = (jpeg[a:b].tobytes() for a, b in itertools.pairwise(offset))
    return dict(zip(names, images, strict=True))


def test_whole_files_are_kept_byte_by_byte_in_their_order(tmp_path: Path) -> None:
    root = photograph_tree(tmp_path / "tree")
    found = contents(pack(root, tmp_path / "dataset.h5", 24))
    theirs = ImageFolder(str(root))
    files = [str(Path(path).relative_to(root)) for path, _ in theirs.samples]
    assert list(found) == files
    assert all(found[file] == (root / file).read_bytes() for file in files)
    with h5py.File(tmp_path / "dataset.h5") as file:
        assert file["label"][:].tolist() == theirs.targets
        assert file["label_name"].asstr()[:].tolist() == theirs.classes
        sizes = zip(file["width"][:].tolist(), file["height"][:].tolist(), strict=True)
        assert list(sizes) == [picture.size for picture, _ in theirs]
    assert not (tmp_path / "dataset.unfinished").exists()


def test_sizes_are_reduced(tmp_path: Path) -> None:
    path = pack(photograph_tree(tmp_path / "tree"), tmp_path / "dataset.h5", 24, 32)
    for content in contents(path).values():
        picture = Image.open(io.BytesIO(content))
        assert min(picture.size) == 32
    index = jpeg_dataset.read_index(path)
    assert np.minimum(index.height, index.width).tolist() == [32] * 24
    assert len(set(index.width.tolist())) > 5


def test_pictures_of_every_kind_are_packed_and_broken_ones_listed(tmp_path: Path, caplog) -> None:
    root = write_tree(tmp_path / "tree", {f"a/{name}": WHOLE[name] for name in WHOLE})
    write_tree(root, {f"b/{name}": BROKEN[name] for name in BROKEN})
    (root / "b/gone.jpg").symlink_to(tmp_path / "nowhere")
    path = pack(root, tmp_path / "dataset.h5", len(WHOLE), processes=2)
    found = contents(path)
    assert set(found) == {f"a/{name}" for name in WHOLE}
    for content in found.values():
        picture = Image.open(io.BytesIO(content))
        picture.load()
        assert (picture.format, picture.mode) == ("JPEG", "RGB")
    with h5py.File(path) as file:
        left_out = file["left_out/file"].asstr()[:].tolist()
        assert all(len(reason) > 10 for reason in file["left_out/reason"].asstr())
    assert left_out == sorted(left_out)
    assert 0 < len(left_out) <= len(BROKEN) + 1
    assert set(left_out) <= {f"b/{name}" for name in [*BROKEN, "gone.jpg"]}
    assert all(f"left out {name}: " in caplog.text for name in left_out)
    with pytest.raises(UserError, match=rf"has {len(WHOLE)} images.*{len(BROKEN) + 1} are broken"):
        pack(root, tmp_path / "other.h5", len(WHOLE) + 1)


def test_mended_pictures_are_seen_at_the_next_try(tmp_path: Path) -> None:
    root = photograph_tree(tmp_path / "tree", 6)
    file = root / "class-1/photo-001.jpg"
    content = file.read_bytes()
    file.write_bytes(content[:100])
    with pytest.raises(UserError, match=r"photo-001\.jpg"):
        pack(root, tmp_path / "dataset.h5", 6)
    file.write_bytes(content)
    assert len(contents(pack(root, tmp_path / "dataset.h5", 6))) == 6


def test_the_choice_is_that_of_pixels_and_belongs_to_its_seed(tmp_path: Path) -> None:
    root = photograph_tree(tmp_path / "tree")
    chosen = [list(contents(pack(root, tmp_path / "d.h5", 10, seed=seed))) for seed in (0, 0, 1)]
    assert chosen[0] == chosen[1] != chosen[2]
    files = sorted(str(path.relative_to(root)) for path in root.rglob("*.jpg"))
    pixels = subset.choose(files, 10, 0, "", lambda some: ((index, None) for index in some))
    assert chosen[0] == [files[index] for index in pixels.chosen]


def test_parts_and_processes_do_not_show(tmp_path: Path, monkeypatch) -> None:
    root = photograph_tree(tmp_path / "tree")
    write_tree(root, {"class-0/broken.jpg": b"", "class-9/late.jpg": b"no"})
    files = []
    for part, processes in ((2048, 1), (5, 2)):
        monkeypatch.setattr(jpeg_packing, "PART", part)
        path = tmp_path / f"{part}" / "dataset.h5"
        files.append(pack(root, path, 20, 24, processes=processes).read_bytes())
    assert files[0] == files[1]


def test_progress_counts_every_picture_once(tmp_path: Path, monkeypatch) -> None:
    monkeypatch.setattr(jpeg_packing, "PART", 7)
    steps: list[int] = []
    root = photograph_tree(tmp_path / "tree")
    pack(root, tmp_path / "dataset.h5", 24, processes=2, advance=steps.append)
    assert sum(steps) == 24
    assert max(steps) <= 1


def part_in(folder: Path) -> Part:
    root = photograph_tree(folder / "tree", 6)
    files = tuple(sorted(str(path.relative_to(root)) for path in root.rglob("*.jpg")))
    return Part(folder / "parts", root, files, 32)


def test_a_finished_part_is_taken_as_it_is_and_a_damaged_one_made_anew(tmp_path: Path) -> None:
    part = part_in(tmp_path)

    def opened() -> list[int]:
        places: list[int] = []
        jpeg_parts.make(part, places.append)
        return places

    assert opened() == list(range(6))
    content = part.path.read_bytes()
    assert opened() == [6]  # all at once
    middle = content.index(b"\xff\xd8\xff") + 500
    damaged = content[:middle] + bytes([content[middle] ^ 1]) + content[middle + 1 :]
    for wrong in (damaged, content[:-100], content[:50], b""):
        part.path.write_bytes(wrong)
        assert opened() == list(range(6))
        assert part.path.read_bytes() == content


def test_a_part_belongs_to_its_pictures_and_settings(tmp_path: Path) -> None:
    part = part_in(tmp_path)
    others = [
        Part(part.folder, part.root, part.files, None),
        Part(part.folder, part.root, part.files[1:], 32),
        Part(part.folder, tmp_path, part.files, 32),
    ]
    assert len({each.path for each in [part, *others]}) == 4


def test_a_part_damaged_before_it_is_joined_is_found(tmp_path: Path) -> None:
    root, unfinished = photograph_tree(tmp_path / "tree", 6), tmp_path / "d.unfinished"
    packed = jpeg_packing.pack(folder.list_pictures(root), 6, None, 0, unfinished)
    (path,) = unfinished.iterdir()
    content = bytearray(path.read_bytes())
    content[content.index(b"\xff\xd8\xff") + 500] ^= 1
    path.write_bytes(content)
    with pytest.raises(UserError, match="is damaged: start again"):
        jpeg_packing.join(packed, tmp_path / "d.h5", unfinished, {})
    assert not (tmp_path / "d.h5").exists()
    assert len(contents(pack(root, tmp_path / "d.h5", 6))) == 6
