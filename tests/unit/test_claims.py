"""Each claim is said to hold where it is true, not to hold where it is false, or is left open.

Simulated studies plant every claim true, false and, with few and unequal networks, undecidable.
"""

import json
from dataclasses import replace
from pathlib import Path

import analysis_scripts
import claim_cases
import numpy as np
import pytest
from claim_cases import COSINE, FINE, Study

from trajectories.analyses.claims import TEXT
from trajectories.analyses.claims import table as claims
from trajectories.statistics import condition_curves, resampled_curves, resampling, verdicts
from trajectories.statistics.verdicts import FAILS, HOLDS, UNDECIDED
from trajectories.storage import tables

HOME = Path(__file__).parents[2]

RAPID = "the first epoch changes the RDM more than"
PER_RATE = "per unit of learning rate"
HALF, NINETY = "50% of its trajectory", "90% of its trajectory"
STEADIER = "late changes more than early"
TOGETHER = "late, faces: within and between reach their midpoints"
APART = "late, faces: between ends above within"
LEARNT = "learning raises between above within"
ALIKE = "early, faces: between and within end at the same level"
LESS = "ends less far above within than in late"

# Without a category effect the RDM changes with the layer's own time constant alone.
CASES = [
    (RAPID, Study(tau=(1, 1), end=(0, 0)), HOLDS),
    (RAPID, Study(tau=(1e6, 1e6), end=(0, 0)), FAILS),
    (RAPID, Study(n=2, tau=(10, 10), end=(0, 0), networks=2), UNDECIDED),
    (PER_RATE, Study(tau=(1, 1), end=(0, 0), rates=COSINE), HOLDS),
    # All change is the schedule's: the rate falls, and the RDM moves in proportion to it.
    (PER_RATE, Study(tau=(None, None), end=(0, 0), rates=COSINE, n_images=60), FAILS),
    (PER_RATE, Study(n=2, tau=(10, 10), end=(0, 0), networks=2), UNDECIDED),
    (HALF, Study(tau=(1, 4), end=(0, 0)), HOLDS),
    (HALF, Study(tau=(4, 1), end=(0, 0)), FAILS),
    (HALF, Study(tau=(2, 2), end=(0, 0), epoch=FINE), FAILS),
    (HALF, Study(tau=(2, 2), end=(0, 0)), UNDECIDED),
    (HALF, Study(n=3, tau=(2, 4), end=(0, 0), networks=1), UNDECIDED),
    (NINETY, Study(tau=(1, 4), end=(0, 0)), HOLDS),
    (NINETY, Study(tau=(4, 1), end=(0, 0)), FAILS),
    (NINETY, Study(n=3, tau=(2, 4), end=(0, 0), networks=1), UNDECIDED),
    (STEADIER, Study(tau=(1, 4), end=(0, 0)), HOLDS),
    (STEADIER, Study(tau=(4, 1), end=(0, 0)), FAILS),
    (STEADIER, Study(n=3, tau=(2, 4), end=(0, 0), networks=1.5), UNDECIDED),
    (TOGETHER, Study(epoch=FINE), HOLDS),
    (TOGETHER, Study(), UNDECIDED),
    (TOGETHER, Study(tau_within=8, tau_between=1), FAILS),
    (TOGETHER, Study(tau_within=1, tau_between=8), FAILS),
    (TOGETHER, Study(n=3, networks=0.8), UNDECIDED),
    (TOGETHER, Study(end=(0.3, 0)), UNDECIDED),
    (APART, Study(end=(0, 0.3)), HOLDS),
    (APART, Study(end=(0.3, 0)), FAILS),
    (APART, Study(end=(0.3, -0.3)), FAILS),
    (APART, Study(n=3, effects=0.2), UNDECIDED),
    (LEARNT, Study(end=(0, 0.3)), HOLDS),
    (LEARNT, Study(start=(0, 0.3), end=(0, 0.3)), FAILS),
    (LEARNT, Study(n=3, effects=0.4), UNDECIDED),
    (ALIKE, Study(end=(0, 0.3)), HOLDS),
    (ALIKE, Study(end=(0.3, 0.3)), FAILS),
    (ALIKE, Study(end=(-0.3, 0.3)), FAILS),
    (ALIKE, Study(n=3, effects=0.2), UNDECIDED),
    (LESS, Study(end=(0, 0.3)), HOLDS),
    (LESS, Study(end=(0.3, 0.3)), FAILS),
    (LESS, Study(end=(0.3, 0)), FAILS),
    (LESS, Study(n=3, effects=0.2), UNDECIDED),
]


