"""
From crops to generator weights.

The training state lies in results/runs/<data_set>/<method>/, which neither a rule nor DVC owns: a
training that was stopped goes on from there. Several tasks train as one; slurm/config.yaml says how to ask for them.

INPUTS   crops/<shard>/       what is sampled
         pairs/pairs.parquet  the pairs that are watched, and whose losses are taken where a phase ends
OUTPUTS  train/<method>/generator.safetensors  weights after the last step
         train/<method>/losses.csv             losses over the steps
         train/<method>/run.json               model, settings, commit
         train/<method>/times.json             seconds, machine: all that no repetition has alike
         train/<method>/samples.png            watched pairs over the steps
         train/<method>/phases.json            losses on fixed pairs where each phase ends
"""


rule train:
    input:
        crops=expand(rules.crops.output, shard=SHARDS),
        pairs=rules.pairs.output.pairs,
    output:
        directory(f"{ROOT}/train/{{method}}"),
    log:
        f"{ROOT}/logs/train/{{method}}.log",
    threads: lambda wildcards: training_block(config, wildcards.method)["threads"] or 4
    resources:
        nodes=1,
        tasks=1,
    params:
        settings=lambda wildcards: recipe(wildcards.method),
        model=lambda wildcards: model_block(wildcards.method),
        run_directory=f"{RUNS}/{{method}}",
    shell:
        "bash workflow/launch.sh {resources.nodes} {resources.tasks} {threads}"
        " repose train {params.settings} --model {params.model:q} --crops {input.crops}"
        " --pairs {input.pairs} --run-directory {params.run_directory} --output {output}"
        " 2>&1 | tee -i {log}"
