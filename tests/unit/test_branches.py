"""A branch goes on from the state of its trunk, and is refused where there is none.

The truths are epochs and digests by hand.
"""

from typing import Any

import numpy as np
import pytest

from trajectories.errors import UserError
from trajectories.planning import branch_checks, cost, cost_report, plan_size, traits
from trajectories.planning.conditions import condition_checks
from trajectories.rdms import branch
from trajectories.rdms.segment_rdms import SegmentRDMs
from trajectories.study import config, segments
from trajectories.study.recipe import NetworkRecipe, recipe_digest


def study(conditions: dict[str, Any], **training: Any) -> config.Config:
    """Twelve epochs in segments of four."""
    return config.resolve(
        {
            "experiment": "study",
            "seeds": [1, 2],
            "image_size": 32,
            "images": {"source": "openmoji", "count": 640, "stored_size": 24},
            "stimuli": {"table": "table.csv", "folder": "openmoji"},
            "network": {"architecture": "resnet10_narrow", "embedding": 16},
            "training": {
                "epochs": 12,
                "schedule_epochs": 20,
                "segment_epochs": 4,
                "batch_size": 16,
                "bn_groups": 2,
                "queue": 64,
                **training,
            },
            "conditions": conditions,
        }
    )


def at(epoch: int, condition: str = "moco", **changes: Any) -> dict[str, Any]:
    """A condition that goes on from another."""
    return {"from": {"condition": condition, "epoch": epoch}, "training": changes}


# The config


def test_a_branch_has_the_settings_of_its_trunk_but_for_its_own() -> None:
    """Wherever it stands, and through a chain."""
    found = study(
        {
            "third": at(8, "second", learning_rate=0.5),
            "second": at(4, "cold", augmentation={"flip": 0}),
            "cold": {"training": {"temperature": 0.07, "augmentation": {"grayscale": 0}}},
            "moco": {},
        }
    )
    third = config.merged(found, "third")["training"]
    assert (third["temperature"], third["learning_rate"]) == (0.07, 0.5)
    assert (third["augmentation"]["flip"], third["augmentation"]["grayscale"]) == (0, 0)
    assert config.merged(found, "cold")["training"]["augmentation"]["flip"] == 0.5
    assert list(found["conditions"]) == ["third", "second", "cold", "moco"]
    assert config.resolve(found) == found


@pytest.mark.parametrize(
    ("conditions", "said"),
    [
        ({"a": at(4, "b")}, "conditions.a.from.condition` is b, which is no condition: choose am"),
        ({"a": at(4, "a")}, "conditions.a.from.condition` is a, which itself begins with a"),
        ({"a": at(4, "b"), "b": at(4, "a")}, "is a, which itself begins with b"),
        ({"moco": {}, "a": at(0)}, "conditions.a.from.epoch` is 0 but must be at least 1"),
        ({"moco": {}, "a": {"from": {"epoch": 4}}}, "conditions.a.from.condition` is missing"),
        (
            {
                "moco": {},
                "a": {
                    "from": {"condition": "moco", "epoch": 4},
                    "checkpoints": {"folder": "x", "pattern": "{epoch}.pt"},
                },
            },
            "conditions.a.from` is set together with `checkpoints`",
        ),
    ],
)
def test_origins_that_cannot_be_are_refused(conditions: dict[str, Any], said: str) -> None:
    with pytest.raises(UserError, match=said):
        study(conditions)


def test_a_branch_learns_from_the_images_of_its_trunk_but_for_its_own() -> None:
    few = {"images": {"count": 320}}
    found = study(
        {"moco": few, "same": at(4), "other": at(4) | {"images": {"seed": 3}}, "on": at(8, "other")}
    )
    counts = {name: config.images_of(found, name)["count"] for name in found["conditions"]}
    assert set(counts.values()) == {320}
    seeds = {name: config.images_of(found, name)["seed"] for name in found["conditions"]}
    assert seeds == {"moco": 0, "same": 0, "other": 3, "on": 3}
    assert [names for _, names in config.image_sets(found).values()] == [
        ["moco", "same"],
        ["other", "on"],
    ]
    assert config.resolve(found) == found
    said = traits.of_study(found)["images"]
    own = "320 images (openmoji)"
    assert said == {
        "moco": own, "same": own,
        "other": f"{own}, up to epoch 4 those of moco",
        "on": f"{own}, up to epoch 4 those of moco",
    }  # fmt: skip


# Segments and recipes


