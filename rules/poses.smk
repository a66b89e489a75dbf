"""
From frames to estimated 3D poses.

INPUTS   ingest/clips.parquet, frames/<shard>/
OUTPUTS  poses/<shard>.parquet  19 joints per frame in px and mm, scores, the estimator's version
"""


rule poses:
    input:
        clips=rules.ingest.output,
        frames=rules.frames.output,
    output:
        f"{ROOT}/poses/{{shard}}.parquet",
    log:
        f"{ROOT}/logs/poses/{{shard}}.log",
    params:
        settings=settings("poses"),
    shell:
        "repose poses {params.settings} --clips {input.clips} --frames {input.frames}"
        " --shard {wildcards.shard} --output {output} 2>&1 | tee {log}"
