"""Guards: a diet or sweep that cannot work is refused in one sentence, before any job."""

import copy
from typing import Any

import pytest

from trajectories.errors import UserError
from trajectories.planning import diet_checks
from trajectories.study import config, sweeps

STUDY: dict[str, Any] = {
    "experiment": "study",
    "seeds": [1],
    "image_size": 224,
    "images": {"source": "openmoji", "count": 1000},
    "stimuli": {"table": "table.csv", "folder": "openmoji"},
    "training": {"epochs": 16, "schedule_epochs": 16},
}
BLUR = {"change": "blur", "at": {0: 4, 10: 0}}


def study(diet: Any = None, **keys: Any) -> dict[str, Any]:
    raw = copy.deepcopy(STUDY)
    if diet is not None:
        raw["training"]["diet"] = diet
    return raw | keys


def checked(raw: dict[str, Any]) -> list[str]:
    return diet_checks.check(config.resolve(raw))


def one(change: str = "blur", at: Any = None, **keys: Any) -> dict[str, Any]:
    own = {name: keys.pop(name) for name in ("between", "share", "sahre") if name in keys}
    return {"changes": [{"change": change, "at": at, **own}], **keys}


def refusal(raw: dict[str, Any]) -> str:
    with pytest.raises(UserError) as caught:
        checked(raw)
    said = str(caught.value)
    assert "\n" not in said
    return said


AT = "training.diet.changes[0].at"


@pytest.mark.parametrize(
    ("diet", "said"),
    [
        ("catdeit", ["`training.diet`", "catdeit", "did you mean catdiet?"]),
        ("", ["`training.diet`", "choose among"]),
        ({"preset": 3}, ["`training.diet`", "3", "choose among"]),
        (3, ["`training.diet`", "block"]),
        ([BLUR], ["`training.diet`", "a list"]),
        ({}, ["neither `preset` nor `changes`"]),
        ({"order": "reversed"}, ["neither `preset` nor `changes`"]),
        ({"preset": "catdiet", "changes": [BLUR]}, ["both `preset` and `changes`"]),
        ({"preset": "dvd", "clock": "share"}, ["`training.diet.clock`", "months"]),
        ({"preset": "deficit", "clock": "share"}, ["`training.diet.clock`", "epochs"]),
        ({"changes": []}, ["`training.diet.changes`", "empty"]),
        ({"changes": BLUR}, ["`training.diet.changes`", "a list"]),
        ({"changes": ["blur"]}, ["`training.diet.changes[0]`", "'blur'", "list"]),
        ({"changes": [BLUR], "ordre": "reversed"}, ["`training.diet.ordre`", "order`?"]),
        ({"changes": [BLUR], "order": "backward"}, ["`training.diet.order`", "reversed"]),
        ({"changes": [BLUR], "clock": "steps"}, ["`training.diet.clock`", "epochs, share"]),
        ({"changes": [BLUR], "months_per_epoch": 3}, ["months_per_epoch", "clock: months"]),
        ({"changes": [BLUR], "image_side": 0}, ["image_side", "more than 0"]),
        ({"changes": [BLUR], "length": 0}, ["`training.diet.length`", "at least 1"]),
        (one("blurr", {0: 4}), ["changes[0].change`", "blurr", "did you mean blur?"]),
        ({"changes": [{"at": {0: 4}}]}, ["changes[0].change`", "missing"]),
        ({"changes": [{"change": "blur"}]}, ["changes[0].at`", "missing"]),
        (one(at={0: 4}, sahre=0.5), ["changes[0].sahre`", "share`?"]),
        (one(at={0: 4}, share=1.5), ["changes[0].share`", "at most 1"]),
        (one(at={0: 4}, share=0), ["changes[0].share`", "more than 0"]),
        (one(at={0: 4}, between="cubic"), ["changes[0].between`", "hold, linear"]),
        # Knots
        (one(at={}), [AT, "no knots"]),
        (one(at=None), [AT, "no knots"]),
        (one(at=4), [AT, "no knots", "{0: 4"]),
        (one(at=[4, 0]), [AT, "no knots"]),
        (one(at={0: 4, 10: 3, 5: 2}), [AT, "5 after 10", "ascending"]),
        (one(at=[[0, 4], [0, 3]]), [AT, "0 after 0"]),
        (one(at={-1: 4}), [AT, "-1", "before training"]),
        (one(at={"0": 4}), [AT, '"0"', "text"]),
        (one(at={"a": 4}), [AT, '"a"']),
        (one(at={0: "4"}), [AT, '"4"', "write a number"]),
        (one(at={0: None}), [AT, "None"]),
        (one(at={0: True}), [AT, "True"]),
        (one(at={0: float("nan")}), [AT, "nan", "finite"]),
        (one(at={0: float("inf")}), [AT, "inf", "finite"]),
        (one(at={0: 4, 1.5: 0}, clock="share"), [AT, "1.5", "ends at 1"]),
        # Strengths
        (one(at={0: -4}), [AT, "-4", "0 or more"]),
        (one("saturation", {0: -0.5}), [AT, "-0.5", "0 or more"]),
        (one("resolution", {0: 0}), [AT, "strength 0", "0.001 to 1"]),
        (one("resolution", {0: 4}), [AT, "strength 4", "to 1"]),
        (one("field", {0: 1.5}), [AT, "strength 1.5"]),
        (one("spectrum", {0: 2}), [AT, "strength 2", "0 to 1"]),
        (one("flip", {0: 0.5}), [AT, "strength 0.5", "0 or 1"]),
        (one("flip", {0: [0, 1]}), [AT, "range", "odds"]),
        (one("flip", {0: 0, 4: 1}, between="linear"), ["between`", "`flip`", "hold"]),
        (one(at={0: [4, 1]}), [AT, "[4, 1]", "lower number first"]),
        (one(at={0: [1, 2, 3]}), [AT, "3 numbers"]),
        (one(at={0: [-1, 2]}), [AT, "strength -1"]),
        (one(at={0: {0: 0.5, 4: 0.4}}), [AT, "add up to 0.9"]),
        (one(at={0: {0: 1.5, 4: -0.5}}), [AT, "odds -0.5"]),
        (one(at={0: {-2: 1}}), [AT, "strength -2"]),
        (one(at={0: {}}), [AT, "odds"]),
        (one(at={0: {"odds": [[4, 0.5], [4, 0.5]]}}), [AT, "4 twice"]),
        (one(at={0: {0: 0.5, 4: 0.5}, 5: 0}, between="linear"), ["between`", "odds", "hold"]),
        (one(at={0: 4, 5: 0}, between="geometric"), ["between`", "strength 0", "linear"]),
        # Curves
        (one(at="dvd_acuty", clock="months"), [AT, "dvd_acuty", "one of dvd_acuity"]),
        (one(at="dvd_colour", clock="months"), [AT, "blur has no curve", "dvd_acuity"]),
        (one("noise", "fog", clock="months"), [AT, "fog", "write knots"]),
        (one(at="dvd_acuity"), [AT, "clock: months"]),
        (one(at="dvd_acuity", clock="months", between="linear"), ["between`", "delete it"]),
    ],
)
def test_each_mistake_gets_one_sentence(diet: Any, said: list[str]) -> None:
    refused = refusal(study(diet))
    for words in said:
        assert words in refused


