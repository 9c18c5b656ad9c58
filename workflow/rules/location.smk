"""Where the workflow lies: in the working directory, elsewhere, or in a git repository; no rules.

Nothing here depends on the package, which is imported from the place that is found here.
"""

import hashlib
import os
import shlex
import sys
import tempfile
from contextlib import suppress
from functools import cache
from pathlib import Path

from snakemake.io import sourcecache_entry
from snakemake.sourcecache import HostingProviderFile, LocalSourceFile


def folder_of_workflow(source):
    """The folder of the workflow, given that of its rule files as Snakemake knows it."""
    if isinstance(source, LocalSourceFile):
        return Path(source.get_path_or_uri(secret_free=True)).resolve().parents[1]
    if isinstance(source, HostingProviderFile):
        return checked_out(source.hosted_repo.repo, source.ref)
    sys.exit(
        f"error: the workflow cannot run from {source}: name its Snakefile by a path, or with"
        " github() or gitlab()"
    )


def checked_out(repository, revision):
    """A folder with all files of a revision, made once beside Snakemake's cache of rule files.

    Snakemake itself fetches the rule files alone, one by one.
    """
    commit = repository.commit(revision).hexsha
    folder = Path(workflow.sourcecache.cache_path) / "learning-trajectories" / commit
    if not folder.exists():
        folder.parent.mkdir(parents=True, exist_ok=True)
        with tempfile.TemporaryDirectory(dir=folder.parent) as temporary:
            clone = repository.clone(f"{temporary}/clone", no_checkout=True)
            clone.git.checkout(commit)
            # Another process may have been faster.
            with suppress(OSError):
                os.rename(clone.working_dir, folder)
    return folder


ROOT = folder_of_workflow(workflow.current_basedir)
IN_PLACE = ROOT == Path.cwd()
SCRIPTS = ROOT / "workflow" / "scripts"

sys.path.insert(0, str(SCRIPTS))
import trajectories

if Path(trajectories.__file__).parents[1] != SCRIPTS:
    sys.exit(
        f"error: the package `trajectories` of {Path(trajectories.__file__).parents[1]} is in use"
        f" already, so that the workflow in {ROOT} cannot run beside it: start them one by one"
    )

# What a `prefix:` or `replace_prefix:` of the Snakefile that uses this one as a module changes in
# paths. Snakemake does so in inputs, outputs, logs and benchmarks alone.
placed = workflow.modifier.modify_path
RESULTS = str(placed("results/")).rstrip("/")


# What a user's shell may hold that no job is to depend on: a notebook's backend of matplotlib, which
# only the notebook has; ways of Python to start that leave out the script's own folder, turn
# warnings into errors, or wait for input; and, by the locale, how text files are read.
ENVIRONMENT = (
    "export MPLBACKEND=agg PYTHONUTF8=1; unset PYTHONHOME PYTHONSAFEPATH PYTHONWARNINGS"
    " PYTHONOPTIMIZE PYTHONINSPECT PYTHONSTARTUP PYTHONIOENCODING HDF5_USE_FILE_LOCKING; "
)


class shell(shell):
    """Snakemake's shell, in which `python workflow/scripts/x.py` is the workflow's own script.

    The text of commands, by which Snakemake tells whether a rule has changed, so stays the same
    wherever the workflow lies. Rules of other workflows in the same run have a shell of their own.
    """

    @classmethod
    def _get_process_prefix(cls, shell_exec=None):
        # Environments that Snakemake activates for a job bring their own Python.
        methods = workflow.deployment_settings.deployment_method
        python = "command python" if methods else shlex.quote(sys.executable)
        folder = "" if IN_PLACE else shlex.quote(f"{ROOT}/")
        return (
            f"{super()._get_process_prefix(shell_exec)}{ENVIRONMENT}python() {{"
            f' case "${{1-}}" in workflow/scripts/*) set -- {folder}"$@";; esac; {python} "$@"; }}; '
        )


@cache
def digest(path):
    """What is in a file of the workflow, in few letters."""
    return hashlib.sha256((ROOT / path).read_bytes()).hexdigest()[:16]


def own(path, compared=True):
    """An input that is a file of the workflow.

    Where the workflow lies elsewhere, Snakemake compares the file's name and a digest of what is in
    it, or the name alone, and never its date or place: moving the workflow reruns nothing.
    """
    if IN_PLACE:
        return path if compared else ancient(path)
    name = f"{path}@{digest(path)}" if compared else path
    return ancient(sourcecache_entry(str(ROOT / path), name))


def before_first_job(*checks):
    """Make checks at the start of a run that has jobs, and not in a dry run.

    As `onstart` does, but in a module as well, whose `onstart` Snakemake leaves out.
    """
    started, register = workflow._onstart, workflow.onstart

    def checked_first(function):
        return lambda log: [*(check() for check in checks), function(log)]

    workflow._onstart = checked_first(started)
    workflow.onstart = lambda function: register(checked_first(function))


def after_failure(*messages):
    """Say something at the end of a run that was interrupted or failed, and not in a dry run.

    As `onerror` does, but in a module as well.
    """
    ended, register = workflow._onerror, workflow.onerror

    def said_last(function):
        return lambda log: [function(log), *(message() for message in messages)]

    workflow._onerror = said_last(ended)
    workflow.onerror = lambda function: register(said_last(function))


def after_success(*messages):
    """Say something at the end of a run that has made all it was to make, and not in a dry run.

    As `onsuccess` does, but in a module as well.
    """
    ended, register = workflow._onsuccess, workflow.onsuccess

    def said_last(function):
        return lambda log: [function(log), *(message() for message in messages)]

    workflow._onsuccess = said_last(ended)
    workflow.onsuccess = lambda function: register(said_last(function))
