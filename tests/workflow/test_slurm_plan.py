"""Promise: the SLURM profile fits the rules, as far as can be seen without a SLURM."""

from project import Project


def test_a_study_is_planned(fresh: Project) -> None:
    done = fresh.snakemake("--dry-run", "--profile", "profiles/slurm")
    assert done.returncode == 0, done.stdout
    assert "slurm_partition=gpu" in done.stdout
