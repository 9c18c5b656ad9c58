"""Scheduling that costs as little at the end of a long run as at its start; no rules.

After every look for jobs that can start, Snakemake plans another look a second later, for its limit
of jobs per second. Each of these plans one more, and each job that ends begins another such chain
(snakemake/snakemake, pull request 3744): hundreds of looks a second, after as many jobs.
"""

from threading import Timer

from snakemake.scheduling.job_scheduler import JobScheduler


def plan_one_look(self, delay):
    """In place of a method of the scheduler that plans looks without end."""
    if not self.look_planned:
        self.look_planned = True
        Timer(delay, look, [self]).start()


def look(scheduler):
    scheduler.look_planned = False
    scheduler._open_jobs.release()


# Several modules of a run may hold this workflow.
if workflow.is_main_process and not hasattr(JobScheduler, "look_planned"):
    JobScheduler.look_planned = False
    JobScheduler._schedule_reevalutation = plan_one_look
