"""
From generated images to scores.

INPUTS   generate/<method>/ or baselines/<method>/, crops/<shard>/, masks/<shard>.parquet,
         pairs/pairs.parquet, true_poses/poses.parquet, which names its estimator's weights
OUTPUTS  evaluate/<method>.parquet  scores of each pair
         evaluate/<method>.json     means with intervals, FID and Inception Score where their
                                    network has weights, and the protocol of each score
         and a .manifest.json beside each
"""


rule evaluate:
    input:
        images=lambda wildcards: images_of(wildcards.method),
        crops=expand(rules.crops.output, shard=SHARDS),
        masks=expand(rules.masks.output.masks, shard=SHARDS),
        pairs=rules.pairs.output.pairs,
        true_poses=rules.true_poses.output.poses,
        metro=metro_of("true_poses"),
    output:
        scores=f"{ROOT}/evaluate/{{method}}.parquet",
        summary=f"{ROOT}/evaluate/{{method}}.json",
        manifest=[
            f"{ROOT}/evaluate/{{method}}.parquet.manifest.json",
            f"{ROOT}/evaluate/{{method}}.json.manifest.json",
        ],
    log:
        f"{ROOT}/logs/evaluate/{{method}}.log",
    params:
        settings=settings("evaluate"),
    shell:
        "repose evaluate {params.settings} --images {input.images} --crops {input.crops}"
        " --masks {input.masks} --pairs {input.pairs} --true-poses {input.true_poses}"
        " --output {output.scores} --summary {output.summary} 2>&1 | tee -i {log}"
