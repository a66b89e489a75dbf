"""From scores and pictures to tables, figures and one offline page.

In reading order:
    stored         crops and generated images, read by name from their packs
    methods        what each method is: trained model or baseline, in 2D or 3D
    compare        means, paired differences and ratios over persons, and what they allow to say
    tables         one table, many spellings: CSV, Markdown, LaTeX, plain text, HTML
    score_tables   the tables of scores: ours beside the published ones
    data_tables    the tables of data and runs: clips, poses, transforms, training
    pictures       grids of images and skeletons drawn over frames
    figures        curves and intervals
    page           all of it as report.html
"""
