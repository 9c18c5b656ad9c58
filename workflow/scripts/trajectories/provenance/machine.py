"""What on a machine decides how sums are rounded, to notice when training moves to another one."""

from collections.abc import Mapping

import torch

from trajectories.provenance.provenance import processor


def describe(device: torch.device) -> dict[str, str]:
    """What a computation on `device` is rounded by, apart from versions.

    Returns
    -------
    dict of str to str
        For a GPU its name; for a CPU its name, the instructions torch uses, and the threads.
    """
    if device.type == "cuda":
        return {"device": torch.cuda.get_device_name(device)}
    return {
        "device": processor(),
        "instructions": torch.backends.cpu.get_cpu_capability(),
        "threads": str(torch.get_num_threads()),
    }


def differences(former: Mapping[str, str], here: Mapping[str, str]) -> list[str]:
    """What differs between two descriptions, each in words ("threads 1 there, 4 here")."""
    return [
        f"{name} {former.get(name, 'unknown')} there, {here.get(name, 'unknown')} here"
        for name in dict.fromkeys([*former, *here])
        if former.get(name) != here.get(name)
    ]
