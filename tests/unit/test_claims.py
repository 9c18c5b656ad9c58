"""Each claim is given the word that is planted, in studies of 20 and of 200 epochs alike.

Simulated studies plant every statement true, false, small, reversed and, with few and unequal
networks, undecidable.
"""

import json
from dataclasses import replace
from pathlib import Path

import analysis_scripts
import claim_cases
import numpy as np
import pytest
from claim_cases import (
    APART,
    DEFINITIONS,
    FINE,
    FIRST,
    HALF,
    LEARNT,
    LESS,
    NINETY,
    PER_RATE,
    PUSH,
    RULES,
    STEADIER,
    TOGETHER,
    UNTRAINED,
    Study,
    of,
    planted,
)
from scipy import stats

from trajectories.analyses.claims import COLUMNS, SIZES, TEXT, TITLES, categories, findings
from trajectories.analyses.claims import table as claims
from trajectories.analyses.claims.trend import trend, trend_bounds
from trajectories.rdms import trajectory
from trajectories.statistics import resampled_curves, resampling
from trajectories.statistics.verdicts import sentences
from trajectories.statistics.verdicts.statement import (
    FAILS,
    FIXED,
    HOLDS,
    RANDOM,
    REVERSED,
    SMALL,
    UNDECIDED,
    Rules,
)
from trajectories.storage import resamples_file, tables

HOME = Path(__file__).parents[2]


# Without a category effect the RDM changes with the layer's own time constant alone.
PLAIN = {"end": (0, 0)}
STILL = {**PLAIN, "effects": 0, "n_images": 60}
SURE = {"n": 8, "n_images": 90, "effects": 0.001, "networks": 0.01}
# Time constants are shares of the training.
CASES = [
    *(
        case
        for step in (UNTRAINED, FIRST)
        for case in (
            (step, HOLDS, {"tau": (0.1, 0.1), **STILL}),
            (step, SMALL, {"tau": (2.0, 2.0), **STILL}),
            (step, FAILS, {"tau": (9.6, 9.6), **STILL}),
            # Change that grows.
            (step, REVERSED, {"tau": (-1.0, -1.0), **STILL}),
            (step, UNDECIDED, {"n": 2, "tau": (0.5, 0.5), "networks": 3, **PLAIN}),
        )
    ),
    (PER_RATE, HOLDS, {"tau": (0.1, 0.1), **STILL}),
    (PER_RATE, SMALL, {"tau": (1.5, 1.5), **STILL}),
    (PER_RATE, FAILS, {"tau": (9.6, 9.6), **STILL}),
    (PER_RATE, REVERSED, {"tau": (-1.0, -1.0), **STILL}),
    (PER_RATE, UNDECIDED, {"n": 2, "tau": (0.5, 0.5), "networks": 3, **PLAIN}),
    *(
        case
        for level in (HALF, NINETY)
        for case in (
            (level, HOLDS, {"tau": (0.1, 0.2), **PLAIN}),
            (level, SMALL, {"tau": (0.15, 0.185), **PLAIN, **SURE}),
            (level, FAILS, {"tau": (0.15, 0.15), **PLAIN, "networks": 0.01}),
            (level, REVERSED, {"tau": (0.2, 0.1), **PLAIN}),
            (level, UNDECIDED, {"n": 3, "tau": (0.1, 0.2), "networks": 1, **PLAIN}),
        )
    ),
    (STEADIER, HOLDS, {"tau": (0.12, 0.25), **PLAIN}),
    (STEADIER, SMALL, {"tau": (0.25, 0.32), **PLAIN, **SURE}),
    (STEADIER, FAILS, {"tau": (0.25, 0.25), "networks": 0.01, **PLAIN}),
    (STEADIER, REVERSED, {"tau": (0.25, 0.12), **PLAIN}),
    (STEADIER, UNDECIDED, {"n": 3, "tau": (0.1, 0.2), "networks": 1.5, **PLAIN}),
    (TOGETHER, HOLDS, {"tau_within": 0.1, "tau_between": 0.1, "tau": (0.1, 0.1), **SURE}),
    (TOGETHER, SMALL, {"tau_within": 0.115, "tau_between": 0.1, "tau": (0.1, 0.1), **SURE}),
    (TOGETHER, FAILS, {"tau_within": 0.3, "tau_between": 0.05}),
    (TOGETHER, FAILS, {"tau_within": 0.05, "tau_between": 0.3}),
    (TOGETHER, UNDECIDED, {"tau_within": 0.1, "tau_between": 0.1, "n": 3, "networks": 0.8}),
    (PUSH, HOLDS, {"tau_within": 0.3, "tau_between": 0.3, "tau_push": 0.05}),
    (PUSH, SMALL, {"tau_within": 0.115, "tau_between": 0.115, "tau_push": 0.1, **SURE}),
    (PUSH, FAILS, {"tau_within": 0.1, "tau_between": 0.1, "tau_push": 0.1}),
    (PUSH, REVERSED, {"tau_within": 0.05, "tau_between": 0.05, "tau_push": 0.3}),
    (
        PUSH, UNDECIDED,
        {"tau_within": 0.1, "tau_between": 0.1, "tau_push": 0.1, "n": 3, "networks": 0.8},
    ),
    (APART, HOLDS, {"end": (0, 0.3)}),
    (APART, SMALL, {"end": (0, 0.025), **SURE}),
    (APART, FAILS, {"end": (0.3, 0)}),
    (APART, REVERSED, {"end": (0.3, -0.3)}),
    (APART, UNDECIDED, {"n": 3, "effects": 0.2}),
    (LEARNT, HOLDS, {"end": (0, 0.3)}),
    (LEARNT, SMALL, {"end": (0, 0.025), **SURE}),
    (LEARNT, FAILS, {"start": (0, 0.3), "end": (0, 0.3)}),
    (LEARNT, REVERSED, {"start": (0, 0.3), "end": (0, 0)}),
    (LEARNT, UNDECIDED, {"n": 3, "effects": 0.4}),
    (LESS, HOLDS, {"end": (0, 0.3)}),
    (LESS, SMALL, {"end": (0, 0.025), **SURE}),
    (LESS, FAILS, {"end": (0.3, 0.3)}),
    (LESS, REVERSED, {"end": (0.3, 0)}),
    (LESS, UNDECIDED, {"n": 3, "effects": 0.2}),
]  # fmt: skip


