"""From scores and pictures to tables, figures and one offline page.

In reading order:
    stored         crops, frames and generated images, read by name from their packs
    methods        what each method is: trained model or baseline, in 2D or 3D
    compare        means, paired differences and ratios over persons
    results        all scores of a run
    headline       what the numbers allow to say
    tables         one table, many spellings: CSV, Markdown, LaTeX, plain text
    score_tables   the tables of scores: ours beside the published ones
    data_tables    the tables of data and runs: clips, transforms, trainings
    pictures       grids of images, skeletons over frames
    figures        curves and intervals
    exhibits       which pictures and figures are shown
    page           report.html, and everything on it as files of its own
"""
