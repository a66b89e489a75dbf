#!/usr/bin/env bash
# Start a program once, or as several ranks.
#
#   launch.sh NODES TASKS CPUS PROGRAM [ARGUMENT...]
#
# In a SLURM job srun starts the tasks, evenly over the nodes, with so many CPUs each; elsewhere
# torchrun starts all of them on this machine. Either ends all of them once one has failed.
set -euo pipefail
nodes=$1 tasks=$2 cpus=$3
shift 3
if [ "$tasks" -eq 1 ]; then
  exec "$@"
elif [ -n "${SLURM_JOB_ID:-}" ]; then
  exec srun --nodes="$nodes" --ntasks="$tasks" --ntasks-per-node=$((tasks / nodes)) \
    --cpus-per-task="$cpus" --kill-on-bad-exit=1 "$@"
elif [ "$nodes" -eq 1 ]; then
  exec torchrun --standalone --nproc-per-node="$tasks" --no-python "$@"
fi
echo "launch.sh: $nodes nodes, but this is no SLURM job; use --profile slurm" >&2
exit 2
