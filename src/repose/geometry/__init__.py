"""Pure tensors: no joint names, no files.

boxes       many small integer boxes listed as one flat run of voxels
helmert     scale, rotation and shift between two point sets
affine      2D affine maps between two point sets; how transforms follow moved images
similarity  2D scale, rotation and shift between two point sets
homography  crops between four corners
capsules    the clean part masks
stamps      the part masks of Knoche et al. 2020, bit for bit
strokes     thick lines and polygons in an image
limbs       Gaussian priors of limbs in an image (Balakrishnan et al. 2018)
heatmaps    Gaussian joint maps on a volume and their separable factors
maps2d      Gaussian joint maps on an image
plan        which source voxels each target voxel reads, worked out once per pair
warp        moving a feature volume part by part: dense reference and exact sparse form
pull        the same in an image, with masks where parts go to (Siarohin et al. 2018)
"""
