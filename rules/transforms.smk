"""
From pairs to the motion of each body part.

INPUTS   pairs/pairs.parquet, crops/<shard>/
OUTPUTS  transforms/transforms.parquet                per pair: ten Helmert and ten affine transforms, residuals
         transforms/transforms.parquet.manifest.json  its size, sha256 and settings
"""


rule transforms:
    input:
        pairs=rules.pairs.output.pairs,
        crops=expand(rules.crops.output, shard=SHARDS),
    output:
        transforms=f"{ROOT}/transforms/transforms.parquet",
        manifest=f"{ROOT}/transforms/transforms.parquet.manifest.json",
    log:
        f"{ROOT}/logs/transforms.log",
    params:
        settings=settings("transforms"),
    shell:
        "repose transforms {params.settings} --pairs {input.pairs} --crops {input.crops}"
        " --output {output.transforms} 2>&1 | tee -i {log}"
