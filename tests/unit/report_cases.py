"""Studies for tests of the report, and its page as a browser finds it; no tests."""

import dataclasses
from html.parser import HTMLParser
from pathlib import Path

import numpy as np
import pandas as pd
import yaml

from trajectories.analyses.claims import COLUMNS
from trajectories.planning import traits
from trajectories.report import facts as report_facts
from trajectories.report import report
from trajectories.report import study as report_study
from trajectories.storage import columns
from trajectories.study.config import resolve

ROOT = Path(__file__).parents[2]
TEMPLATE = ROOT / "workflow" / "report" / "report.html.jinja"
HOSTILE = '<script>alert("1")</script><img src=http://example.org/x.png>'

PROVENANCE = {
    "made_with": {"commit": "abc", "machine": "a machine", "versions": {"numpy": "9.9.9"}},
    "instances": [
        {"condition": "moco", "seed": 1, "trained_with": [{"versions": {"torch": "8.8.8"}}]}
    ],
    "stimulus_table": {"path": "table.csv", "sha256": "1234"},
    "inputs": {"dataset.h5": "5678"},
    "results": {"moco/seed-1/checkpoints/epochs-0000-0001/epoch-0000.000.pt": "9abc"},
}


class Page(HTMLParser):
    """Tags and their attributes, and all text, as a browser would find them."""

    def __init__(self, text: str) -> None:
        super().__init__()
        self.tags: list[tuple[str, dict[str, str | None]]] = []
        self.text = ""
        self.feed(text)

    def handle_starttag(self, tag, attrs):
        self.tags.append((tag, dict(attrs)))

    def handle_data(self, data):
        self.text += data


def study(experiment="openmoji", batchnorm="recalibrated", seeds=(1, 2)):
    config = resolve(yaml.safe_load((ROOT / "config" / "config.yaml").read_text("utf-8")))
    config["experiment"] = experiment
    config["activations"]["batchnorm"] = batchnorm
    identity = {"condition": "moco", "layer": "layer1"}
    stability = [
        {**identity, "seed": seed, "epoch": epoch, "next_epoch": epoch + 1, "correlation": 0.9}
        for seed in seeds
        for epoch in range(3)
    ]
    categories = [
        {**identity, "seed": seed, "epoch": epoch, "category": "faces", "pairs": pairs}
        | {"n_pairs": 10, "dissimilarity": 0.5}
        for seed in seeds
        for epoch in range(4)
        for pairs in ("within", "between")
    ]
    history = [
        {"condition": "moco", "seed": seed, "epoch": 3, "loss": 4.0, "chance_loss": 7.6}
        | {"view_top1": 0.3, "view_chance": 0.1, "embedding_sd": 0.9, "queue_filled": 1}
        | {"knn_top1": 0.2, "knn_chance": 0.01}
        for seed in seeds
    ]
    return report_study.Study(
        config=config,
        stability=pd.DataFrame(stability)[[*columns.STABILITY]],
        categories=pd.DataFrame(categories)[[*columns.CATEGORIES]],
        history=pd.DataFrame(history),
        stimulus=[f"image {place}" for place in range(20)],
        test_images=np.arange(20 * 4 * 4 * 3, dtype=np.uint8).reshape(20, 4, 4, 3),
        credits=["All emojis designed by OpenMoji & friends. License: CC BY-SA 4.0"],
        traits=traits.of_study(config),
    )


def described(about: report_study.Study) -> report_study.Study:
    """The study as its config, which tests change, has it planned."""
    return dataclasses.replace(about, traits=traits.of_study(about.config))


def facts(about: report_study.Study) -> dict[str, str]:
    return report_facts.facts(described(about))


def caveats(about: report_study.Study) -> list[str]:
    return report_facts.caveats(described(about))


def page_of(tmp_path, pictures, about) -> tuple[Page, str]:
    output = tmp_path / "report.html"
    report.write(output, described(about), pictures, PROVENANCE, TEMPLATE)
    text = output.read_text("utf-8")
    return Page(text), text


def beside(changes: dict) -> report_study.Study:
    """A study of the usual condition and of one with changes in its training."""
    about = study()
    other = {"network": {}, "training": changes, "checkpoints": None}
    about.config["conditions"] = about.config["conditions"] | {"other": other}
    tables_of = {
        name: pd.concat([table, table.assign(condition="other")])
        for name, table in (("stability", about.stability), ("categories", about.categories))
    }
    return dataclasses.replace(about, **tables_of)


def own_checkpoints(trained: bool) -> report_study.Study:
    """A study of imported networks, beside trained ones or alone."""
    about = study(batchnorm="running")
    own = {"network": {"architecture": "resnet50"}, "training": {}}
    own["checkpoints"] = {"folder": "/runs", "pattern": "{epoch}.pth"}
    about.config["conditions"] = about.config["conditions"] | {"own": own}
    tables_of = {}
    for name in ("stability", "categories"):
        table = getattr(about, name)
        imported = table[table["epoch"] > 0].assign(condition="own")
        tables_of[name] = pd.concat([table, imported] if trained else [imported])
    if not trained:
        about.config["images"] = None
        del about.config["conditions"]["moco"]
    return dataclasses.replace(about, **tables_of, history=about.history if trained else None)


def decided(sentences: list[str], verdicts=("undecided",), claim="rapid_change") -> pd.DataFrame:
    """A claim's statements, for these images and for other images too."""
    rows = [
        {"condition": "moco", "claim": claim, "statement": f"layer{place}: it is so"}
        | {"images": images, "statistic": "a ratio", "unit": "ratio", "estimate": 10.0**place}
        | {"low": 10.0**place / 2, "high": 10.0**place * 2, "margin": 1.5, "p": 0.01}
        | {"p_margin": 0.5, "verdict": verdict, "limit": "", "sentence": sentence}
        for place, (sentence, verdict) in enumerate(zip(sentences, verdicts, strict=True), 1)
        for images in ("these images", "other images too")
    ]
    return pd.DataFrame(rows, columns=list(COLUMNS))
