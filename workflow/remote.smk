"""
What differs when jobs run on other machines: `--profile slurm`.

Snakemake reads the local profile, too, and what it says wins over the named one.
"""

import logging

from snakemake.logging import DefaultFormatter, LogEvent, get_event, logger

if workflow.is_main_process and workflow.resource_settings.nodes is not None:
    # Its `cores` count this machine's. A job elsewhere takes what it asks for.
    workflow.resource_settings.cores = None
    workflow.global_resources["_cores"] = None

    # Its `quiet` hides why a job failed: here a stage says so itself, there only its log does.
    failures = logging.StreamHandler()
    failures.setFormatter(DefaultFormatter(quiet=set(), show_failed_logs=True))
    failures.addFilter(
        lambda record: get_event(record) in (LogEvent.JOB_ERROR, LogEvent.GROUP_ERROR)
    )
    logger.addHandler(failures)
