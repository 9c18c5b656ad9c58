"""Promise: a training that runs out of time is given more, and goes on to the same bits."""

from study import Study, assert_same_weights


def test_out_of_time(out_of_time: Study, finished: Study) -> None:
    (run,) = out_of_time.runs
    assert run.wait(timeout=300) == 0, out_of_time.output(run)
    first, second = out_of_time.jobs("train")
    assert (first["JobState"], first["TimeLimit"]) == ("TIMEOUT", "00:01:00")
    assert (second["JobState"], second["TimeLimit"]) == ("COMPLETED", "00:02:00")
    assert out_of_time.resumed_after() >= 1
    assert_same_weights(out_of_time, finished)
