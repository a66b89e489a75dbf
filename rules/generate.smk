"""
From weights and pairs to generated images.

INPUTS   train/<method>/, crops/<shard>/, pairs/pairs.parquet, transforms/transforms.parquet
OUTPUTS  generate/<method>/images.pack, images.parquet  one PNG per pair
         generate/<method>/views.pack, views.parquet    inner views of the first pairs
         generate/<method>/swaps.pack, swaps.parquet, swaps.json  limbs put behind or in front, of
                                                        models that are told which is which
         generate/<method>/times.json                   seconds per image
         generate/<method>/manifest.json                size and sha256 of these, and the settings
"""


rule generate:
    input:
        weights=rules.train.output,
        crops=expand(rules.crops.output, shard=SHARDS),
        pairs=rules.pairs.output.pairs,
        transforms=rules.transforms.output.transforms,
    output:
        directory(f"{ROOT}/generate/{{method}}"),
    log:
        f"{ROOT}/logs/generate/{{method}}.log",
    threads: config["generate"]["threads"] or 4
    params:
        settings=settings("generate"),
        model=lambda wildcards: model_block(wildcards.method),
    shell:
        "repose generate {params.settings} --model {params.model:q} --weights {input.weights}"
        " --crops {input.crops} --pairs {input.pairs} --transforms {input.transforms}"
        " --output {output} 2>&1 | tee -i {log}"
