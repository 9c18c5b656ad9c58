"""What a benchmark runs on and how much memory it takes, for all of them; prints nothing."""

import os
import platform
import resource
import sys
from pathlib import Path
from typing import Any


def processor() -> str:
    """Name of the processor, if the system reports it."""
    information = Path("/proc/cpuinfo")
    lines = information.read_text().splitlines() if information.is_file() else []
    names = [line.partition(":")[2].strip() for line in lines if line.startswith("model name")]
    return names[0] if names else platform.processor()


def cores() -> int:
    """Processor cores that this process may use."""
    return len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else os.cpu_count() or 1


def main_memory() -> int:
    """Bytes of main memory."""
    return os.sysconf("SC_PAGE_SIZE") * os.sysconf("SC_PHYS_PAGES")


def peak_bytes() -> int:
    """Most main memory that this process has had so far."""
    # Where the kernel tells it: `ru_maxrss` of a new process starts at what its parent had.
    status = Path("/proc/self/status")
    for line in status.read_text().splitlines() if status.is_file() else []:
        if line.startswith("VmHWM:"):
            return int(line.split()[1]) * 1024
    peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
    return peak if sys.platform == "darwin" else peak * 1024


def describe(device: Any) -> str:
    """The torch device, and the versions that matter for its speed."""
    import torch

    name = f"{processor()}, {torch.get_num_threads()} threads"
    if device.type == "cuda":
        name = f"{torch.cuda.get_device_name(device)} in {name}, CUDA {torch.version.cuda}"
    return f"{name}; Python {platform.python_version()}, torch {torch.__version__}"


def memory(device: Any) -> str:
    """Most memory so far: of the process, and of the GPU where there is one."""
    import torch

    text = f"{peak_bytes() / 1e9:.1f} GB of main memory"
    if device.type == "cuda":
        text += f", {torch.cuda.max_memory_allocated(device) / 1e9:.1f} GB of the GPU's"
    return text


def synchronise(device: Any) -> None:
    """Wait until the device has finished its work."""
    import torch

    if device.type == "cuda":
        torch.cuda.synchronize(device)
