"""
From poses to the masks of the ten body parts.

INPUTS   crops/<shard>/
OUTPUTS  masks/<shard>.parquet                per crop: volume masks and image masks, packed bits
         masks/<shard>.parquet.manifest.json  its size, sha256 and settings
"""


rule masks:
    input:
        crops=rules.crops.output,
    output:
        masks=f"{ROOT}/masks/{{shard}}.parquet",
        manifest=f"{ROOT}/masks/{{shard}}.parquet.manifest.json",
    log:
        f"{ROOT}/logs/masks/{{shard}}.log",
    params:
        settings=settings("masks"),
    shell:
        "repose masks {params.settings} --crops {input.crops} --output {output.masks}"
        " 2>&1 | tee -i {log}"
