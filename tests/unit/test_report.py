"""The report is one file that loads nothing, believes no name, and says what it does not show."""

import base64
import dataclasses
import io
from html.parser import HTMLParser
from pathlib import Path

import numpy as np
import pandas as pd
import pytest
import yaml
from PIL import Image

from trajectories.analyses.claims import COLUMNS, TITLES
from trajectories.errors import UserError
from trajectories.planning import traits
from trajectories.provenance import provenance
from trajectories.report import contact_sheet, figures, report
from trajectories.report import facts as report_facts
from trajectories.report import study as report_study
from trajectories.report.answers import headline
from trajectories.report.answers.sections import sections
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
        test_images=np.arange(20 * 4 * 4 * 3, dtype=np.uint8).reshape(20, 4, 4, 3),
        credits=["All emojis designed by OpenMoji & friends. License: CC BY-SA 4.0"],
        traits=traits.of_study(config),
    )


@pytest.fixture
def pictures(tmp_path):
    paths = [tmp_path / f"{name}.png" for name in ("one", "two", "three")]
    for shade, path in enumerate(paths):
        Image.new("RGB", (8, 6), (shade, 0, 0)).save(path)
    return report.Pictures(*paths)


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


def test_it_loads_nothing_and_runs_nothing(tmp_path, pictures):
    page, text = page_of(tmp_path, pictures, study())
    sources = [
        value
        for _, attributes in page.tags
        for name, value in attributes.items()
        if name in {"src", "href", "srcset", "data", "action", "poster"}
        # A place on this page is none outside it.
        and not (value or "").startswith("#")
    ]
    assert len(sources) == 4
    assert all(source and source.startswith("data:image/png;base64,") for source in sources)
    assert not {tag for tag, _ in page.tags} & {"script", "link", "iframe", "object", "base"}
    assert "url(" not in text
    assert "@import" not in text


def test_the_pictures_are_inside_as_they_look(tmp_path, pictures):
    page, _ = page_of(tmp_path, pictures, study())
    inside = [
        base64.b64decode((attributes["src"] or "").split(",")[1])
        for tag, attributes in page.tags
        if tag == "img"
    ]
    paths = (pictures.stability, pictures.categories, pictures.training)
    for shown, path in zip(inside[:3], paths, strict=True):
        pixels = [
            np.asarray(Image.open(file).convert("RGB"), int) for file in (io.BytesIO(shown), path)
        ]
        assert np.abs(pixels[0] - pixels[1]).mean() <= figures.MOST_ERROR


def test_hostile_names_are_only_text(tmp_path, pictures):
    page, text = page_of(tmp_path, pictures, study(experiment=HOSTILE))
    assert HOSTILE not in text
    assert HOSTILE in page.text
    assert "script" not in {tag for tag, _ in page.tags}
    assert sum(tag == "img" for tag, _ in page.tags) == 4


def test_it_fits_a_phone_and_dark_rooms(tmp_path, pictures):
    page, text = page_of(tmp_path, pictures, study())
    assert ("meta", {"name": "viewport", "content": "width=device-width, initial-scale=1"}) in (
        page.tags
    )
    assert "prefers-color-scheme: dark" in text
    assert all(attributes.get("alt") for tag, attributes in page.tags if tag == "img")


def test_it_says_what_was_run_with_what_and_whose_images(tmp_path, pictures):
    page, _ = page_of(tmp_path, pictures, study())
    for words in (
        "resnet10_narrow", "layer1", "1, 2", "3 epochs", "n = 2 network instances", "9.9.9", "abc",
        "8.8.8", "table.csv", "5678", "(1 in total)",
        "schedule_epochs: 16", "OpenMoji & friends. License: CC BY-SA 4.0", "20 test images",
        "face against the rest",
    ):  # fmt: skip
        assert words in page.text, words


def test_caveats_follow_the_study():
    usual = " ".join(caveats(study()))
    assert "no evidence about brains" in usual
    assert "over 2 network instances" in usual
    assert "71%" in usual  # 1 / sqrt(2)
    assert "artefacts" not in usual
    assert "artefacts" in " ".join(caveats(study(batchnorm="running")))
    without = study(batchnorm="running")
    without.config["network"].update(architecture="alexnet")
    assert "artefacts" not in " ".join(caveats(without))
    alone = " ".join(caveats(study(seeds=(1,))))
    assert "nothing is known about variation" in alone


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


def test_networks_without_batch_normalisation_are_told():
    assert facts(study())["Batch normalisation"] == "recalibrated statistics"
    mixed = beside({})
    mixed.config["conditions"]["other"]["network"] = {"architecture": "alexnet"}
    told = facts(mixed)["Batch normalisation"]
    assert told == "recalibrated statistics; other has none"
    alone = study()
    alone.config["network"].update(architecture="alexnet")
    assert facts(alone)["Batch normalisation"] == "none in these networks"


