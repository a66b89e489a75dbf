"""
What all rules share: the checked config, the folder of results, the shards, the methods.
"""

import json
import shlex
import sys
from pathlib import Path

from snakemake.settings.types import DeploymentMethod

from repose.errors import ReposeError
from repose.recipes import network_block, shadowed, spread_seeds, training_block
from repose.settings import check, flags, restore_types
from repose.snapshot import came_back, forget_records
from repose.sources import as_words, check_forwarded, check_sources, check_targets

restore_types(config)
try:
    AMONG_OTHERS = not workflow.modifier.is_main_snakefile()
    OVERLAYS = [f"config/{__name__}.yaml"] if AMONG_OTHERS else []
    SOURCE = " + ".join(map(str, [*OVERLAYS, *reversed(workflow.configfiles)]))
    check(config, SOURCE)
    spread_seeds(config)
    check_sources(config)
    if not AMONG_OTHERS:
        check_targets(sys.argv[1:], config["data_set"], SOURCE)
except ReposeError as error:
    # One line; a traceback into the Snakefile helps nobody.
    sys.exit(f"repose: {error}")

# Jobs find the `repose` that belongs to this Snakemake, also where no environment is activated; a
# container has its own.
# A prefix takes the place of Snakemake's strict mode, without which `| tee` would hide a failure.
# SLURM sends its signals to every process of a job at once. Shell and `tee` let them pass, so that
# the job lasts until the stage has saved its state, and its last words are in the log. A terminal
# sends Ctrl-C so, too; it shall end what saves no state, so `tee -i` alone lets it pass.
HERE = shlex.quote(str(Path(sys.executable).parent))
CONTAINED = DeploymentMethod.APPTAINER in workflow.deployment_settings.deployment_method
FIRST = "" if CONTAINED else f"export PATH={HERE}:$PATH; "
shell.prefix(f"set -euo pipefail; trap '' TERM USR1; {FIRST}")

if workflow.is_main_process:
    for note in shadowed(config, workflow.config_settings.config or {}):
        print(f"repose: {note}", file=sys.stderr)

ROOT = f"results/{config['data_set']}"
TABLES = [f"{ROOT}/report"]  # what a run is for
RESULT = f"{ROOT}/report/speed.txt"  # what it ends with
RUNS = f"results/runs/{config['data_set']}"  # states of trainings, which no rule owns
SHARDS = [f"{shard:02d}" for shard in range(config["shards"])]
METHODS = list(config["methods"])
BASELINES = ["copy_source", "true_jpeg90"]
# Without videos of the user's own, the studio films its synthetic people.
VIDEOS = config["videos"] or expand(f"{ROOT}/studio/{{shard}}", shard=SHARDS)
LISTING = [config["ingest"]["listing"]] if config["ingest"]["listing"] else []
OUTSIDE = [*config["videos"], *LISTING, "config/published.csv"]

# A finished run that DVC checked out, or that was copied here, is not run again.
if workflow.is_main_process and came_back(Path(ROOT), [Path(path) for path in OUTSIDE]):
    forget_records(Path(ROOT), Path(".snakemake/metadata"))


def settings(stage):
    """Spell a stage's config block as flags; Snakemake reruns the stage when they change."""
    return flags(config[stage])


def model_block(method):
    """Spell a method's network and its sizes as JSON."""
    return json.dumps(network_block(config["models"][method]), sort_keys=True)


def recipe(method):
    """Spell how a method is trained as flags: the block of all, changed by the model's own."""
    return flags(training_block(config, method))


def metro_of(stage):
    """Say which pose network of our own a stage uses: none, unless its estimator is that one."""
    block = config[stage]
    return [f"{ROOT}/metro"] if block["estimator"] == "metro" and not block["weights"] else []


def images_of(method):
    """Say where a method's images lie: the baselines' come from their own rule."""
    return f"{ROOT}/{'baselines' if method in BASELINES else 'generate'}/{method}"
