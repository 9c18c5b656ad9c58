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
    "rules", [("displacement", "stability", "categories"), ("aggregate", "category_effects")]
)
def test_small_rules_share_a_job(finished: Study, rules: tuple[str, ...]) -> None:
    comments = [job["Comment"] for job in finished.jobs()]
    (shared,) = [comment for comment in comments if rules[0] in comment]
    assert all(rule in shared for rule in rules)


@pytest.mark.parametrize(
    ("rule", "group"), [("report", "rule_summary_"), ("trajectory", "rule_instance_")]
)
def test_later_rules_share_the_job_of_their_group(finished: Study, rule: str, group: str) -> None:
    """Snakemake names a group by its first five rules: these come after them."""
    comments = [job["Comment"] for job in finished.jobs()]
    assert not [comment for comment in comments if comment.startswith(f"rule_{rule}")]
    shared = [comment for comment in comments if comment.startswith(group)]
    assert len(shared) == 1
    assert shared[0].endswith("...")


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