@pytest.mark.parametrize("epochs", [20, 200])
@pytest.mark.parametrize(("statement", "verdict", "given"), CASES)
def test_the_verdict_is_that_planted(statement, verdict, given, epochs) -> None:
    chosen = of(claim_cases.decided(planted(given, epochs), RULES), statement)
    assert chosen
    assert {claim.verdict for claim in chosen} == {verdict}, [each.sentence for each in chosen]


def test_every_statement_can_be_everything() -> None:
    """The cases above would fail if a verdict were constant, for every statement there is."""
    statements = {claim.statement for claim in claim_cases.decided(Study())}
    for statement in statements:
        if statement.startswith("early, faces") and LESS not in statement:
            continue
        found = {verdict for part, verdict, _ in CASES if part in statement}
        reversible = {REVERSED} if TOGETHER not in statement else set()
        assert found == {HOLDS, SMALL, FAILS, UNDECIDED, *reversible}, statement


@pytest.mark.parametrize("lag", [0.8, 4.0])
def test_a_lag_is_judged_by_the_times_and_not_by_the_length_of_training(lag) -> None:
    """The same curves, in training that goes on for ten times as long."""
    found = []
    for epochs in (20, 200):
        epoch = np.concatenate([np.arange(201.0) / 10, np.arange(21.0, epochs + 1)])
        study = Study(tau=(1, 1 + lag), end=(0, 0), epoch=epoch, rates={}, networks=0.01)
        found.append(of(claim_cases.decided(study), NINETY)[0])
    assert found[0].verdict == found[1].verdict == HOLDS
    assert found[0].estimate == pytest.approx(found[1].estimate, rel=0.1)


def test_estimates_are_those_planted() -> None:
    found = claim_cases.decided(Study(tau=(1, 4), networks=1e-9, effects=1e-9, epoch=FINE[20]))
    _, whole = claim_cases.with_overall(Study(networks=1e-9, effects=1e-9))
    [end] = of(found, APART)
    assert end.estimate * whole.sd["late"][:, 0, -1].mean() == pytest.approx(0.3, abs=0.06)
    rdm = claim_cases.trajectories(Study(networks=1e-9, effects=1e-9))[0].rdms["late"]
    assert whole.sd["late"][0, 0] == pytest.approx(rdm.std(axis=1), rel=1e-9)
    assert whole.mean["late"][0, 0] == pytest.approx(rdm.mean(axis=1), rel=1e-12)
    [lag] = of(found, TOGETHER)
    assert lag.estimate == pytest.approx(1, abs=0.15)
    assert lag.low < lag.estimate < lag.high
    plain = claim_cases.decided(Study(tau=(1, 4), networks=1e-9, end=(0, 0), epoch=FINE[20]))
    for level in (HALF, NINETY):
        [time] = of(plain, level)
        # Of a similarity, 1 − e^(−2t/τ): times are in proportion to τ until training ends.
        assert time.estimate == pytest.approx(4, rel=0.15)