def of(found: list[verdicts.Claim], statement: str) -> list[verdicts.Claim]:
    return [claim for claim in found if statement in claim.statement]


@pytest.mark.parametrize(("statement", "study", "verdict"), CASES)
def test_the_verdict_is_that_planted(statement, study, verdict) -> None:
    chosen = of(claim_cases.decided(study), statement)
    assert chosen
    assert {claim.verdict for claim in chosen} == {verdict}, [each.sentence for each in chosen]


def test_every_statement_can_be_all_three() -> None:
    """The cases above would fail if a verdict were constant, for every statement there is."""
    statements = {claim.statement for claim in claim_cases.decided(Study())}
    for statement in statements - {
        "early, faces: within and between reach their midpoints at the same time"
    }:
        verdicts = {verdict for part, _, verdict in CASES if part in statement}
        assert verdicts == {HOLDS, FAILS, UNDECIDED}, statement


def test_estimates_are_those_planted() -> None:
    found = claim_cases.decided(Study(tau=(1, 4), networks=1e-9, effects=1e-9))
    [end] = of(found, APART)
    assert end.estimate == pytest.approx(0.3, abs=0.06)
    [lag] = of(found, TOGETHER)
    assert lag.estimate == pytest.approx(0, abs=0.3)
    assert lag.low < lag.estimate < lag.high
    apart = claim_cases.decided(Study(tau_within=4, tau_between=1, networks=1e-9))
    [lag] = of(apart, TOGETHER)
    exponential = [tau * np.log(2 / (1 + np.exp(-20 / tau))) for tau in (4, 1)]
    assert lag.estimate == pytest.approx(exponential[0] - exponential[1], abs=0.3)


def test_the_margin_decides_what_counts_as_equal() -> None:
    study = Study(end=(0.1, 0.3))
    strict, lenient = (
        of(claim_cases.decided(study, verdicts.Rules(dissimilarity=margin)), ALIKE)[0].verdict
        for margin in (0.02, 0.25)
    )
    assert (strict, lenient) == (FAILS, HOLDS)


def test_a_real_difference_too_small_to_count_does_not_hold() -> None:
    rules = verdicts.Rules(dissimilarity=0.5)
    [end] = of(claim_cases.decided(Study(end=(0, 0.3)), rules), APART)
    assert end.low > 0
    assert end.verdict == FAILS


def test_a_real_difference_that_may_be_too_small_is_left_open() -> None:
    study = Study(end=(0, 0.3))
    [end] = of(claim_cases.decided(study), APART)
    margins = [(end.estimate + bound) / 2 for bound in (end.low, end.high)] + [end.high + 0.01]
    found = [
        of(claim_cases.decided(study, verdicts.Rules(dissimilarity=margin)), APART)[0]
        for margin in margins
    ]
    assert [each.verdict for each in found] == [HOLDS, UNDECIDED, FAILS]
    assert "may be too small to count" in found[1].sentence


def test_higher_confidence_decides_less() -> None:
    study = Study(n=3, end=(0, 0.15), effects=0.05)
    found = [
        of(claim_cases.decided(study, verdicts.Rules(confidence=level)), APART)[0].verdict
        for level in (0.5, 0.9999)
    ]
    assert found == [HOLDS, UNDECIDED]


def test_sentences_hold_numbers_verdict_and_reason() -> None:
    for claim in claim_cases.decided(Study()):
        assert claim.verdict in claim.sentence
        assert claim.sentence.endswith(".")
        assert claim.sentence.count(". ") == 0
        if np.isfinite(claim.low):
            assert "95% interval" in claim.sentence
            assert "5 networks, 30 images" in claim.sentence
            assert claim.low <= claim.estimate <= claim.high


def test_one_network_decides_nothing_but_is_measured() -> None:
    found = claim_cases.decided(Study(n=1))
    assert {claim.verdict for claim in found} == {UNDECIDED}
    [end] = of(found, APART)
    assert np.isfinite([end.estimate, end.low, end.high]).all()
    assert "one network does not show" in end.sentence


def test_curves_that_stray_have_no_time() -> None:
    curves = claim_cases.curves(Study())
    for each in curves.instances:
        each.within["late"]["faces"][:, 3] -= 1
    [lag] = of(claims.together(curves, verdicts.Rules()), "late")
    assert lag.verdict == UNDECIDED
    assert "dissimilarity within leaves the range between its two ends" in lag.sentence
    assert "in 5 of 5 networks" in lag.sentence


