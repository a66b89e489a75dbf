"""What `repose doctor` finds out: about this machine, and about a SLURM cluster.

local     this machine: what a run needs and what is there
slurm     questions to SLURM's own commands, and how their answers are read
job       one small job: submitted, signalled, requeued, watched to its end
seen      what was seen of it
node      what that job does on its node
findings  from what was seen to plain words
profile   from what was seen to lines for slurm/config.yaml
"""