def test_a_branch_begins_with_the_segments_of_its_trunk() -> None:
    found = study(
        {"moco": {}, "branch": at(8, segment_epochs=3), "again": at(11, "branch", epochs=14)},
        extra_checkpoints=[0.5],
    )

    def spans(condition: str) -> list[tuple[str, int, int]]:
        planned = segments.of_instance(found, condition, 1)
        return [(each.condition, each.start, each.stop) for each in planned]

    trunk = [("moco", 0, 4), ("moco", 4, 8)]
    assert spans("moco") == [*trunk, ("moco", 8, 12)]
    assert spans("branch") == [*trunk, ("branch", 8, 11), ("branch", 11, 12)]
    assert spans("again") == [*trunk, ("branch", 8, 11), ("again", 11, 14)]
    epochs = [epoch for each in segments.of_instance(found, "again", 1) for epoch in each.epochs]
    assert epochs == [0, 0.5, *range(1, 15)]
    assert config.trained_segments(found, "branch") == [(8, 11), (11, 12)]


def test_a_recipe_names_its_origin_and_only_that_of_a_branch() -> None:
    conditions = {"moco": {}, "branch": at(8), "other": at(4), "again": at(12, "branch")}
    found = study(conditions)
    recipes = {name: config.condition_settings(found, name) for name in conditions}
    trunk = recipes["moco"]
    assert "from" not in trunk
    assert trunk == config.condition_settings(study({"moco": {}}), "moco")
    assert recipes["branch"] == {**trunk, "from": {"recipe": recipe_digest(trunk), "epoch": 8}}
    origin = {"recipe": recipe_digest(recipes["branch"]), "epoch": 12}
    assert recipes["again"]["from"] == {**origin, "from": recipes["branch"]["from"]}
    assert len({recipe_digest(recipe) for recipe in recipes.values()}) == 4

    excluded = config.condition_settings(found, "branch", lambda _: ["a.svg"])
    of_trunk = config.condition_settings(found, "moco", lambda _: ["a.svg"])
    assert of_trunk["images"]["excluded"] == excluded["images"]["excluded"] == ["a.svg"]
    assert excluded["from"]["recipe"] == recipe_digest(of_trunk)

    other = study({"moco": {"training": {"temperature": 0.5}}, "branch": at(8, temperature=0.2)})
    assert recipe_digest(config.condition_settings(other, "branch")) != recipe_digest(
        recipes["branch"]
    )


def test_a_recipe_states_the_images_of_its_trunk_where_they_are_others() -> None:
    others = {"images": {"seed": 3}}
    found = study({"moco": {}, "same": at(4), "other": at(4) | others, "on": at(8, "other")})
    recipes = {name: config.condition_settings(found, name) for name in found["conditions"]}
    assert "images" not in recipes["same"]["from"]
    assert recipes["other"]["from"]["images"] == recipes["moco"]["images"]
    assert recipes["on"]["from"]["from"] == recipes["other"]["from"]
    assert "images" not in recipes["on"]["from"]
    recipe = NetworkRecipe.from_mapping(recipes["on"])
    epochs = {0: True, 0.5: True, 4: True, 5: False, 8: False, 9: False}
    assert {epoch: recipe.other_images_at(epoch) for epoch in epochs} == epochs
    same = NetworkRecipe.from_mapping(recipes["same"])
    assert not any(same.other_images_at(epoch) for epoch in epochs)


def test_each_checkpoint_is_of_the_recipe_that_trained_it() -> None:
    found = study({"moco": {}, "branch": at(4), "again": at(8, "branch")})
    names = ("moco", "branch", "again")
    digests = [recipe_digest(config.condition_settings(found, name)) for name in names]
    recipe = NetworkRecipe.from_mapping(config.condition_settings(found, "again"))
    expected = {0: 0, 0.5: 0, 4: 0, 5: 1, 8: 1, 9: 2, 12: 2}
    assert {epoch: digests.index(recipe.digest_at(epoch)) for epoch in expected} == expected


def test_a_branch_costs_what_it_trains_itself() -> None:
    found = study({"moco": {}, "branch": at(8)})
    trunk, own = (cost.segment_needs(found, name, 40) for name in ("moco", "branch"))
    assert own == trunk[2:]
    whole = cost.study_needs(found, 40)
    assert whole.all.epochs == 2 * (12 + 4)
    assert whole.branches == ("branch",)
    text = " ".join(cost_report.describe("study", whole, cost.Rate.reported(), keep=False))
    assert "branch goes on from another condition" in text
    plan_size.check(found)


# Checks