@pytest.mark.parametrize(
    ("tau_within", "tau_between", "epoch"),
    [
        # Both between the same two checkpoints ...
        (0.5, 2.5, np.linspace(0, 20, 5)),
        # ... or not, and checkpoints are even closer together than the margin.
        (0.05, 1.6, np.append(np.arange(0, 20, 0.95), 20.0)),
    ],
)
def test_times_are_not_told_to_be_equal_by_their_interpolation(
    tau_within, tau_between, epoch
) -> None:
    """They are farther apart than the margin; interpolated they are less, and surely so."""
    study = Study(tau_within=tau_within, tau_between=tau_between, epoch=epoch)
    [lag] = of(claim_cases.decided(study), TOGETHER)
    truth = (tau_within - tau_between) * np.log(2)
    assert truth < -1 < lag.low < lag.high < 1
    assert lag.verdict == UNDECIDED
    assert "checkpoints are too far apart" in lag.sentence
    [fine] = of(claim_cases.decided(replace(study, epoch=FINE)), TOGETHER)
    assert fine.estimate == pytest.approx(truth, abs=0.15)


@pytest.mark.parametrize(
    ("lag", "open_by", "verdict"),
    [
        (0.0, 0.4, HOLDS),
        (0.0, 1.5, UNDECIDED),
        (0.8, 0.4, UNDECIDED),
        (1.5, 0.3, FAILS),
        (1.5, 1.5, UNDECIDED),
        (-1.5, 0.3, FAILS),
        (-1.5, 1.5, UNDECIDED),
    ],
)
def test_equality_is_decided_by_all_that_fits_the_checkpoints(lag, open_by, verdict) -> None:
    noise = 0.01 * np.random.default_rng(0).standard_normal((5, 100))
    times = lag + noise
    found = verdicts.measured(times, 0.95, 30, (times - open_by, times + open_by))
    assert found.open_from == pytest.approx(lag - open_by, abs=0.02)
    assert found.open_to == pytest.approx(lag + open_by, abs=0.02)
    assert found.least < found.low < found.estimate < found.high < found.most
    assert verdicts.alike(found, 1.0, "1 epoch", "")[0] == verdict


def test_a_layer_that_lags_between_two_checkpoints_is_not_told_to_lag_too_little() -> None:
    coarse = Study(tau=(1, 6), end=(0, 0), epoch=np.array([0.0, 7, 13, 20]))
    [lag] = of(claim_cases.decided(coarse), HALF)
    assert (lag.verdict, "too far apart" in lag.sentence) == (UNDECIDED, True)
    [fine] = of(claim_cases.decided(replace(coarse, epoch=FINE)), HALF)
    assert fine.verdict == HOLDS
    assert fine.estimate > 1


def test_without_learning_rates_change_per_rate_is_not_asked() -> None:
    for rates in (None, {1.0: 0.1}):
        found = claims.decide(claim_cases.curves(Study(tau=(1, 1))), rates, verdicts.Rules())
        assert {claim.verdict for claim in of(found, PER_RATE)} == {UNDECIDED}
        assert all("not known" in claim.sentence for claim in of(found, PER_RATE))
        assert {claim.verdict for claim in of(found, RAPID)} == {HOLDS}


def test_a_study_of_one_layer_and_few_checkpoints_is_decided_as_far_as_it_goes() -> None:
    [first, second] = claim_cases.trajectories(Study(n=2))
    few = []
    for each in (first, second):
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
    found = claims.decide(curves, claim_cases.CONSTANT, verdicts.Rules())
    reasons = " ".join(claim.sentence for claim in found if claim.verdict == UNDECIDED)
    for reason in ("only one layer", "fewer than four steps", "no RDM of the untrained network"):
        assert reason in reasons
    [end] = of(found, APART)
    assert end.verdict == HOLDS


def test_the_script_writes_a_table_and_the_same_as_json(tmp_path) -> None:
    study = Study(n=2)
    paths = []
    for each in claim_cases.curves(study, 30).instances:
        paths.append(tmp_path / f"{each.attributes['seed']}.h5")
        resampled_curves.write(paths[-1], each)
    settings = {"confidence": 0.95, "dissimilarity": 0.05, "time": 0.05, "factor": 1.5}
    reads = {"resamples": paths, "histories": []}
    analysis_scripts.tabulate("claims", tmp_path, reads, settings)
    read = tables.read_columns(tmp_path / "claims.csv", claims.COLUMNS, TEXT)
    records = tmp_path / "claims.json"
    found = json.loads(records.read_text(encoding="utf-8"))
    assert [each["sentence"] for each in found] == read["sentence"].tolist()
    assert {each["title"] for each in found} == set(claims.TITLES.values())
    unknown = [each for each in found if "not known" in each["sentence"]]
    assert unknown
    assert all(each["estimate"] is None for each in unknown)
