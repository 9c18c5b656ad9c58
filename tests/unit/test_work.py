"""Progress by work: shares and times worked out by hand."""

import pytest

from trajectories.status.work import Job, Work


@pytest.fixture
def work() -> Work:
    jobs = {name: Job("train", cost, 10 * cost) for name, cost in (("a", 1), ("b", 3))}
    return Work({**jobs, "c": Job("figure", 1, 5), "d": Job("figure", 1, 5)})


def test_nothing_is_done_before_anything_runs(work) -> None:
    assert work.share(0) == 0
    assert work.left(0) is None


def test_a_long_job_is_more_of_the_work_than_a_short_one(work) -> None:
    work.start("b", 100)
    work.end("b", 130)
    # 30 of 30 + 10 + 5 + 5 seconds.
    assert work.share(130) == pytest.approx(0.6)
    assert work.left(130) == pytest.approx(20)


def test_what_jobs_took_counts_for_others_of_their_rule(work) -> None:
    work.start("a", 0)
    work.end("a", 40)
    # b takes three times as long as a did.
    assert work.left(40) == pytest.approx(120 + 10)
    assert work.share(40) == pytest.approx(40 / 170)


def test_a_running_job_counts_by_its_time(work) -> None:
    work.start("b", 0)
    assert work.share(15) == pytest.approx(15 / 50)
    # It takes longer than expected, and has not ended.
    assert work.share(1000) == pytest.approx(0.95 * 30 / 50)


def test_or_by_what_is_known_to_be_done(work) -> None:
    work.start("b", 0)
    # A quarter took 60 seconds: b takes 240, a 80.
    assert work.share(60, {"b": 0.25}) == pytest.approx(60 / 330)
    assert work.left(60, {"b": 0.25}) == pytest.approx(180 + 80 + 10)


def test_jobs_side_by_side_take_less_time(work) -> None:
    for name in ("c", "d"):
        work.start(name, 0)
        work.end(name, 5)
    assert work.left(5) == pytest.approx((10 + 30) / 2)


def test_a_failed_job_is_to_be_done_again(work) -> None:
    work.start("b", 0)
    work.stop("b")
    assert work.share(10) == 0
    assert not work.running


def test_all_is_done_in_the_end(work) -> None:
    for name in work.jobs:
        work.start(name, 0)
        work.end(name, 3)
    assert work.share(3) == 1
    assert work.left(3) == 0


def test_jobs_that_were_not_planned_change_nothing(work) -> None:
    work.start("other", 0)
    work.end("other", 9)
    assert work.share(9) == 0


def test_no_work_is_done_work() -> None:
    assert Work({}).share(0) == 1
