"""
Several data sets in one graph, and the tables of all of them.

`benchmarks` in the config names the overlays, config/<name>.yaml. What the config says otherwise,
in overlays of its own and on the command line, counts for all of them. The rules of a data set are
those of a graph of its own, called <benchmark>_<rule>; what it makes lies in results/<data_set>/
as ever. What a profile asks for a rule it asks for the rule of each.
"""

import sys
from pathlib import Path

from repose.benchmarks import benchmark_configs, for_each
from repose.errors import ReposeError
from repose.settings import check, flags, restore_types, stages

restore_types(config)
try:
    check(config, " + ".join(map(str, reversed(workflow.configfiles))))
    BENCHMARKS = benchmark_configs(
        config["benchmarks"],
        [Path(path) for path in workflow.overwrite_configfiles],
        workflow.config_settings.config or {},
        Path("config"),
    )
except ReposeError as error:
    sys.exit(f"repose: {error}")

for kind in ("overwrite_resources", "overwrite_threads"):
    asked = for_each(getattr(workflow.resource_settings, kind), BENCHMARKS, stages())
    setattr(workflow.resource_settings, kind, asked)

for BENCHMARK, BLOCK in BENCHMARKS.items():
    PREFIX = f"{BENCHMARK}_"

    module:
        name: BENCHMARK
        snakefile:
            "Snakefile"
        config:
            BLOCK

    use rule * from BENCHMARK as PREFIX*


def ask_for_each(wildcards):
    """Spread what the profile says of groups and preemption; adds no input.

    Snakemake reads the rules before it has these settings, and calls this before it uses them.
    """
    groups, away = workflow.group_settings, workflow.remote_execution_settings
    groups.overwrite_groups = for_each(groups.overwrite_groups, BENCHMARKS, stages())
    rules_of_all = for_each(dict.fromkeys(away.preemptible_rules.rules), BENCHMARKS, stages())
    away.preemptible_rules.rules = frozenset(rules_of_all)
    return []


# Jobs of their own process are told what to run.
if workflow.is_main_process:
    for step in workflow.rules:
        step.set_input(ask_for_each)

PARTS = [globals()[name] for name in BENCHMARKS]
REPORTS = [table for part in PARTS for table in part.TABLES]


def settings(stage):
    """Spell a stage's config block as flags."""
    return flags(config[stage])


include: "../rules/papers.smk"


TABLES = [*REPORTS, *rules.papers.output]
RESULT = f"{rules.papers.output[0]}/summary.txt"


def check_made():
    """Fail a run whose jobs are all said to be done, and have not made their outputs."""
    for part in PARTS:
        part.check_made()
