"""
From clips to packs of frames, with an account of every frame.

INPUTS   ingest/clips.parquet, ingest/stills.parquet
OUTPUTS  frames/<shard>/frames.pack         the sampled frames of all its clips
         frames/<shard>/frames.parquet      one row per frame: time, offset, length, sha256
         frames/<shard>/accounting.parquet  per clip: expected, decoded, dropped, duplicate
         frames/<shard>/manifest.json       sha256 and size of these
"""


rule frames:
    input:
        videos=VIDEOS,
        clips=rules.ingest.output.clips,
        stills=rules.ingest.output.stills,
    output:
        directory(f"{ROOT}/frames/{{shard}}"),
    log:
        f"{ROOT}/logs/frames/{{shard}}.log",
    params:
        settings=settings("frames"),
        shards=len(SHARDS),
    shell:
        "repose frames {params.settings} --shard {wildcards.shard} --shards {params.shards}"
        " --clips {input.clips} --stills {input.stills} --output {output} 2>&1 | tee -i {log}"
