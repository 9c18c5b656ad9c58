"""What jobs ask of a machine: processes, threads, GPUs, time and memory; no rules."""

from functools import cache

from trajectories.planning import cost, job_size
from trajectories.study.config import trained_segments


def packing_processes(wildcards):
    """Processes that pack training images: for JPEG as many as may load them in training."""
    several = max(config["compute"]["threads"], config["compute"]["workers"])
    return several if images_packed(wildcards)["storage"] == "jpeg" else 1


def training_threads():
    """CPU threads of a training job: at least one for each of its processes."""
    return max(config["compute"]["threads"], config["compute"]["gpus_per_seed"])


def training_device():
    """Where a network is trained, with the number of GPUs if it is several: 4*cuda."""
    compute = config["compute"]
    several = f"{compute['gpus_per_seed']}*" if compute["gpus_per_seed"] > 1 else ""
    return several + compute["device"]


def gpu_request(count):
    """The GPUs that a job asks SLURM for; a profile may ask for those of one kind instead."""
    return "" if config["compute"]["device"] == "cpu" else f"gpu:{count}"


@cache
def n_stimuli():
    """Number of test images."""
    return len(stimulus_table().stimulus)


@cache
def needs(condition):
    """What each segment of a condition takes, by the epoch it starts from."""
    starts = (start for start, _ in trained_segments(config, condition))
    return dict(zip(starts, cost.segment_needs(config, condition, n_stimuli()), strict=True))


def training_size(wildcards):
    """Time and memory of a training job."""
    return job_size.training(
        config, wildcards.condition, needs(wildcards.condition)[int(wildcards.start)]
    )


@cache
def size_of_layers(condition, *chosen):
    """Time and memory of the job that extracts these layers."""
    return job_size.extraction(config, condition, chosen, n_stimuli())


def extraction_size(group):
    """Time and memory of a job that extracts a group of layers."""
    chosen = extracted_layers(group)
    return lambda wildcards: size_of_layers(wildcards.condition, *chosen(wildcards))


def neighbours_size(wildcards):
    """Time and memory of the job that measures how well a network sees."""
    return job_size.neighbours(config, wildcards.condition, len(knn_epochs(wildcards)))


def packing_size(wildcards):
    """Time and memory of the job that packs the training images."""
    return job_size.packing(images_packed(wildcards))


def minutes(size):
    """Resource function: the time a job of that size may take, more at each attempt."""
    return lambda wildcards, attempt: size(wildcards).minutes * attempt


def megabytes(size):
    """Resource function: the memory a job of that size may take, more at each attempt."""
    return lambda wildcards, attempt: size(wildcards).megabytes * attempt
