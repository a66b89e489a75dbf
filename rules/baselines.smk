"""
From pairs to the two rows that every table carries: the source copied, the truth as JPEG 90.

INPUTS   crops/<shard>/, pairs/pairs.parquet
OUTPUTS  baselines/copy_source/, baselines/true_jpeg90/  laid out as generate/<method>/
"""


rule baselines:
    input:
        crops=expand(rules.crops.output, shard=SHARDS),
        pairs=rules.pairs.output,
    output:
        directory(f"{ROOT}/baselines"),
    log:
        f"{ROOT}/logs/baselines.log",
    params:
        settings=settings("baselines"),
    shell:
        "repose baselines {params.settings} --crops {input.crops} --pairs {input.pairs}"
        " --output {output} 2>&1 | tee {log}"
