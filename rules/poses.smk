"""
From frames to estimated 3D poses.

INPUTS   ingest/clips.parquet, ingest/stills.parquet, ingest/given_poses.parquet,
         frames/<shard>/; metro/, where that is the estimator
OUTPUTS  poses/<shard>.parquet                19 joints per frame in px and mm, scores, the
                                              estimator's version
         poses/<shard>.parquet.manifest.json  its size, sha256 and settings
"""


rule poses:
    input:
        clips=rules.ingest.output.clips,
        stills=rules.ingest.output.stills,
        given=rules.ingest.output.poses,
        frames=rules.frames.output,
        metro=metro_of("poses"),
    output:
        poses=f"{ROOT}/poses/{{shard}}.parquet",
        manifest=f"{ROOT}/poses/{{shard}}.parquet.manifest.json",
    log:
        f"{ROOT}/logs/poses/{{shard}}.log",
    params:
        settings=settings("poses"),
    shell:
        "repose poses {params.settings} --clips {input.clips} --frames {input.frames}"
        " --stills {input.stills} --given-poses {input.given}"
        " --metro {input.metro} --shard {wildcards.shard} --output {output.poses} 2>&1 | tee -i {log}"