def test_caveats_name_the_conditions_whose_learning_rate_falls():
    falls = "the learning rate falls along a cosine"
    alone, alike, control = (
        " ".join(caveats(each))
        for each in (
            study(),
            beside({"temperature": 0.1}),
            beside({"schedule_epochs": 1_000_000}),
        )
    )
    assert "T" + falls[1:] in alone
    assert "T" + falls[1:] in alike
    assert f"In moco {falls}" in control
    assert "In other it is constant." in control
    constant = study()
    constant.config["training"]["schedule_epochs"] = 1_000_000
    assert "cosine" not in " ".join(caveats(constant))


def test_caveats_name_the_conditions_that_were_taught():
    said = "The networks of other were taught the classes of their training images."
    assert said in " ".join(caveats(beside({"objective": "supervised"})))
    for objective in ("moco", "vicreg", "shuffled_labels"):
        assert "taught" not in " ".join(caveats(beside({"objective": objective})))


def test_it_says_from_where_a_condition_goes_on():
    about = beside({"temperature": 0.1})
    about.config["conditions"]["other"]["from"] = {"condition": "moco", "epoch": 3}
    told = facts(about)["Conditions"]
    assert told == "moco, other (from epoch 3 of moco, training.temperature: 0.1)"


def test_it_says_what_each_condition_learns_from_where_images_differ():
    assert "Training images" not in facts(study())
    about = study()
    about.config["conditions"]["few"] = dict(about.config["conditions"]["moco"])
    about.config["conditions"]["few"]["images"] = {"count": 512}
    told = facts(about)
    assert told["Training images"] == "moco: 2,048 images (openmoji); few: 512 images (openmoji)"
    assert "epochs on the images of each condition, 32 × 32 pixels" in told["Training"]
    about.config["images"] = None
    photographs = {"source": "cifar10", "path": "pictures", "count": 512, "stored_size": 32}
    for name in about.config["conditions"]:
        about.config["conditions"][name]["images"] = photographs
    assert facts(about)["Training images"].startswith("moco: 512 images (cifar10 in pictures); few")


def test_it_says_what_a_condition_changes():
    changes = {"temperature": 0.1, "augmentation": {"blur": {"probability": 0}}}
    told = facts(beside(changes))["Conditions"]
    assert told == (
        "moco, other (training.temperature: 0.1, training.augmentation.blur.probability: 0)"
    )


def test_it_says_what_networks_were_fed():
    blur = {"change": "blur", "at": [[0, [4, 8]], [3, {"odds": [[0, 0.5], [2, 0.5]]}]]}
    grey = {"change": "saturation", "at": [[0, 0]], "share": 0.5}
    told = facts(beside({"diet": {"changes": [blur, grey], "order": "constant_first"}}))
    assert told["Conditions"] == (
        "moco, other (diet: blur 4–8 → 0–2; saturation 0 in 50% of images, constant first)"
    )
    assert facts(beside({"diet": None}))["Conditions"] == "moco, other (diet: none)"
    about = study()
    assert "Diet" not in facts(about)
    curve = {"change": "blur", "at": "dvd_acuity"}
    about.config["training"]["diet"] = {"changes": [curve], "order": "forward"}
    assert facts(about)["Diet"] == "blur dvd_acuity"


def test_it_says_by_what_networks_learned_where_that_is_not_the_papers():
    about = study()
    assert facts(about)["Training"].endswith("pixels")
    about.config["training"]["objective"] = "simclr"
    assert facts(about)["Training"].endswith("pixels, by SimCLR")


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


def test_imported_networks_alone_have_no_section_on_training(tmp_path, pictures):
    pictures = dataclasses.replace(pictures, training=None)
    page, _ = page_of(tmp_path, pictures, own_checkpoints(trained=False))
    assert sum(tag == "img" for tag, _ in page.tags) == 3
    assert "own: resnet50, imagenet stem, up to epoch 3, from /runs/{epoch}.pth" in page.text
    assert "How the networks of own were trained is not known" in page.text
    for words in ("Training diagnostics", "cosine", "drawings", "dimensional", "No image has set"):
        assert words not in page.text, words


def test_imported_networks_beside_trained_ones(tmp_path, pictures):
    page, _ = page_of(tmp_path, pictures, own_checkpoints(trained=True))
    assert sum(tag == "img" for tag, _ in page.tags) == 4
    for words in ("from /runs/{epoch}.pth", "3 epochs on 2,048 images", "not known", "cosine"):
        assert words in page.text, words


