"""
From folders of videos or images, or a data set in its official layout, to the clip table.

INPUTS   studio/<shard>/ or the folders that `videos` names, and the table `ingest.listing`
OUTPUTS  ingest/clips.parquet           one row per clip: safe id, path, sha256, person, outfit,
                                        split
         ingest/stills.parquet          the images of the clips that come as images
         ingest/given_poses.parquet     the poses that the data set gives
         ingest/official_pairs.parquet  its own lists of pairs
         ingest/splits.parquet          who is in which split
         ingest/<table>.manifest.json   of each: its size, sha256 and settings
"""


rule ingest:
    input:
        videos=VIDEOS,
        listing=config["ingest"]["listing"] or [],
    output:
        clips=f"{ROOT}/ingest/clips.parquet",
        stills=f"{ROOT}/ingest/stills.parquet",
        poses=f"{ROOT}/ingest/given_poses.parquet",
        pairs=f"{ROOT}/ingest/official_pairs.parquet",
        splits=f"{ROOT}/ingest/splits.parquet",
        manifests=expand(
            f"{ROOT}/ingest/{{table}}.parquet.manifest.json",
            table=["clips", "stills", "given_poses", "official_pairs", "splits"],
        ),
    log:
        f"{ROOT}/logs/ingest.log",
    params:
        settings=settings("ingest"),
        videos=lambda wildcards, input: as_words(input.videos),
    shell:
        "repose ingest {params.settings} --videos {params.videos:q} --output {output.clips}"
        " --output-stills {output.stills} --output-poses {output.poses}"
        " --output-pairs {output.pairs} --output-splits {output.splits} 2>&1 | tee -i {log}"
