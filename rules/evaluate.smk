"""
From generated images to scores.

INPUTS   generate/<method>/ or baselines/<method>/, crops/<shard>/, masks/<shard>.parquet,
         pairs/pairs.parquet, true_poses/poses.parquet
OUTPUTS  evaluate/<method>.parquet  scores of each pair
         evaluate/<method>.json     means with intervals, and the protocol of each score
"""


rule evaluate:
    input:
        images=lambda wildcards: (
            rules.baselines.output
            if wildcards.method in BASELINES
            else f"{ROOT}/generate/{wildcards.method}"
        ),
        crops=expand(rules.crops.output, shard=SHARDS),
        masks=expand(rules.masks.output, shard=SHARDS),
        pairs=rules.pairs.output,
        true_poses=rules.true_poses.output,
    output:
        scores=f"{ROOT}/evaluate/{{method}}.parquet",
        summary=f"{ROOT}/evaluate/{{method}}.json",
    log:
        f"{ROOT}/logs/evaluate/{{method}}.log",
    params:
        settings=settings("evaluate"),
        images=lambda wildcards: images_of(wildcards.method),
    shell:
        "repose evaluate {params.settings} --images {params.images} --crops {input.crops}"
        " --masks {input.masks} --pairs {input.pairs} --true-poses {input.true_poses}"
        " --output {output.scores} --summary {output.summary} 2>&1 | tee {log}"
