"""
From folders of videos to the clip table.

INPUTS   studio/<shard>/ or the folders that `videos` names, and the table `ingest.listing`
OUTPUTS  ingest/clips.parquet  one row per video: safe id, path, sha256, person, outfit, split
"""


rule ingest:
    input:
        videos=VIDEOS,
        listing=config["ingest"]["listing"] or [],
    output:
        f"{ROOT}/ingest/clips.parquet",
    log:
        f"{ROOT}/logs/ingest.log",
    params:
        settings=settings("ingest"),
    shell:
        "repose ingest {params.settings} --videos {input.videos:q} --output {output}"
        " 2>&1 | tee {log}"
