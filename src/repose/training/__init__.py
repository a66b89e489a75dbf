"""Training: one loop for all models, and a state that survives whatever stops it.

launch, machine, ranks                         who computes, and on what
values, schedule, phases                       what it is given; what learns when
fixed_pairs, fitness, supply, batches          what is learnt from
backbones, objective, teaching                 what is taught
judging, learner, loop                         one step, and all of them
signals, evidence, book, loss_log              what stops it, and what is said of it
run_directory, checkpoints, state, restoring   what is kept
inference, watch, examination, depth_swap      what is looked at
artefacts                                      what it leaves

The pose network of the stage `metro` is taught by the same loop: posed_frames, pose_windows,
pose_lessons, pose_measure.
"""
