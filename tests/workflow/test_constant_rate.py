"""Promise: the control of a constant learning rate plans as config/constant_rate.yaml has it."""

from project import Project


def test_the_default_and_its_control_are_planned(fresh: Project) -> None:
    settings = (fresh.path / "config" / "constant_rate.yaml").read_text(encoding="utf-8")
    (fresh.path / "tiny.yaml").write_text(settings, encoding="utf-8")
    plan = fresh.plan()
    counts = plan.counts()
    assert plan.wildcards("train", "condition") == {"moco", "constant_rate"}
    assert counts["train"] == counts["displacement"] == counts["resample"] == 8
    assert counts["schedule"] == counts["figure_schedule"] == counts["speed"] == 1
    assert counts["dataset"] == 1
