"""Scores: arrays in, numbers out. No file, no config, no printing.

In reading order:
    ssim          structural similarity under named protocols: image, foreground, background
    scores        the one table of scores: name, label, unit, direction, range
    pixel         PSNR and L1
    pose          pose loss in mm and Pose AUC@150 mm between two estimated poses; PCKh
    lpips         learned perceptual distance (torchmetrics; the backbone's weights are the user's)
    inception     the two Inception networks behind the next two, from the user's weights
    distribution  FID and Inception Score of whole sets, from what a network made of each image
    scorers       all scores of a pair at once, and the protocol of each in words
    bootstrap     95 % intervals by resampling persons; paired differences and ratios

The VGG loss as a score stands in `repose.scoring`, for it is a loss. Left out are the detection
score (DS, which needs a detector in Caffe) and re-identification.

Images are RGB uint8 (H, W, 3), as stored; a score always says by which protocol it was made.
"""