def test_a_mistake_in_a_condition_is_named_there() -> None:
    raw = study(conditions={"a": {}, "b": {"training": {"diet": one(at={5: 1, 2: 0})}}})
    assert "`conditions.b.training.diet.changes[0].at`" in refusal(raw)
    raw = study(conditions={"b": {"training": {"diet": "nothing"}}})
    assert "`conditions.b.training.diet`" in refusal(raw)
    raw = study(conditions={"b": {"training": {"diet": one("blurr", {0: 1})}}})
    assert "`conditions.b.training.diet.changes[0].change`" in refusal(raw)


def test_a_diet_on_imported_checkpoints_is_refused() -> None:
    files = {"folder": "runs", "pattern": "{epoch}.pt"}
    both = {"a": {"checkpoints": files, "training": {"diet": "catdiet"}}}
    assert "`conditions.a.training`" in refusal(study(conditions=both))
    said = refusal(study("catdiet", conditions={"a": {"checkpoints": files}}))
    assert "`training.diet`" in said
    assert "existing checkpoints" in said
    mixed = study("blur_steps", conditions={"a": {"checkpoints": files}, "b": {}})
    assert all("conditions.a" not in warning for warning in checked(mixed))


# Sweeps

WINDOW = one("resolution", {0: 0.25, 4: 1})


def swept(diet: Any = WINDOW, onset: Any = (0, 4, 12), **keys: Any) -> dict[str, Any]:
    return study(sweeps={"deficit": {"diet": diet, "onset": list(onset)}}, **keys)


