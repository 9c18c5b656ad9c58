"""What a run tells while it goes on and when it ends; no rules."""

from trajectories.analyses.claims import TITLES
from trajectories.status import ending, notify
from trajectories.status.progress_line import Training
from trajectories.status.work import Job

# What jobs take on a common machine, in seconds, until some have ended.
USUAL_SECONDS = {"dataset": 30, "stimuli": 5, "extract": 10, "extract_together": 20, "resample": 15}
OTHER_SECONDS = 4
OPERATIONS_PER_SECOND = 2e10  # of a thread of a CPU, in training


def tell_work():
    """Tell loggers what the jobs of this run cost, so that they can say how much of it is done."""
    jobs = {workflow.dag.jobid(job): job for job in made_in(workflow.dag)}
    logger.info(
        "",
        extra={
            "work": {name: work_of(job) for name, job in jobs.items()},
            "trainings": {name: training_of(job) for name, job in jobs.items() if trains(job)},
        },
    )


def trains(job):
    """Whether a job is one of this workflow's that train; other workflows may share the run."""
    named = dict(job.wildcards.items())
    return {"condition", "seed", "start", "stop"} <= set(named) and (
        named["condition"] in conditions_to_train()
        and str(placed(instance(CHECKPOINTS).format(**named))) in map(str, job.output)
    )


def work_of(job):
    """What a job costs."""
    name = str(job.rule.name)
    # A module may have given rules names of its own, that end in these.
    known = max((each for each in USUAL_SECONDS if name.endswith(each)), key=len, default=None)
    if not trains(job):
        return Job(name, 1, USUAL_SECONDS.get(known, OTHER_SECONDS))
    wildcards = job.wildcards
    operations = needs(wildcards.condition)[int(wildcards.start)].operations
    rate = OPERATIONS_PER_SECOND * training_threads()
    if config["compute"]["device"].startswith("cuda"):
        rate = cost.Rate.reported().value * config["compute"]["gpus_per_seed"]
    return Job(name, operations, operations / rate)


def training_of(job):
    """A job that trains, of which more is known while it runs."""
    return Training(
        network=f"{job.wildcards.condition} seed {job.wildcards.seed}",
        unfinished=Path(job.params.unfinished),
        start=int(job.wildcards.start),
        stop=int(job.wildcards.stop),
    )


def results_folder():
    """Where the results of this experiment are."""
    return Path(RESULTS, config["experiment"])


def say_what_was_found():
    """Three verdicts and where the report is, if this run was to make it."""
    page = results_folder() / "report.html"
    lines = [f"{config['experiment']}: all that was asked for is made."]
    if str(page) in {str(path) for job in workflow.dag.jobs for path in job.output}:
        found = ending.verdicts(results_folder() / "tables" / "claims.csv", TITLES)
        about = ending.of_which(list(config["conditions"]))
        about += f" ({stamp(config)})" if config["interim"] else ""
        lines = [f"What {config['experiment']} has found{about}:", *(f"  {each}" for each in found)]
        lines.append(f"Report: {page}")
    for each in lines:
        logger.info(each, extra={"told": True})
    tell_user("success", "; ".join(each.strip() for each in lines))


def say_that_it_failed():
    """Run the user's command for that."""
    failed = [part for job in workflow.scheduler.failed for part in getattr(job, "jobs", [job])]
    rules = ", ".join(dict.fromkeys(str(job.rule.name) for job in failed))
    what = f"failed in {rules}" if failed else "was interrupted"
    tell_user("error", f"{config['experiment']} {what}; nothing that was finished is lost")


def tell_user(outcome, message):
    """Run the command that the configuration has for an outcome."""
    end = notify.End(config["experiment"], outcome, message, results_folder())
    if warning := notify.run(config["notify"], end):
        logger.warning(f"warning: {warning}")
