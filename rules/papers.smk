"""
From the reports of several data sets to the papers' tables.

INPUTS   report/ of each data set, config/published.csv (the rows of the papers)
OUTPUTS  results/papers/papers.html    one offline page with all tables
         results/papers/tables/        the tables as CSV, Markdown and LaTeX
         results/papers/summary.txt    the tables as a terminal shows them
         results/papers/manifest.json  size and sha256 of all these, and the settings

Belongs to a graph of several data sets: `REPORTS` lists their reports.
"""


rule papers:
    input:
        benchmarks=REPORTS,
        published="config/published.csv",
    output:
        directory("results/papers"),
    log:
        "results/logs/papers.log",
    params:
        settings=settings("papers"),
    shell:
        "repose papers {params.settings} --benchmarks {input.benchmarks}"
        " --published {input.published} --output {output} 2>&1 | tee -i {log}"
