"""
From poses to the masks of the ten body parts.

INPUTS   crops/<shard>/
OUTPUTS  masks/<shard>.parquet  per crop: volume masks and image masks, packed bits
"""


rule masks:
    input:
        crops=rules.crops.output,
    output:
        f"{ROOT}/masks/{{shard}}.parquet",
    log:
        f"{ROOT}/logs/masks/{{shard}}.log",
    params:
        settings=settings("masks"),
    shell:
        "repose masks {params.settings} --crops {input.crops} --output {output} 2>&1 | tee {log}"
