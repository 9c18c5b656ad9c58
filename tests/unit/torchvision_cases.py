"""Small data sets of noise in the folders that torchvision makes, for the tests; no tests."""

import pickle
from pathlib import Path

import numpy as np

NAMES = [f"kind {number}" for number in range(10)]


def batch(n: int, key: str, kinds: int, seed: int) -> dict[str, object]:
    rng = np.random.default_rng(seed)
    return {
        "data": rng.integers(0, 256, (n, 3072), dtype=np.uint8),
        key: rng.integers(0, kinds, n).tolist(),
        "filenames": [f"{i}.png" for i in range(n)],
    }


def write_cifar10(root: Path) -> Path:
    folder = root / "cifar-10-batches-py"
    folder.mkdir(parents=True)
    for number in range(1, 6):
        content = batch(7 + number, "labels", 10, number)
        (folder / f"data_batch_{number}").write_bytes(pickle.dumps(content, protocol=2))
    (folder / "test_batch").write_bytes(pickle.dumps(batch(3, "labels", 10, 9), protocol=2))
    (folder / "batches.meta").write_bytes(pickle.dumps({"label_names": NAMES}, protocol=2))
    return root


def write_cifar100(root: Path) -> Path:
    folder = root / "cifar-100-python"
    folder.mkdir(parents=True)
    names = {"fine_label_names": [f"fine {number}" for number in range(100)]}
    for name, n in (("train", 30), ("test", 3)):
        (folder / name).write_bytes(pickle.dumps(batch(n, "fine_labels", 100, n), protocol=2))
    (folder / "meta").write_bytes(pickle.dumps(names, protocol=2))
    return root


def write_stl10(root: Path) -> Path:
    folder = root / "stl10_binary"
    folder.mkdir(parents=True)
    rng = np.random.default_rng(0)
    for name, n in (("train", 4), ("test", 2), ("unlabeled", 5)):
        pixels = rng.integers(0, 256, (n, 3, 96, 96), dtype=np.uint8)
        (folder / f"{name}_X.bin").write_bytes(pixels.tobytes())
        if name != "unlabeled":
            labels = rng.integers(1, 11, n, dtype=np.uint8)
            (folder / f"{name}_y.bin").write_bytes(labels.tobytes())
    (folder / "class_names.txt").write_text("\n".join(NAMES).replace(" ", "_") + "\n")
    (folder / "fold_indices.txt").write_text("0 1\n")
    return root