def test_a_sweep_makes_conditions() -> None:
    raw = swept(onset=[0, 4, 0.25, 12], conditions={"standard": {}})
    resolved = config.resolve(raw)
    assert list(resolved["conditions"]) == [
        "standard",
        "deficit_0000",
        "deficit_0004",
        "deficit_0000-25",
        "deficit_0012",
    ]
    assert [each.onset for each in sweeps.members(resolved)] == [0, 4, 0.25, 12]
    for member in sweeps.members(resolved):
        recipe = config.condition_settings(resolved, member.condition)
        [change] = recipe["training"]["diet"]["changes"]
        assert change["at"] == [[member.onset, 0.25], [member.onset + 4, 1.0]]
    assert config.resolve(resolved) == resolved
    assert checked(raw) == []


def test_a_sweep_without_conditions_stands_beside_the_default() -> None:
    assert list(config.resolve(swept(onset=[2]))["conditions"]) == ["moco", "deficit_0002"]


@pytest.mark.parametrize(
    ("raw", "said"),
    [
        (swept(onset=[0, 13]), ["`sweeps.deficit.onset`", "13", "epoch 17", "ends at epoch 16"]),
        (swept(one(at={0: 4}), [16]), ["`sweeps.deficit.onset`", "16"]),
        (swept(onset=[-1]), ["`sweeps.deficit.onset[0]`", "at least 0"]),
        (swept(onset=[]), ["`sweeps.deficit.onset`", "empty"]),
        (swept(onset=[4, 4]), ["4 twice"]),
        (swept(onset=["4"]), ["`sweeps.deficit.onset[0]`", "number"]),
        (swept(None), ["`sweeps.deficit.diet.changes`", "missing"]),
        (swept({"order": "reversed"}), ["`sweeps.deficit.diet`", "neither"]),
        (swept(WINDOW | {"order": "reversed"}, [0]), ["`sweeps.deficit.diet.order`", "delete"]),
        (swept("dvd", [0]), ["`sweeps.deficit.diet`", "curve"]),
        (swept("defict"), ["`sweeps.deficit.diet`", "did you mean deficit?"]),
        (swept(onset=[float("inf")]), ["`sweeps.deficit.onset[0]`", "finite"]),
        (swept(one("blur", {5: 1, 2: 0}), [0]), ["`sweeps.deficit.diet.changes[0].at`"]),
        (swept(one("blurr", {0: 1}), [0]), ["`sweeps.deficit.diet.changes[0].change`"]),
        (swept(WINDOW | {"widht": 4}, [0]), ["`sweeps.deficit.diet.widht`", "unknown"]),
        (study(sweeps={"deficit": {"onset": [0]}}), ["`sweeps.deficit.diet`", "missing"]),
        (study(sweeps={"deficit": {"diet": WINDOW}}), ["`sweeps.deficit.onset`", "missing"]),
        (study(sweeps={"a b": {"diet": WINDOW, "onset": [0]}}), ['"a b"', "letters"]),
        (study(sweeps=[WINDOW]), ["`sweeps`", "a block"]),
        (study(sweeps={"a": [WINDOW]}), ["`sweeps.a`", "a list", "a block"]),
        (swept(conditions={"deficit_0004": {}}), ["deficit_0004", "rename"]),
        (swept(onset=[1, 1.0000001]), ["deficit_0001", "rename"]),
    ],
)
def test_each_mistake_in_a_sweep_gets_one_sentence(raw: dict[str, Any], said: list[str]) -> None:
    refused = refusal(raw)
    for words in said:
        assert words in refused


def test_a_window_may_end_with_training() -> None:
    assert checked(swept(onset=[12])) == []
    halves = swept(one("resolution", {0: 0.25, 0.25: 1}, clock="share"), [0, 0.75])
    assert checked(halves) == []
    assert "0.8" in refusal(swept(one("resolution", {0: 0.25, 0.25: 1}, clock="share"), [0.8]))


# Warnings


