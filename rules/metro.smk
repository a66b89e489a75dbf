"""
From true joints to a pose network of this project's own: the estimator `metro`.

It runs only where `poses.estimator` or `true_poses.estimator` is metro and names no weights. The
training state lies in results/runs/<data_set>/metro/, which neither a rule nor DVC owns.

INPUTS   ingest/clips.parquet         whose truth files hold the true joints
         ingest/given_poses.parquet   or the joints in mm that the data set gives
         frames/<shard>/              those of the persons trained on, and of some held out
OUTPUTS  metro/network.safetensors  weights after the last step
         metro/losses.csv           losses over the steps
         metro/run.json             sizes, settings, persons trained on, error on those held out
         metro/times.json           seconds, machine: all that no repetition has alike
         metro/manifest.json        size and sha256 of these, and the settings
"""


rule metro:
    input:
        clips=rules.ingest.output.clips,
        given=rules.ingest.output.poses,
        frames=expand(rules.frames.output, shard=SHARDS),
    output:
        directory(f"{ROOT}/metro"),
    log:
        f"{ROOT}/logs/metro.log",
    threads: config["metro"]["threads"] or 4
    params:
        settings=settings("metro"),
        run_directory=f"{RUNS}/metro",
    shell:
        "repose metro {params.settings} --clips {input.clips} --given-poses {input.given}"
        " --frames {input.frames} --run-directory {params.run_directory} --output {output}"
        " 2>&1 | tee -i {log}"