@pytest.mark.parametrize(
    ("conditions", "said"),
    [
        (
            {"moco": {}, "a": at(5)},
            r"from\.epoch` is 5, but moco keeps states .* at epochs 4, 8 and 12: wr",
        ),
        ({"moco": {}, "a": at(16)}, "is 16, but moco keeps states"),
        ({"moco": {}, "a": at(12)}, r"is 12, but a has 12 `training\.epochs`, counted from the st"),
        ({"moco": {}, "b": at(8), "a": at(8, "b")}, "b itself begins after epoch 8 of moco"),
        ({"moco": {}, "b": at(8), "a": at(4, "b")}, "b itself begins after epoch 8 of moco: name"),
        ({"moco": {}, "a": at(4, objective="simclr")}, r"a\.training\.objective` is simclr, but m"),
        ({"moco": {}, "a": at(4, queue=32)}, r"a\.training\.queue` is 32, but moco, from whose"),
        ({"moco": {}, "a": at(4, batch_size=8)}, r"a\.training\.batch_size` is 8, but moco"),
        ({"moco": {}, "a": at(4, fixed_seeds={"init": 3})}, r"fixed_seeds\.init` is 3, but moco, "),
        ({"moco": {}, "a": at(4, extra_checkpoints=[0.5])}, "but the first epoch of a is that of"),
        (
            {"moco": {}, "a": {**at(4), "network": {"embedding": 8}}},
            r"conditions\.a\.network\.embedding` is 8, but moco",
        ),
        (
            {"moco": {"checkpoints": {"folder": "x", "pattern": "{epoch}.pt"}}, "a": at(4)},
            "is moco, whose checkpoints are imported and hold no state",
        ),
    ],
)
def test_a_branch_that_cannot_go_on_is_refused(conditions: dict[str, Any], said: str) -> None:
    with pytest.raises(UserError, match=said) as caught:
        branch_checks.check(study(conditions))
    assert "\n" not in str(caught.value)


@pytest.mark.parametrize("objective", ["supervised", "shuffled_labels"])
def test_other_images_are_refused_where_their_classes_are_learnt(objective: str) -> None:
    taught = {"training": {"objective": objective}}
    branch_checks.check(study({"moco": taught, "a": at(4) | {"images": {"count": 640}}}))
    with pytest.raises(UserError) as caught:
        branch_checks.check(study({"moco": taught, "a": at(4) | {"images": {"count": 320}}}))
    assert str(caught.value) == (
        "config key `conditions.a.images.count` is 320, but moco, from whose state it goes on,"
        f" learns the classes of its own images ({objective}): delete it, or train a from the"
        " start, without `from`"
    )


def test_what_leaves_the_state_usable_may_change() -> None:
    found = study(
        {
            "moco": {},
            "a": at(
                4,
                learning_rate=0.1,
                temperature=0.5,
                key_momentum=0.9,
                bn_groups=4,
                precision="bf16",
                schedule_epochs=40,
                augmentation={"flip": 0},
                fixed_seeds={"order": 5},
                epochs=16,
            ),
            "simclr": {"training": {"objective": "simclr"}},
            "b": at(8, "simclr", batch_size=32),
            "c": at(4) | {"images": {"count": 320, "seed": 1}},
        }
    )
    branch_checks.check(found)
    condition_checks.check(found)


def test_a_fault_of_the_trunk_is_told_as_that_of_the_trunk() -> None:
    found = study({"a": at(4, "cold"), "cold": {"training": {"queue": 60}}})
    with pytest.raises(UserError, match=r"conditions\.cold\.training\.queue` is 60, which cannot"):
        condition_checks.check(found)


# RDMs


def test_rdms_of_the_trunk_become_those_of_the_branch() -> None:
    found = study({"moco": {}, "branch": at(8)})
    trunk, mine = (
        NetworkRecipe.from_mapping(config.condition_settings(found, name))
        for name in ("moco", "branch")
    )

    def part(epoch: float, digest: str, condition: str) -> SegmentRDMs:
        attributes = {"condition": condition, "recipe_digest": digest, "seed": 1}
        return SegmentRDMs(
            "layer1", np.ones((1, 3)), np.array([epoch]), ("a", "b", "c"), attributes
        )

    adopted = branch.adopted(part(8, trunk.digest, "moco"), mine, "branch")
    own = part(9, mine.digest, "branch")
    assert branch.adopted(own, mine, "branch") is own
    assert adopted.attributes == own.attributes
    for wrong in (part(9, trunk.digest, "moco"), part(8, mine.digest, "branch")):
        with pytest.raises(UserError, match=r"layer1 up to epoch .* are of other settings than br"):
            branch.adopted(wrong, mine, "branch")


def test_rdms_of_the_trunk_keep_no_images_that_are_not_the_branchs() -> None:
    found = study({"moco": {}, "same": at(8), "other": at(8) | {"images": {"seed": 1}}})
    trunk = NetworkRecipe.from_mapping(config.condition_settings(found, "moco"))
    attributes = {
        "condition": "moco", "recipe_digest": trunk.digest, "training_images": "a",
        "test_images": "b",
    }  # fmt: skip
    part = SegmentRDMs("layer1", np.ones((1, 3)), np.array([8.0]), ("a", "b", "c"), attributes)
    for name, images in (("same", {"training_images": "a"}), ("other", {})):
        recipe = NetworkRecipe.from_mapping(config.condition_settings(found, name))
        adopted = branch.adopted(part, recipe, name).attributes
        mine = {"condition": name, "recipe_digest": recipe.digest, "test_images": "b"}
        assert adopted == mine | images
