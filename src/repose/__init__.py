"""Repose: pose-guided person image generation, from raw videos to the paper's tables.

The modules in reading order:

skeleton     the one table of joints and parts, and the conversions into it
geometry     pure tensors: Helmert and affine fits, capsules, heat maps, the sparse warp
parts        a pair of poses to its part masks and transforms
studio       the embedded data set: synthetic people, filmed
video        decoding with honest frame accounting
datasets     a data set's own layout to the clip table, its images, poses and pairs
poses        pose estimators, one file each
data         tables, packs, crops, pairs, samples, augmentation
models       the networks, one file each
losses       tensors in, scalars out
metrics      likewise, each under a named protocol
training     the one loop, its checkpoints, the backbones
report       tables, figures, the page
scoring      what scoring needs besides the metrics: pictures in pairs, networks that judge
doctor       what this machine has, and what a SLURM cluster does
stages       one module per rule: open files, call the modules above, write files
recipes      a model's block of the config: its network, and how its training differs
settings     what each stage may be told, and the check of a config against it
sources      paths that a user names, before Snakemake and a shell see them
jobs         what a stage's job was: its command line, the code, the machine, how long it took
cells, provenance, raw, account  a number of a report, followed back to the raw data
cli          every stage as a command

Below them all lie errors (one line with file and mend), limits (of foreign files), headers (what
an image says of itself), files (whole or not at all), manifests (what an output is made of, with
making and ancestry: its inputs), software and energy (what runs here, and what that takes) and
progress.
"""

__version__ = "0.1.0"
