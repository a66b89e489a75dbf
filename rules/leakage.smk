"""
From clips and crops to what the splits share.

INPUTS   ingest/clips.parquet, crops/<shard>/
OUTPUTS  leakage/leaks.parquet  persons, outfits and pictures that are in two splits
         leakage/leakage.json   how many, for each two splits, and of how many
         leakage/manifest.json  sha256 and size of these
"""


rule leakage:
    input:
        clips=rules.ingest.output.clips,
        crops=expand(rules.crops.output, shard=SHARDS),
    output:
        directory(f"{ROOT}/leakage"),
    log:
        f"{ROOT}/logs/leakage.log",
    params:
        settings=settings("leakage"),
    shell:
        "repose leakage {params.settings} --clips {input.clips} --crops {input.crops}"
        " --output {output} 2>&1 | tee -i {log}"