def test_contact_sheet_has_all_images_in_rows_of_16():
    images = study().test_images
    with Image.open(io.BytesIO(contact_sheet.drawn(images))) as sheet:
        pixels = np.asarray(sheet)
    assert pixels.shape == (2 * 4, 16 * 4, 3)
    np.testing.assert_array_equal(pixels[4:8, 12:16], images[19])
    assert (pixels[4:, 16:] == 128).all()


def test_same_study_same_bytes(tmp_path, pictures):
    assert page_of(tmp_path, pictures, study())[1] == page_of(tmp_path, pictures, study())[1]


def test_a_missing_picture_is_named_and_nothing_written(tmp_path, pictures):
    pictures.categories.unlink()
    with pytest.raises(UserError, match=r"two\.png"):
        page_of(tmp_path, pictures, study())
    assert not (tmp_path / "report.html").exists()


def test_commit_is_unknown_outside_a_checkout(tmp_path, monkeypatch):
    monkeypatch.setenv("GIT_CEILING_DIRECTORIES", str(tmp_path.parent))
    assert provenance.commit(tmp_path) == "unknown (not a git checkout)"


def test_versions_are_those_installed():
    assert provenance.versions()["numpy"] == np.__version__


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


def test_claims_and_captioned_figures_are_shown(tmp_path):
    picture = tmp_path / "path_of_learning.png"
    Image.new("RGB", (2, 2)).save(picture)
    picture.with_suffix(".txt").write_text(f"A title\n\nWhat {HOSTILE} shows.\n", "utf-8")
    claims = decided([f"two {HOSTILE}"])
    path = tmp_path / "report.html"
    pictures = report.Pictures(picture, picture, None, [picture])
    told = dataclasses.replace(study(), claims=claims)
    report.write(path, told, pictures, PROVENANCE, TEMPLATE)
    page = Page(path.read_text("utf-8"))
    for text in (
        "A title.",
        f"What {HOSTILE} shows.",
        "undecided",
        f"two {HOSTILE}",
    ):
        assert text in page.text
    assert "script" not in [tag for tag, _ in page.tags]


def test_answers_come_first_and_lead_to_their_numbers(tmp_path, pictures):
    table = decided(["measured once", "twice"], ("holds", "undecided"))
    page, text = page_of(tmp_path, pictures, dataclasses.replace(study(), claims=table))
    assert TITLES["rapid_change"] in page.text
    assert "1 holds, 1 is undecided" in page.text
    assert "least clear: layer1, ×\u00a010 (95% interval 5 to 20)" in page.text
    sentence, run = page.text.index("measured once"), page.text.rindex("What was run")
    assert page.text.index("1 holds") < sentence < run
    targets = {attributes["id"] for _, attributes in page.tags if "id" in attributes}
    links = {
        (attributes["href"] or "")[1:]
        for tag, attributes in page.tags
        if tag == "a" and "href" in attributes
    }
    assert {"rapid_change", "figure-1", "figure-2"} <= links <= targets
    assert len(targets) == text.count(' id="')


def test_the_title_is_given_or_made(tmp_path, pictures):
    about = study()
    made = "Faces in layer1 while networks learn"
    page, _ = page_of(tmp_path, pictures, about)
    assert made in page.text
    about.config["title"] = f"Ours {HOSTILE}"
    page, text = page_of(tmp_path, pictures, about)
    assert f"Ours {HOSTILE}" in page.text
    assert made not in page.text
    assert HOSTILE not in text


def test_one_sentence_says_what_was_done():
    said = headline.sentence(described(study()))
    assert said == (
        "2 networks learned from 2,048 images (openmoji) for 3 epochs with MoCo v2. The responses"
        " to 20 test images were compared in layer1, at 4 checkpoints."
    )
    two = headline.sentence(described(beside({"objective": "supervised"})))
    assert two.startswith("4 networks, 2 in each of 2 conditions, learned from 2,048 images")
    assert "MoCo" not in two
    own = headline.sentence(described(own_checkpoints(trained=False)))
    assert own.startswith("2 networks trained elsewhere for up to 3 epochs.")


def test_findings_stand_with_their_question(tmp_path, pictures):
    told = {"speed": {"moco": ["layer1 is first."], "other": ["layer1 is last."]}}
    about = dataclasses.replace(study(), findings=told)
    page, _ = page_of(tmp_path, pictures, about)
    question = page.text.rindex("Which layer is first?")
    assert question < page.text.index("layer1 is first.") < page.text.index("layer1 is last.")
    assert page.text.index("layer1 is last.") < page.text.index("Did the networks learn?", question)


def test_what_sets_conditions_apart_is_answered_first() -> None:
    findings = {
        name: {"moco": [f"said of {name}"]}
        for name in ("stability", "alignment", "categories", "conditions", "dimension")
    }
    found = sections([], None, findings, {}, 0.95)
    assert [each.name for each in found] == [
        "conditions", "alignment", "stability", "categories", "dimension",
    ]  # fmt: skip