def test_an_effect_does_not_depend_on_the_unit_of_dissimilarities() -> None:
    curves, whole = claim_cases.with_overall(Study())
    for each in curves.instances:
        for values in (each.within["late"]["faces"], each.between["late"]["faces"]):
            values[:] = 7 + 100 * values
    scaled = replace(whole, sd={name: 100 * sd for name, sd in whole.sd.items()})
    rules = Rules()
    [plain] = of(claim_cases.decided(Study()), APART)
    families = claims.asked(curves, scaled, None, rules, DEFINITIONS)
    [other] = of(claims.decided("moco", families, rules), APART)
    assert other.estimate == pytest.approx(plain.estimate, rel=1e-9)


def test_fixed_images_say_more_than_random_ones() -> None:
    study = Study(n=8, end=(0, 0.02), n_images=24, effects=0.001)
    found = claim_cases.decided(study, Rules(effect=0.1))
    [fixed], [random] = (of(found, APART, images) for images in (FIXED, RANDOM))
    assert fixed.estimate == random.estimate
    assert fixed.high - fixed.low < 0.7 * (random.high - random.low)
    assert "these images)" in fixed.sentence
    assert "other images too)" in random.sentence
    assert (random.verdict, random.limit) == (UNDECIDED, "images")
    assert "test images differ too much for one of 2 statements: about" in random.sentence


def test_networks_are_asked_for_where_they_differ() -> None:
    found = of(claim_cases.decided(Study(n=4, effects=0.3, end=(0, 0.2))), APART, FIXED)
    assert [(each.verdict, each.limit) for each in found] == [(UNDECIDED, "networks")]
    assert "networks differ too much: about" in found[0].sentence


def test_p_values_are_corrected_within_a_claim() -> None:
    """Each of two statements at p of about 0.03 is no longer sure beside the other."""
    study = Study(n=3, effects=0.05, end=(0, 0.12), seed=3)
    found = claim_cases.decided(study)
    apart = [each for each in found if each.claim == "late_layer_apart" and each.images == FIXED]
    curves, whole = claim_cases.with_overall(study)
    plain = []
    for each in claims.asked(curves, whole, None, Rules(), DEFINITIONS)[5]:
        plain.append(stats.ttest_1samp(each.values[:, 0], 0).pvalue)
    # That neither reaches the margin is not sure either, so that both stay in danger.
    assert min(each.p_margin for each in apart) > 0.05
    assert sorted(each.p for each in apart) == pytest.approx(
        [min(1, 2 * each) for each in sorted(plain)]
    )


def test_higher_confidence_decides_less() -> None:
    study = Study(n=3, end=(0, 0.15), effects=0.05)
    found = [
        of(claim_cases.decided(study, Rules(confidence=level)), APART)[0].verdict
        for level in (0.5, 0.9999)
    ]
    assert found == [HOLDS, UNDECIDED]


def test_sentences_hold_numbers_verdict_and_reason() -> None:
    for claim in claim_cases.decided(Study()):
        assert f": {claim.verdict}, as " in claim.sentence
        assert claim.sentence.endswith(".")
        assert claim.sentence.count(". ") == 0
        if np.isfinite(claim.low):
            assert "95% interval" in claim.sentence
            assert f"5 networks, {claim.images}" in claim.sentence
            assert claim.low <= claim.estimate <= claim.high


def test_one_network_decides_nothing_but_is_measured() -> None:
    found = claim_cases.decided(Study(n=1))
    assert {claim.verdict for claim in found} == {UNDECIDED}
    [end], [fixed] = of(found, APART), of(found, APART, FIXED)
    assert np.isfinite([end.estimate, end.low, end.high]).all()
    assert np.isnan([fixed.low, fixed.high]).all()
    assert "one network does not show" in end.sentence


def test_curves_that_dip_and_rise_have_a_time() -> None:
    curves, _ = claim_cases.with_overall(replace(planted(SURE, 20), tau=(2, 2)))
    dip = np.exp(-np.square(curves.epoch - 4))
    for each in curves.instances:
        for kind in (each.within, each.between):
            kind["late"]["faces"][:] -= 0.4 * dip
    family = categories.together(curves, RULES, {"faces": "others"})
    [lag] = of(sentences.decided("moco", family, RULES), "late")
    assert lag.verdict in (HOLDS, SMALL)


def test_curves_that_only_waver_have_no_time() -> None:
    study = Study(n=3, end=(0, 0), tau=(1e6, 1e6), effects=0, jitter=0.3, n_images=12)
    [lag] = of(claim_cases.decided(study), PUSH)
    assert lag.verdict == UNDECIDED
    assert "does not change by more than it wavers late in training" in lag.sentence


