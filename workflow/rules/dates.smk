"""Dates of results, put back before Snakemake compares them; no rules."""

from functools import cache
from pathlib import Path

from snakemake.io import IOFile

from trajectories.provenance import dates


@cache
def put_back_dates():
    """Give results that were only copied or touched their dates back, once in a run.

    Called by input functions: only then Snakemake's records are open, and no date is compared yet.
    """
    if not workflow.is_main_process or workflow.persistence is None:
        return

    def made(path):
        record = workflow.persistence.metadata(IOFile(str(path)))
        return None if record is None else record.endtime

    dates.put_back(
        Path(RESULTS) / config["experiment"],
        made,
        workflow.dag_settings.max_checksum_file_size,
        logger.info,
    )
