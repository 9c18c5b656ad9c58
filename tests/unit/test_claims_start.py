"""Claims begin at the first comparable checkpoint; little is decided as far as it goes."""

import json
from dataclasses import replace

import claim_cases
import numpy as np
from claim_cases import (
    APART,
    DEFINITIONS,
    EPOCH,
    FIRST,
    HALF,
    LEARNT,
    NINETY,
    PUSH,
    RULES,
    TOGETHER,
    UNTRAINED,
    Study,
    of,
    planted,
)

from trajectories.analyses.claims import table as claims
from trajectories.statistics import condition_curves, overall, resampled_curves, resampling
from trajectories.statistics.verdicts.statement import (
    HOLDS,
    UNDECIDED,
    Rules,
)


def running(study: Study) -> tuple[condition_curves.ConditionCurves, overall.Overall]:
    """The study with running statistics of batch normalisation, wild at epoch 0."""
    curves, whole = claim_cases.with_overall(study)
    wild = np.random.default_rng(0)
    for each in curves.instances:
        each.attributes["batchnorm"] = "running"
        for kind in (each.within, each.between):
            for values in kind.values():
                values["faces"][:, 0] = wild.standard_normal()
        for values in each.to_final.values():
            values[:, 0] = wild.uniform(-1, 1)
    [again] = condition_curves.by_condition(curves.instances)
    cut = overall.Overall(*({name: of[..., 1:] for name, of in part.items()}
                            for part in (whole.mean, whole.sd)))  # fmt: skip
    return again, cut


def test_the_untrained_network_is_left_out_where_its_statistics_are_not_set() -> None:
    study = planted({}, 20)
    curves, whole = running(study)
    assert curves.epoch[0] > 0
    assert curves.step[0, 0] == 1
    families = claims.asked(curves, whole, study.rates, RULES, DEFINITIONS)
    found = claims.decided("moco", families, RULES)
    for statement in (UNTRAINED, LEARNT):
        for claim in of(found, statement):
            assert claim.verdict == UNDECIDED
            assert "which no image has set at epoch 0" in claim.sentence
    for claim in of(found, FIRST):
        assert claim.verdict == HOLDS
    # What does not need it is as if it had never been there.
    later = replace(study, epoch=study.epoch)
    [time], [expected] = (of(each, NINETY) for each in (found, claim_cases.decided(later, RULES)))
    assert time.verdict == expected.verdict == HOLDS


def test_a_network_without_batch_normalisation_keeps_its_untrained_state(tmp_path) -> None:
    instances = claim_cases.curves(Study(), 20).instances
    for each in instances:
        each.attributes["batchnorm"] = "running"
    recipe = tmp_path / "moco" / "recipe.json"
    recipe.parent.mkdir()
    starts = {}
    for architecture, stem in (("alexnet", "imagenet"), ("resnet18", "imagenet")):
        network = {"architecture": architecture, "stem": stem, "embedding": 128}
        recipe.write_text(json.dumps({"image_size": 224, "network": network}))
        [curves] = condition_curves.by_condition(instances, [recipe])
        starts[architecture] = curves.epoch[0]
    assert starts == {"alexnet": 0, "resnet18": 1}


def test_times_late_in_training_that_cannot_differ_decide_nothing() -> None:
    """From epoch 100 to 120, no time is more than 1.2 times another, whatever the data."""
    taus = {"tau_within": 60.0, "tau_between": 60.0, "tau_push": 60.0, "push": 0.3}
    late = Study(n=8, tau=(60, 60), **taus, rates={}, epoch=100 + EPOCH)
    short = claim_cases.decided(late)
    long = claim_cases.decided(replace(late, epoch=100 + 3 * EPOCH))
    for statement in (HALF, NINETY, TOGETHER, PUSH):
        for claim in of(short, statement):
            assert claim.verdict == UNDECIDED
            assert "all checkpoints lie within a factor of 1.25" in claim.sentence
        assert not any("within a factor of" in each.sentence.partition(": undecided")[2]
                       for each in of(long, statement))  # fmt: skip


def test_a_study_of_one_layer_and_few_checkpoints_is_decided_as_far_as_it_goes() -> None:
    few = []
    for each in claim_cases.trajectories(Study(n=2)):
        chosen = slice(18, 21)
        cut = type(each)(
            {"late": each.rdms["late"][chosen]}, each.epoch[chosen], each.stimulus, each.flags,
            each.attributes,
        )  # fmt: skip
        few.append(cut)
    counts = resampling.stimulus_counts(30, 50, 0)
    definitions = {"faces": {"within": "face"}}
    instances = [resampled_curves.resample(each, definitions, counts) for each in few]
    [curves] = condition_curves.by_condition(instances)
    moments = [overall.moments(each.rdms["late"], counts) for each in few]
    whole = overall.Overall(
        *({"late": np.stack([each[part] for each in moments])} for part in (0, 1))
    )
    families = claims.asked(curves, whole, claim_cases.CONSTANT, Rules(), definitions)
    found = claims.decided("moco", families, Rules())
    reasons = " ".join(claim.sentence for claim in found if claim.verdict == UNDECIDED)
    for reason in (
        "only one layer", "fewer than four steps", "no RDM of the untrained network",
        "fewer than four checkpoints",
    ):  # fmt: skip
        assert reason in reasons
    [end] = of(found, APART)
    assert end.verdict == HOLDS
