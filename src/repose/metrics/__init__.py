"""Scores: arrays in, numbers out. No file, no config, no printing.

In reading order:
    scores      the one table of scores: name, label, unit, direction, range
    ssim        structural similarity under named protocols: image, foreground, background
    pixel       PSNR and L1
    pose        pose loss in mm and Pose AUC@150 mm between two estimated poses
    lpips       learned perceptual distance (torchmetrics; the backbone's weights are the user's)
    bootstrap   95 % intervals by resampling persons; paired differences and ratios

Images are RGB uint8 (H, W, 3), as stored; a score always says by which protocol it was made.
"""
