"""
From all of it to the tables, the pictures and the page.

INPUTS   train/, generate/, baselines/, evaluate/ of every method; clips, frames, poses, crops,
         pairs, transforms, leakage; config/published.csv (the rows of the papers)
OUTPUTS  report/report.html    one offline page
         report/summary.txt    the table and the findings, as a terminal shows them
         report/tables/        the tables as CSV, Markdown and LaTeX
         report/figures/       the pictures
         report/metrics/, report/plots/  plain scores and losses, for `dvc metrics` and `dvc plots`
         report/speed.html     all models with what they took, and report/tables/speed.*
         report/speed.txt      what a run ends with: as summary.txt, with several families timed
         report/manifest.json  size and sha256 of all these, and the settings
         What is named `speed` is the one part of a run that differs from one run to the next.
"""


rule report:
    input:
        train=expand(rules.train.output, method=METHODS),
        images=[images_of(method) for method in METHODS + BASELINES],
        scores=expand(rules.evaluate.output.scores, method=METHODS + BASELINES),
        summaries=expand(rules.evaluate.output.summary, method=METHODS + BASELINES),
        clips=rules.ingest.output.clips,
        frames=expand(rules.frames.output, shard=SHARDS),
        poses=expand(rules.poses.output.poses, shard=SHARDS),
        crops=expand(rules.crops.output, shard=SHARDS),
        pairs=rules.pairs.output.pairs,
        transforms=rules.transforms.output.transforms,
        leakage=rules.leakage.output,
        published="config/published.csv",
    output:
        report(
            directory(f"{ROOT}/report"),
            patterns=["figures/{name}.png", "tables/{name}.csv"],
            category="Report",
        ),
    log:
        f"{ROOT}/logs/report.log",
    params:
        settings=settings("report"),
    shell:
        "repose report {params.settings} --train {input.train} --images {input.images}"
        " --scores {input.scores} --summaries {input.summaries} --clips {input.clips}"
        " --frames {input.frames} --poses {input.poses} --crops {input.crops}"
        " --pairs {input.pairs} --transforms {input.transforms} --leakage {input.leakage}"
        " --published {input.published} --output {output} 2>&1 | tee -i {log}"
