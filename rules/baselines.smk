"""
From pairs to the two rows that every table carries: the source copied, the truth as JPEG 90.

INPUTS   crops/<shard>/, pairs/pairs.parquet
OUTPUTS  baselines/copy_source/, baselines/true_jpeg90/  laid out as generate/<method>/, with
                                                         their manifests
"""


rule baselines:
    input:
        crops=expand(rules.crops.output, shard=SHARDS),
        pairs=rules.pairs.output.pairs,
    output:
        copy_source=directory(f"{ROOT}/baselines/copy_source"),
        true_jpeg90=directory(f"{ROOT}/baselines/true_jpeg90"),
    log:
        f"{ROOT}/logs/baselines.log",
    params:
        settings=settings("baselines"),
    shell:
        "repose baselines {params.settings} --crops {input.crops} --pairs {input.pairs}"
        " --copy-source {output.copy_source} --true-jpeg90 {output.true_jpeg90}"
        " 2>&1 | tee -i {log}"
