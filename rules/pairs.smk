"""
From all crops to the fixed lists of pairs, drawn or the data set's own.

INPUTS   frames/<shard>/, crops/<shard>/, ingest/stills.parquet, ingest/official_pairs.parquet
OUTPUTS  pairs/pairs.parquet                source, target, person, split, pose
                                            distance, view change, visible share
         pairs/pairs.parquet.manifest.json  its size, sha256 and settings
"""


rule pairs:
    input:
        frames=expand(rules.frames.output, shard=SHARDS),
        stills=rules.ingest.output.stills,
        official=rules.ingest.output.pairs,
        crops=expand(rules.crops.output, shard=SHARDS),
    output:
        pairs=f"{ROOT}/pairs/pairs.parquet",
        manifest=f"{ROOT}/pairs/pairs.parquet.manifest.json",
    log:
        f"{ROOT}/logs/pairs.log",
    params:
        settings=settings("pairs"),
    shell:
        "repose pairs {params.settings} --frames {input.frames} --stills {input.stills}"
        " --official {input.official} --crops {input.crops} --output {output.pairs}"
        " 2>&1 | tee -i {log}"
