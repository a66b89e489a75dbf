"""What scoring needs besides the metrics: pictures in pairs, and networks that judge.

    judges  LPIPS, VGG loss and Inception from the user's weights, and what to say without them
    shown   the generated and the true image of a pair, the part that is scored, and its masks
    sets    FID and Inception Score over all images of a method
    notes   what must be said of scores that are not there, or rest on little

And what it takes to score images that somebody else made, for `repose score`:

    folder    the image files of a folder
    names     which pair a file belongs to
    faults    what can be wrong, and the mend
    reading   one file: format, size, the image in it
    looks     one image beside its source and its target
    turns     true images turned and cut, as mistakes do
    contents  what all images together show
    checks    all of these, before anything is scored
    outside   the benchmark, and the images packed as our own

Formulas stand in `repose.metrics`; files are opened here and in the stages.
"""