@pytest.mark.parametrize(
    ("raw", "said"),
    [
        (study("catdiet"), ["knot at epoch 16", "never reached"]),
        (study({"preset": "catdiet", "clock": "share"}, image_size=32), ["0.3 px", "image_side"]),
        (study(one(at={0: 4}, order="reversed")), ["never", "order changes nothing"]),
        (study(one(at={2: 4, 4: 0}, order="constant_first")), ["constant_first", "nothing"]),
        (study(one("resolution", {0: 0.999})), ["all 224 pixels"]),
        (
            study(one(at={0: 4, 0.5: 0}, clock="share"), training={"epochs": 4}),
            [],
        ),
    ],
)
def test_what_cannot_be_seen_is_warned_of(raw: dict[str, Any], said: list[str]) -> None:
    warnings = checked(raw)
    assert bool(warnings) == bool(said)
    for words in said:
        assert any(words in warning for warning in warnings), warnings


def test_part_of_a_diet_alone_is_warned_of() -> None:
    raw = study(one(at={0: 4, 0.5: 0}, clock="share"))
    assert checked(raw) == []
    raw["training"]["schedule_epochs"] = 1000000
    [warning] = checked(raw)
    assert "length: 16" in warning
    raw["training"]["diet"]["length"] = 16
    assert checked(raw) == []


def test_as_trained_without_a_diet_is_warned_of() -> None:
    shown = {"activations": {"diet": "as_trained"}}
    assert "activations.diet" in checked(study(**shown))[0]
    assert checked(study(one(at={0: 4, 8: 0}), **shown)) == []


def test_conditions_replace_the_diet_of_all_or_change_keys_of_it() -> None:
    raw = study(
        "blur_steps",
        conditions={
            "as_above": {},
            "clear": {"training": {"diet": None}},
            "reversed": {"training": {"diet": {"order": "reversed"}}},
            "other": {"training": {"diet": "grey_first"}},
        },
    )
    resolved = config.resolve(raw)
    diets = {
        name: config.condition_settings(resolved, name)["training"].get("diet")
        for name in resolved["conditions"]
    }
    steps = [[0, 4], [10, 3], [20, 2], [30, 1], [40, 0]]
    assert diets["as_above"] == {"changes": [{"change": "blur", "at": steps}]}
    assert "diet" not in config.condition_settings(resolved, "clear")["training"]
    assert diets["reversed"] == diets["as_above"] | {"order": "reversed"}
    assert diets["other"] == {
        "clock": "share",
        "changes": [{"change": "saturation", "at": [[0, 0], [0.5, 1]]}],
    }


BRANCH = {"condition": "fed", "epoch": 8}


def branched(diet: Any, **training: Any) -> dict[str, Any]:
    """A condition that is fed, and a branch of it at epoch 8."""
    raw = study(conditions={"fed": {"training": {"diet": one(at={0: 4, 6: 2, 10: 0})}}})
    raw["training"]["segment_epochs"] = 8
    raw["conditions"]["branch"] = {"from": BRANCH, "training": {"diet": diet, **training}}
    return raw


def test_a_branch_is_warned_of_what_it_sees_itself() -> None:
    """Before epoch 8 images are those of its trunk, whatever its own diet says there."""
    assert checked(branched(one(at={0: 0.1, 8: 4}))) == []
    [said] = checked(branched(one(at={0: 4, 12: 0.1})))
    assert "conditions.branch.training.diet.changes[0]" in said
    assert "is too weak to be seen in 50% of training" in said


def test_the_share_that_cannot_be_seen_is_that_of_training() -> None:
    """σ falls from 4 px to 0 over a quarter of training: below 0.3 px for 0.3 / 4 of that."""
    for epochs, quarter in ((4, 1), (40, 10)):
        falling = one(at={0: 4, quarter: 0}, between="linear")
        raw = study(conditions={"fed": {"training": {"diet": falling}}})
        raw["training"] |= {"epochs": epochs, "schedule_epochs": epochs}
        [said] = checked(raw)
        assert "is too weak to be seen in 2% of training" in said


def test_a_diet_that_differs_from_that_of_the_trunk_only_in_the_past_is_warned_of() -> None:
    [said] = checked(branched(one(at={0: 7, 6: 2, 10: 0})))
    assert "is another diet than that of fed, from which branch goes on, but the same" in said
    assert checked(branched(one(at={0: 7, 6: 2, 11: 0}))) == []
    assert checked(branched(None)) == []


def test_a_branch_with_the_diet_of_its_trunk_is_not_warned_of_twice() -> None:
    raw = branched(None)
    raw["conditions"]["fed"]["training"]["diet"] = one(at={0: 0.1})
    del raw["conditions"]["branch"]["training"]
    [said] = checked(raw)
    assert "conditions.fed.training.diet" in said
