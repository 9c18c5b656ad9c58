"""The report answers first: title, verdicts, and a section for each question."""

import dataclasses

import pytest
from PIL import Image
from report_cases import (
    HOSTILE,
    PROVENANCE,
    TEMPLATE,
    Page,
    beside,
    decided,
    described,
    own_checkpoints,
    page_of,
    study,
)

from trajectories.analyses.claims import TITLES
from trajectories.report import report
from trajectories.report.answers import headline
from trajectories.report.answers.sections import sections


@pytest.fixture
def pictures(tmp_path):
    paths = [tmp_path / f"{name}.png" for name in ("one", "two", "three")]
    for shade, path in enumerate(paths):
        Image.new("RGB", (8, 6), (shade, 0, 0)).save(path)
    return report.Pictures(*paths)


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
        "2 networks learned from 5,376 images (openmoji) for 3 epochs with MoCo v2. The responses"
        " to 20 test images were compared in layer1, at 4 checkpoints."
    )
    two = headline.sentence(described(beside({"objective": "supervised"})))
    assert two.startswith("4 networks, 2 in each of 2 conditions, learned from 5,376 images")
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
