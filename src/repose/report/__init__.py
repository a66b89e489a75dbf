"""From scores and pictures to tables, figures and one offline page.

In reading order:
    stored         crops, frames and generated images, read by name from their packs
    methods        what each method is: a trained model of some family, or a baseline
    compare        means, paired differences and ratios over persons
    seeds          trainings that differ in their seed alone, taken together
    results        all scores of a run
    tables         cells, rows, tables
    paired         method against method, pair by pair
    seed_table     what the seed of a training changes
    headline       what the numbers allow to say
    published      what the papers print
    score_tables   our scores: like the paper's Table 1, one row per model, all of them
    few            one result and a hundred, as one of the seeds reports them
    phases         what each phase of a training reached
    blocks         what of a data set's results a report hands on to the papers' tables
    paper_layouts  the papers' tables: which rows they hold, what of ours belongs beside them
    papers         a paper's table: published rows, ours, and what is set apart
    ours           what of our results may be compared with published rows
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
    conditions     a condition on pairs, as a user writes it
    slices         scores of the pairs that meet a condition, and of the others
    slice_gallery  the worst of these pairs in one picture
    outside        a method of somebody else's beside ours
    plain          the run in plain numbers, for other tools
"""