def test_times_between_the_same_checkpoints_are_not_told_to_be_equal() -> None:
    study = replace(planted(SURE, 20), tau_within=0.5, tau_between=2.5, epoch=np.linspace(0, 20, 5))
    [lag] = of(claim_cases.decided(study, RULES), TOGETHER)
    assert (lag.verdict, lag.limit) == (UNDECIDED, "checkpoints")
    assert "checkpoints are too far apart" in lag.sentence
    [fine] = of(claim_cases.decided(replace(study, epoch=FINE[20]), RULES), TOGETHER)
    assert fine.verdict == FAILS


def test_a_layer_that_lags_between_two_checkpoints_is_not_told_to_lag_too_little() -> None:
    coarse = Study(tau=(1, 6), end=(0, 0), epoch=np.array([0.0, 7, 13, 20]))
    [lag] = of(claim_cases.decided(coarse), HALF)
    assert (lag.verdict, lag.limit) == (UNDECIDED, "checkpoints")
    [fine] = of(claim_cases.decided(replace(coarse, epoch=FINE[20])), HALF)
    assert fine.verdict == HOLDS
    assert fine.estimate > 2


def test_an_order_of_three_layers_is_a_trend() -> None:
    rng = np.random.default_rng(0)
    values = [rng.standard_normal((4, 6)) for _ in range(3)]
    slope = np.polyfit([0, 1, 2], np.stack([each.ravel() for each in values]), 1)[0]
    assert trend(values).ravel() == pytest.approx(2 * slope)
    assert trend(values[:2]) == pytest.approx(values[1] - values[0])
    low, high = trend_bounds([each - 0.1 for each in values], [each + 0.3 for each in values])
    # Each end moves both outer layers, early up and late down.
    assert low == pytest.approx(trend(values) - 0.4)
    assert high == pytest.approx(trend(values) + 0.4)


def test_without_learning_rates_change_per_rate_is_not_asked() -> None:
    for rates in ({}, {1.0: 0.1}):
        found = claim_cases.decided(Study(tau=(1, 1), rates=rates))
        assert {claim.verdict for claim in of(found, PER_RATE)} == {UNDECIDED}
        assert all("not known" in claim.sentence for claim in of(found, PER_RATE))
        assert {claim.verdict for claim in of(found, FIRST)} == {HOLDS}


def test_the_script_writes_tables_and_the_same_as_json(tmp_path) -> None:
    study = Study(n=2)
    counts = resampling.stimulus_counts(study.n_images, 30, study.seed)
    definitions = {"faces": {"within": "face", "between": "~face"}}
    reads: dict[str, list[Path]] = {"trajectories": [], "resamples": [], "histories": []}
    for each in claim_cases.trajectories(study):
        folder = tmp_path / str(each.attributes["seed"])
        folder.mkdir()
        reads["trajectories"].append(folder / "trajectory.h5")
        trajectory.write(folder / "trajectory.h5", each)
        reads["resamples"].append(folder / "resamples.h5")
        curves = resampled_curves.resample(each, definitions, counts)
        resamples_file.write(folder / "resamples.h5", curves)
    reads["recipes"] = analysis_scripts.recipes(tmp_path)
    settings = {"seed": 0, "confidence": 0.95, "effect": 0.2, "time": 1.25, "factor": 1.5}
    settings["definitions"] = DEFINITIONS
    analysis_scripts.tabulate("claims", tmp_path, reads, settings)
    read = tables.read_columns(tmp_path / "claims.csv", COLUMNS, TEXT)
    records = json.loads((tmp_path / "claims.json").read_text(encoding="utf-8"))
    assert [each["sentence"] for each in records] == read["sentence"].tolist()
    assert {each["title"] for each in records} == set(TITLES.values())
    unknown = [each for each in records if "not known" in each["sentence"]]
    assert unknown
    assert all(each["estimate"] is None for each in unknown)
    expected = claim_cases.decided(replace(study, rates={}), Rules())
    decided = of(expected, APART)[0]
    row = read[(read["statement"] == decided.statement) & (read["images"] == RANDOM)].iloc[0]
    # Of 30 resamples instead of 100.
    assert row["estimate"] == pytest.approx(decided.estimate)
    sizes = tables.read_columns(tmp_path / "study_size.csv", SIZES, TEXT)
    assert set(sizes["claim"]) <= set(TITLES)
    known = sizes.dropna(subset=["half_width"])
    assert len(findings.said(sizes, 0.95)) == known["claim"].nunique() > 3
    analysis_scripts.draw("claims", "study_size", tmp_path, {"confidence": 0.95})
    assert (tmp_path / "study_size.png").stat().st_size > 0


@pytest.mark.parametrize(
    ("value", "told"),
    [(0.667, "0.667"), (15.74, "15.7"), (999.6, "1,000"), (20834, "20,800"), (2.5e7, "2.5e+07")],
)
def test_a_ratio_is_told_without_powers_of_ten(value: float, told: str) -> None:
    assert sentences.ratio(value) == told
