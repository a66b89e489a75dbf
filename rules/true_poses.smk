"""
From the true target images to the poses that generated images are compared with.

INPUTS   crops/<shard>/, pairs/pairs.parquet; metro/, where that is the estimator
OUTPUTS  true_poses/poses.parquet                the evaluation estimator's joints on each target
         true_poses/poses.parquet.manifest.json  its size, sha256 and settings
"""


rule true_poses:
    input:
        crops=expand(rules.crops.output, shard=SHARDS),
        pairs=rules.pairs.output.pairs,
        metro=metro_of("true_poses"),
    output:
        poses=f"{ROOT}/true_poses/poses.parquet",
        manifest=f"{ROOT}/true_poses/poses.parquet.manifest.json",
    log:
        f"{ROOT}/logs/true_poses.log",
    params:
        settings=settings("true_poses"),
    shell:
        "repose true_poses {params.settings} --crops {input.crops} --pairs {input.pairs}"
        " --metro {input.metro} --output {output.poses} 2>&1 | tee -i {log}"
