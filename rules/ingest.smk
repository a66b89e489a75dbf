"""
From folders of videos to the clip table.

INPUTS   studio/<shard>/ or the folders that `videos` names, and the table `ingest.listing`
OUTPUTS  ingest/clips.parquet                one row per video: safe id, path, sha256,
                                             person, outfit, split
         ingest/clips.parquet.manifest.json  its size, sha256 and settings
"""


rule ingest:
    input:
        videos=VIDEOS,
        listing=config["ingest"]["listing"] or [],
    output:
        clips=f"{ROOT}/ingest/clips.parquet",
        manifest=f"{ROOT}/ingest/clips.parquet.manifest.json",
    log:
        f"{ROOT}/logs/ingest.log",
    params:
        settings=settings("ingest"),
        videos=lambda wildcards, input: as_words(input.videos),
    shell:
        "repose ingest {params.settings} --videos {params.videos:q} --output {output.clips}"
        " 2>&1 | tee -i {log}"
