"""
From all crops to the fixed lists of pairs.

INPUTS   crops/<shard>/
OUTPUTS  pairs/pairs.parquet                source, target, person, split, pose
                                            distance, view change, visible share
         pairs/pairs.parquet.manifest.json  its size, sha256 and settings
"""


rule pairs:
    input:
        crops=expand(rules.crops.output, shard=SHARDS),
    output:
        pairs=f"{ROOT}/pairs/pairs.parquet",
        manifest=f"{ROOT}/pairs/pairs.parquet.manifest.json",
    log:
        f"{ROOT}/logs/pairs.log",
    params:
        settings=settings("pairs"),
    shell:
        "repose pairs {params.settings} --crops {input.crops} --output {output.pairs}"
        " 2>&1 | tee -i {log}"
