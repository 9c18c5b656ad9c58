"""SLURM that does not answer for a while only delays a run; no rules.

The executor for SLURM drops jobs whose state it cannot learn in a few attempts, and never asks for
them again (snakemake/snakemake-executor-plugin-slurm, issue 207); a submission that fails costs an
attempt of the job.
"""

from snakemake_interface_common.exceptions import WorkflowError
from snakemake_interface_executor_plugins.registry import ExecutorPluginRegistry

from trajectories.planning.slurm import INTERIM, Watch


def patient(executor):
    """The class of the executor, made to wait for SLURM and to lose no job."""

    class Patient(executor):
        patient = True

        def __post_init__(self, *arguments, **named):
            self.watch = Watch(lambda sentence: logger.warning(f"warning: {sentence}"))
            self.unsettled = {}
            if config.get("interim"):
                self.workflow.executor_settings.jobname_prefix = INTERIM.rstrip("_")
            super().__post_init__(*arguments, **named)

        def run_job(self, job):
            if self.watch.wait():
                super().run_job(job)

        def run_array_jobs(self, jobs):
            if self.watch.wait():
                super().run_array_jobs(jobs)

        def report_job_success(self, job_info):
            self.unsettled.pop(job_info.external_jobid, None)
            super().report_job_success(job_info)

        def report_job_error(self, job_info, *arguments, **named):
            self.unsettled.pop(job_info.external_jobid, None)
            super().report_job_error(job_info, *arguments, **named)

        async def check_active_jobs(self, active_jobs):
            # It is asked from the start, perhaps before __post_init__ has ended: with an error the
            # thread that asks would end, and the run would wait without end.
            if not active_jobs:
                return
            self.unsettled = {job.external_jobid: job for job in active_jobs}
            async for _ in super().check_active_jobs(active_jobs):
                pass
            # Whatever has not been reported is active. Jobs on other clusters are not on record here.
            if not self._submitted_job_clusters:
                for name in self.watch.gone(self.unsettled):
                    logger.warning(
                        f"warning: SLURM has no record of job {name} any more: its files say"
                        " whether it succeeded"
                    )
                    self.report_job_success(self.unsettled[name])
            for job in list(self.unsettled.values()):
                yield job
            self.unsettled = {}

        def cancel_jobs(self, active_jobs):
            self.watch.stopped.set()
            # Those whose state is being asked for are not among the active jobs meanwhile.
            jobs = {job.external_jobid: job for job in active_jobs} | self.unsettled
            try:
                super().cancel_jobs(list(jobs.values()))
            except WorkflowError as error:
                logger.warning(
                    f"warning: SLURM jobs {', '.join(map(str, jobs))} run on, as they cannot be"
                    f" cancelled ({error}): end them later with `scancel`, or let them finish"
                )

    return Patient


if workflow.is_main_process and ExecutorPluginRegistry().is_installed("slurm"):
    plugin = ExecutorPluginRegistry().get_plugin("slurm")
    # Several modules of a run may hold this workflow.
    if not hasattr(plugin.executor, "patient"):
        plugin.executor = patient(plugin.executor)
