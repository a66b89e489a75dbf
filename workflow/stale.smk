"""
Outputs that do not count any more are made anew, also where Snakemake has no record of them.

Snakemake knows by its records in .snakemake/ with which settings an output was made. Results that
came from elsewhere, such as a DVC remote, have no such record; their manifests say it. An output
without a manifest was never finished.

A run counts when its outputs do, whatever SLURM said of the jobs that were to make them.
"""

from snakemake.settings.types import RerunTrigger

from repose import drivers
from repose.settings import stages
from repose.staleness import why_not_made, why_stale

SAID = set()  # rules that had their line
# Among several data sets the stages of each have names of their own, <benchmark>_<stage>.
STAGE = {workflow.modifier.modify_rulename(stage): stage for stage in stages()}


def made_anew_if_stale(step):
    """Return an input function that adds no input, and has the job run if an output is stale."""

    def look(wildcards):
        if RerunTrigger.PARAMS not in workflow.rerun_triggers:
            return []
        for output in step.output:
            path = Path(output.apply_wildcards(wildcards))
            if not path.exists() or path.name.endswith(".manifest.json"):
                continue
            if reason := why_stale(STAGE[step.name], path, config):
                workflow.dag.forcefiles.add(str(path))
                if step.name not in SAID:
                    print(f"repose: {path}: {reason}; it is made anew", file=sys.stderr)
                SAID.add(step.name)
        return []

    return look


# Jobs of their own process are told what to run.
if workflow.is_main_process:
    for step in workflow.rules:
        if step.name in STAGE:
            step.set_input(made_anew_if_stale(step))


def check_made():
    """Fail a run whose jobs are all said to be done, and have not made their outputs.

    Snakemake takes them for made, as it finds older ones in their place.
    """
    began = drivers.RECORD.stat().st_mtime
    asked = workflow.dag.needrun_jobs(exclude_finished=False)
    done = [job for job in asked if job.rule.name in STAGE]
    reasons = [why_not_made(STAGE[job.rule.name], job, config, began) for job in done]
    if left := [reason for reason in reasons if reason]:
        what = f"{len(left)} jobs are said to be done, and have not made their outputs"
        error = ReposeError("not-made", f"{what}, such as {left[0]}", mend="run it again")
        sys.exit(f"repose: {error}")
