"""Promise: the profile runs a study from start to end on SLURM, each rule where it belongs.

By the records of SLURM itself.
"""

import pytest
from study import Study

GPU_JOBS = {
    "rule_extract_wildcards_moco_1_layer4_0000_0008",
    "rule_train_wildcards_moco_1_0000_0008",
}


def test_the_report_is_there(finished: Study) -> None:
    assert (finished.path / "results/tiny/report.html").stat().st_size > 0


def test_every_job_ran_once_and_ended_well(finished: Study) -> None:
    jobs = finished.jobs()
    comments = [job["Comment"] for job in jobs]
    assert len(comments) == len(set(comments)) > len(GPU_JOBS)
    assert all(job["JobState"] == "COMPLETED" for job in jobs)


@pytest.mark.parametrize(
    "rules", [("trajectory", "stability", "categories"), ("aggregate", "category_effects")]
)
def test_small_rules_share_a_job(finished: Study, rules: tuple[str, ...]) -> None:
    comments = [job["Comment"] for job in finished.jobs()]
    (shared,) = [comment for comment in comments if rules[0] in comment]
    assert all(rule in shared for rule in rules)


def test_the_report_shares_the_last_job(finished: Study) -> None:
    """Snakemake names a group by its first five rules: this is a later one."""
    comments = [job["Comment"] for job in finished.jobs()]
    assert not [comment for comment in comments if comment.startswith("rule_report")]
    assert len([comment for comment in comments if comment.endswith("...")]) == 1


@pytest.mark.parametrize("rule", ["train", "extract"])
def test_gpu_rules_have_a_gpu_in_the_gpu_partition(finished: Study, rule: str) -> None:
    (job,) = finished.jobs(rule)
    assert job["Partition"] == "gpu"
    assert job["TresPerNode"] == "gres:gpu:1"


def test_all_other_rules_have_none_and_leave_that_partition_free(finished: Study) -> None:
    others = [job for job in finished.jobs() if job["Comment"] not in GPU_JOBS]
    assert {f"rule_{rule}" for rule in ("dataset", "stimuli")} < {job["Comment"] for job in others}
    for job in others:
        assert job["Partition"] == "cpu"
        assert "TresPerNode" not in job
