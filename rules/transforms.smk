"""
From pairs to the motion of each body part.

INPUTS   pairs/pairs.parquet, crops/<shard>/
OUTPUTS  transforms/transforms.parquet  per pair: ten Helmert and ten affine transforms, residuals
"""


rule transforms:
    input:
        pairs=rules.pairs.output,
        crops=expand(rules.crops.output, shard=SHARDS),
    output:
        f"{ROOT}/transforms/transforms.parquet",
    log:
        f"{ROOT}/logs/transforms.log",
    params:
        settings=settings("transforms"),
    shell:
        "repose transforms {params.settings} --pairs {input.pairs} --crops {input.crops}"
        " --output {output} 2>&1 | tee {log}"
