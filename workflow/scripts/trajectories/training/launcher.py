"""Starts the processes that train one network, by the launcher behind torchrun.

Torchrun itself would end a job with a page of its own about the process that failed. Here the one
sentence of that process remains the last.
"""

import logging
import signal
import sys
import tempfile
import uuid

import torch
from torch.distributed.elastic.multiprocessing import DefaultLogsSpecs, SignalException
from torch.distributed.elastic.multiprocessing.errors import ChildFailedError
from torch.distributed.launcher.api import LaunchConfig, elastic_launch

from trajectories.errors import UserError
from trajectories.networks.backbone import pick_device
from trajectories.study.recipe import Recipe


def parse_devices(text: str) -> tuple[int, str]:
    """Number and kind of the devices that train a network: "4*cuda" is (4, "cuda").

    Raises
    ------
    UserError
        If what is before the star is not a number from 1.
    """
    count, star, kind = text.rpartition("*")
    if star and (not count.isdecimal() or int(count) == 0):
        raise UserError(f"the device is {text}: write a number before the star, as in 4*cuda")
    return int(count or 1), kind


def require_shares(processes: int, recipe: Recipe, device: str) -> None:
    """Check that there are groups of the batch, and a device, for each process.

    Parameters
    ----------
    device : str
        As for `backbone.pick_device`; on a CPU there is room for any number of processes.

    Raises
    ------
    UserError
        If groups cannot be shared evenly, the device is a numbered one, or GPUs are too few.
    """
    if recipe.bn_groups % processes:
        raise UserError(
            f"{processes} processes cannot share {recipe.bn_groups} groups of a batch evenly: set"
            " config key `compute.gpus_per_seed` to a number that divides `training.bn_groups`"
        )
    picked = pick_device(device)
    if picked.type != "cuda":
        return
    if picked.index is not None:
        raise UserError(
            f"the device is {device}, one GPU, but {processes} are to train a network: set config"
            " key `compute.device` to cuda or `compute.gpus_per_seed` to 1"
        )
    found = torch.cuda.device_count()
    if found < processes:
        raise UserError(
            f"{processes} GPUs are to train a network, but torch finds {found} on this machine:"
            " lower config key `compute.gpus_per_seed`, or request that many where the job runs (on"
            " a cluster, by the GPU request of its profile)"
        )


def start(processes: int) -> None:
    """Run this script again in several processes, with the same arguments, to their end.

    Raises
    ------
    UserError
        If one of them was killed. If one has failed, it has said why, and so this script ends
        without a word more.
    """
    logging.getLogger("torch.distributed.elastic").setLevel(logging.CRITICAL)
    try:
        with tempfile.TemporaryDirectory() as folder:
            config = LaunchConfig(
                min_nodes=1,
                max_nodes=1,
                nproc_per_node=processes,
                run_id=str(uuid.uuid4()),
                rdzv_backend="c10d",
                rdzv_endpoint="localhost:0",  # any free port
                local_addr="localhost",  # a name that resolves everywhere
                max_restarts=0,
                shutdown_timeout=10,
                logs_specs=DefaultLogsSpecs(log_dir=folder),
            )
            elastic_launch(config, sys.executable)(*sys.argv)
    except ChildFailedError as error:
        rank, failure = error.get_first_failure()
        if failure.exitcode < 0:
            raise UserError(
                f"process {rank} of {processes} that train a network was killed"
                f" ({signal.Signals(-failure.exitcode).name}): if it ran out of memory, give the"
                " job more (resource mem_mb); start it again, and it resumes after the last"
                " finished epoch"
            ) from error
        sys.exit(failure.exitcode)
    except SignalException as ended:
        sys.exit(128 + ended.sigval)
