"""
From all crops to the fixed lists of pairs.

INPUTS   crops/<shard>/
OUTPUTS  pairs/pairs.parquet  source, target, person, split, pose distance, view change, visible share
"""


rule pairs:
    input:
        crops=expand(rules.crops.output, shard=SHARDS),
    output:
        f"{ROOT}/pairs/pairs.parquet",
    log:
        f"{ROOT}/logs/pairs.log",
    params:
        settings=settings("pairs"),
    shell:
        "repose pairs {params.settings} --crops {input.crops} --output {output} 2>&1 | tee {log}"
