"""
From a seed to videos of synthetic people, with the truth beside them.

OUTPUTS  studio/<shard>/*.mp4          ordinary videos, 2 per person and outfit
         studio/<shard>/*.npz          true joints (mm), intrinsics, part labels, depth
         studio/<shard>/videos.csv     file, person, outfit, action, split, truth
         studio/<shard>/manifest.json  size and sha256 of these, and the settings
"""


rule studio:
    output:
        directory(f"{ROOT}/studio/{{shard}}"),
    log:
        f"{ROOT}/logs/studio/{{shard}}.log",
    params:
        settings=settings("studio"),
        shards=len(SHARDS),
    shell:
        "repose studio {params.settings} --shard {wildcards.shard} --shards {params.shards}"
        " --output {output} 2>&1 | tee -i {log}"
