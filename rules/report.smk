"""
From all of it to the tables, the pictures and the page.

INPUTS   train/, generate/, baselines/, evaluate/ of every method; clips, frames, poses, crops,
         pairs, transforms; config/published.csv (the rows of the papers)
OUTPUTS  report/report.html  one offline page
         report/summary.txt  the main table, as a terminal shows it
         report/tables/      the same tables as CSV, Markdown and LaTeX
         report/figures/     the pictures
"""


rule report:
    input:
        train=expand(rules.train.output, method=METHODS),
        generate=expand(rules.generate.output, method=METHODS),
        baselines=rules.baselines.output,
        scores=expand(rules.evaluate.output.scores, method=METHODS + BASELINES),
        summaries=expand(rules.evaluate.output.summary, method=METHODS + BASELINES),
        clips=rules.ingest.output,
        frames=expand(rules.frames.output, shard=SHARDS),
        poses=expand(rules.poses.output, shard=SHARDS),
        crops=expand(rules.crops.output, shard=SHARDS),
        pairs=rules.pairs.output,
        transforms=rules.transforms.output,
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
        images=[images_of(method) for method in METHODS + BASELINES],
    shell:
        "repose report {params.settings} --train {input.train} --images {params.images}"
        " --scores {input.scores} --summaries {input.summaries} --clips {input.clips}"
        " --frames {input.frames} --poses {input.poses} --crops {input.crops}"
        " --pairs {input.pairs} --transforms {input.transforms} --published {input.published}"
        " --output {output} 2>&1 | tee {log}"
