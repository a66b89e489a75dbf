"""
From frames and poses to person-centred squares at the training size.

INPUTS   ingest/clips.parquet, frames/<shard>/, poses/<shard>.parquet
OUTPUTS  crops/<shard>/crops.pack     the squares of all its clips
         crops/<shard>/crops.parquet  where each was cut, and its joints in crop pixels
         crops/<shard>/manifest.json  sha256 and size of these
"""


rule crops:
    input:
        clips=rules.ingest.output.clips,
        frames=rules.frames.output,
        poses=rules.poses.output.poses,
    output:
        directory(f"{ROOT}/crops/{{shard}}"),
    log:
        f"{ROOT}/logs/crops/{{shard}}.log",
    params:
        settings=settings("crops"),
    shell:
        "repose crops {params.settings} --clips {input.clips} --frames {input.frames}"
        " --poses {input.poses} --output {output} 2>&1 | tee -i {log}"
