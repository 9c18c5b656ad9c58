"""Promise: the profile runs a study from start to end on SLURM, each rule where it belongs.

By the records of SLURM itself.
"""

import pytest
from one_node import matches
from study import Study

GPU_RULES = [
    "rule_extract_wildcards_moco_1_layer4_0000_0008",
    "rule_train_wildcards_moco_1_0000_0008",
]
CPU_RULES = ["rule_dataset", "rule_rdm_wildcards_moco_1_layer4_0000_0008", "rule_stimuli"]


def test_the_report_is_there(finished: Study) -> None:
    assert (finished.path / "results/tiny/report.html").stat().st_size > 0


def test_every_job_ran_once_and_ended_well(finished: Study) -> None:
    jobs = finished.jobs()
    comments = sorted(job["Comment"] for job in jobs)
    groups = [comment for comment in comments if comment not in GPU_RULES + CPU_RULES]
    assert sorted(comments) == sorted(GPU_RULES + CPU_RULES + groups)
    assert len(groups) == 2
    assert all(matches(job, JobState="COMPLETED", ExitCode="0:0") for job in jobs)


@pytest.mark.parametrize("rule", ["train", "extract"])
def test_gpu_rules_have_a_gpu_in_the_gpu_partition(finished: Study, rule: str) -> None:
    (job,) = finished.jobs(rule)
    assert job["Partition"] == "gpu"
    assert job["TresPerNode"] == "gres:gpu:1"


def test_all_other_rules_have_none_and_leave_that_partition_free(finished: Study) -> None:
    others = [job for job in finished.jobs() if job["Comment"] not in GPU_RULES]
    assert len(others) == 5
    for job in others:
        assert job["Partition"] == "cpu"
        assert "TresPerNode" not in job
