"""Pure tensors: no joint names, no files.

boxes       many small integer boxes listed as one flat run of voxels
helmert     scale, rotation and shift between two point sets
affine      2D affine maps between two point sets; how transforms follow moved images
capsules    the clean part masks
stamps      the part masks of Knoche et al. 2020, bit for bit
heatmaps    Gaussian joint maps and their separable factors
plan        which source voxels each target voxel reads, worked out once per pair
warp        moving a feature volume part by part: dense reference and exact sparse form
"""
