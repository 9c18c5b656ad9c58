"""Labels stand for names, in tables and as words of sentences, and nowhere else."""

import pandas as pd
import pytest
import yaml

from trajectories.errors import UserError
from trajectories.planning import name_checks
from trajectories.plotting import labels

LABELS = {"layer1": "early", "moco": "contrastive"}


def test_tables_keep_all_but_names() -> None:
    table = pd.DataFrame(
        {"condition": ["moco", "own"], "layer": ["layer1", "layer10"], "text": ["moco", "layer1"]}
    )
    shown = labels.relabelled(table, LABELS)
    assert shown["condition"].tolist() == ["contrastive", "own"]
    assert shown["layer"].tolist() == ["early", "layer10"]
    assert shown["text"].tolist() == ["moco", "layer1"]
    assert table["layer"].tolist() == ["layer1", "layer10"]


def test_sentences_have_labels_for_whole_words() -> None:
    text = "In layer1 of moco, not layer10 or my_moco, layer1 (moco) comes first: layer1."
    assert labels.told(text, LABELS) == (
        "In early of contrastive, not layer10 or my_moco, early (contrastive) comes first: early."
    )
    assert labels.told("a (b)", {"a": "b", "b": "a"}) == "b (a)"


@pytest.mark.parametrize(
    ("given", "said"),
    [
        ("{layer9: late}", "label for 'layer9', which is no layer"),
        ("{layer1: same, layer4: same}", "makes 'layer1' and 'layer4' both 'same'"),
        ("{layer1: layer4}", "makes 'layer1' and 'layer4' both 'layer4'"),
    ],
)
def test_labels_of_nothing_and_labels_of_two_are_refused(given: str, said: str) -> None:
    config = {"conditions": {"moco": {}}, "categories": {"faces": {}}, "references": {}}
    with pytest.raises(UserError, match=said):
        name_checks.check_labels(config | {"labels": yaml.safe_load(given)}, ["layer1", "layer4"])


def test_names_may_change_places() -> None:
    config = {"conditions": {"moco": {}}, "categories": {}, "references": {}}
    swapped = {"layer1": "layer4", "layer4": "layer1"}
    name_checks.check_labels(config | {"labels": swapped}, ["layer1", "layer4"])
