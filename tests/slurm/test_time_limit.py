"""Promise: a training that runs out of time is given more, and goes on to the same bits."""

from study import Study, assert_same_weights


def test_out_of_time(out_of_time: Study, finished: Study) -> None:
    (run,) = out_of_time.runs
    assert run.wait(timeout=600) == 0, out_of_time.output(run)
    *stopped, last = out_of_time.jobs("train")
    assert stopped
    assert all(job["JobState"] == "TIMEOUT" for job in stopped)
    assert last["JobState"] == "COMPLETED"
    limits = [job["TimeLimit"] for job in (*stopped, last)]
    assert limits == ["00:01:00", "00:03:00", "00:05:00", "00:07:00"][: len(limits)]
    assert out_of_time.resumed_after() >= 1
    assert_same_weights(out_of_time, finished)
