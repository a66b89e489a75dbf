"""From scores and pictures to tables, figures and one offline page.

In reading order:
    stored         crops, frames and generated images, read by name from their packs
    methods        what each method is: a trained model of some family, or a baseline
    compare        means, paired differences and ratios over persons
    results        all scores of a run
    tables         cells, rows, tables
    paired         method against method, pair by pair
    headline       what the numbers allow to say
    published      what the papers print
    score_tables   our scores: like the paper's Table 1, one row per model, all of them
    few            one result and a hundred, as one of the seeds reports them
    phases         what each phase of a training reached
    data_tables    the tables of data and runs: clips, transforms, trainings
    spellings      a table as CSV, Markdown, LaTeX
    terminal       a table as a terminal shows it
    pictures       images laid out in grids
    skeletons      poses drawn by themselves, and over frames
    grids          pairs and what the methods made of them; what models see inside
    swaps          what changes where a limb is put behind or in front
    figures        curves and intervals
    exhibits       which charts, samples and overlays are shown
    page           report.html, and everything on it as files of its own
    plain          the run in plain numbers, for other tools
"""
