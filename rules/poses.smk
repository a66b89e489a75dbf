"""
From frames to estimated 3D poses.

INPUTS   ingest/clips.parquet, frames/<shard>/
OUTPUTS  poses/<shard>.parquet                19 joints per frame in px and mm, scores, the
                                              estimator's version
         poses/<shard>.parquet.manifest.json  its size, sha256 and settings
"""


rule poses:
    input:
        clips=rules.ingest.output.clips,
        frames=rules.frames.output,
    output:
        poses=f"{ROOT}/poses/{{shard}}.parquet",
        manifest=f"{ROOT}/poses/{{shard}}.parquet.manifest.json",
    log:
        f"{ROOT}/logs/poses/{{shard}}.log",
    params:
        settings=settings("poses"),
    shell:
        "repose poses {params.settings} --clips {input.clips} --frames {input.frames}"
        " --shard {wildcards.shard} --output {output.poses} 2>&1 | tee -i {log}"
