"""
One data set, from its videos or images to its report: the rules in run order.

Each file's docstring says what it reads and writes. All that a rule makes lies under
results/<data_set>/. Work on clips is cut into `shards` jobs, so the graph stays as small for ten
thousand clips as for ten.
"""


include: "common.smk"


wildcard_constraints:
    shard=r"\d+",
    method=r"\w+",


include: "../rules/studio.smk"
include: "../rules/ingest.smk"
include: "../rules/frames.smk"
include: "../rules/metro.smk"
include: "../rules/poses.smk"
include: "../rules/crops.smk"
include: "../rules/pairs.smk"
include: "../rules/leakage.smk"
include: "../rules/masks.smk"
include: "../rules/transforms.smk"
include: "../rules/train.smk"
include: "../rules/generate.smk"
include: "../rules/baselines.smk"
include: "../rules/true_poses.smk"
include: "../rules/evaluate.smk"
include: "../rules/report.smk"
include: "stale.smk"


rule snapshot:
    # What `dvc repro` asks for: the same, and a note by which it is known when it comes back.
    input:
        rules.report.output,
        outside=OUTSIDE,
    output:
        snapshot=f"{ROOT}/snapshot.json",
        manifest=f"{ROOT}/snapshot.json.manifest.json",
    log:
        f"{ROOT}/logs/snapshot.log",
    localrule: True
    params:
        results=lambda wildcards, output: Path(output.snapshot).parent,
        outside=lambda wildcards, input: as_words(input.outside),
    shell:
        "repose snapshot --results {params.results} --inputs {params.outside:q}"
        " --output {output.snapshot} 2>&1 | tee -i {log}"
