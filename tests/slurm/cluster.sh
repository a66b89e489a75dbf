#!/usr/bin/env bash
# A throw-away SLURM on this one machine: a controller, two nodes with fake GPUs, no accounting.
#
#   tests/slurm/cluster.sh up | down | status
#
# It installs nothing and says in one line what is missing. All of it lies in $REPOSE_CLUSTER, but
# for the link /etc/slurm/slurm.conf: the plugin's job step passes no SLURM_CONF on, so the `srun`
# inside a job finds its cluster only there.
#
# Partitions: cpu (default), gpu, and urgent, whose jobs preempt (requeue) those of the others.
set -euo pipefail

FOLDER=${REPOSE_CLUSTER:-${TMPDIR:-/tmp}/repose-cluster}
PORT=${REPOSE_CLUSTER_PORT:-26800}  # the controller's; the nodes listen on the next ones
NODES=(node1 node2)
CPUS=4          # each node claims these; a machine with two cores will do
MEMORY_MB=65536
GPUS=2
LINK=/etc/slurm/slurm.conf
export SLURM_CONF=$FOLDER/etc/slurm.conf

refuse() {
  echo "error: $*" >&2
  exit 1
}

need() {
  local missing=()
  for program in munged slurmctld slurmd sbatch squeue scontrol srun; do
    command -v "$program" > /dev/null || missing+=("$program")
  done
  [ ${#missing[@]} -eq 0 ] ||
    refuse "missing: ${missing[*]}; on Debian: apt-get install slurm-wlm munge"
  [ "$(id -u)" = 0 ] || refuse "the test cluster's daemons need root; run it in a container"
  [ -L "$LINK" ] || [ ! -e "$LINK" ] ||
    refuse "this machine has a SLURM of its own ($LINK); the test cluster needs that place"
  local other
  other=$(readlink "$LINK" || true)
  if [ -n "$other" ] && [ "$other" != "$SLURM_CONF" ] && [ -e "$other" ]; then
    refuse "another test cluster is up ($other); take it down first"
  fi
}

# Run a command every 0.1 s until it succeeds, for so many seconds at most.
wait_for() {
  local seconds=$1
  shift
  for _ in $(seq $((seconds * 10))); do
    "$@" > /dev/null 2>&1 && return
    sleep 0.1
  done
  return 1
}

process_of() {
  local file=$FOLDER/run/$1.pid
  [ -s "$file" ] && kill -0 "$(cat "$file")" 2> /dev/null && cat "$file"
}

# Debian's munged and slurmd want folders that others cannot write.
write_settings() {
  mkdir -p "$FOLDER"/{etc,run,log,state,spool,devices} "$(dirname "$LINK")"
  chmod 755 "$FOLDER" "$FOLDER/run"
  chmod 700 "$FOLDER/log"
  if [ ! -s "$FOLDER/etc/munge.key" ]; then
    (umask 077 && head -c 1024 /dev/urandom > "$FOLDER/etc/munge.key")
    chmod 400 "$FOLDER/etc/munge.key"
  fi
  local host port=$PORT
  host=$(hostname -s)
  sed -e "s|@FOLDER@|$FOLDER|g" -e "s|@HOST@|$host|g" -e "s|@PORT@|$PORT|g" \
    "$(dirname "$0")/slurm.conf" > "$SLURM_CONF"
  : > "$FOLDER/etc/gres.conf"
  for node in "${NODES[@]}"; do
    port=$((port + 1))
    echo "NodeName=$node NodeHostname=$host NodeAddr=127.0.0.1 Port=$port CPUs=$CPUS" \
      "RealMemory=$MEMORY_MB Gres=gpu:$GPUS State=UNKNOWN" >> "$SLURM_CONF"
    for ((gpu = 0; gpu < GPUS; gpu++)); do
      touch "$FOLDER/devices/$node-gpu$gpu"
      echo "NodeName=$node Name=gpu File=$FOLDER/devices/$node-gpu$gpu" \
        >> "$FOLDER/etc/gres.conf"
    done
  done
}

all_nodes_ready() {
  [ "$(sinfo -h -N -p cpu -t idle,mix,alloc -o %N | wc -l)" -eq ${#NODES[@]} ]
}

up() {
  need
  write_settings
  ln -sfn "$SLURM_CONF" "$LINK"
  if ! process_of munged > /dev/null; then
    rm -f "$FOLDER"/run/munge.sock*
    munged --force --key-file="$FOLDER/etc/munge.key" --socket="$FOLDER/run/munge.sock" \
      --pid-file="$FOLDER/run/munged.pid" --log-file="$FOLDER/log/munged.log" \
      --seed-file="$FOLDER/run/munged.seed"
  fi
  process_of slurmctld > /dev/null || slurmctld -f "$SLURM_CONF"
  wait_for 60 scontrol ping || refuse "no controller; see $FOLDER/log/slurmctld.log"
  for node in "${NODES[@]}"; do
    process_of "slurmd.$node" > /dev/null || slurmd -N "$node" -f "$SLURM_CONF"
    # A node that an earlier test took down stays down until it is told otherwise.
    scontrol update nodename="$node" state=resume 2> /dev/null || true
  done
  wait_for 60 all_nodes_ready || refuse "the nodes do not come up; see $FOLDER/log"
  echo "up: $FOLDER"
}

stop() {
  local process
  process=$(process_of "$1") || return 0
  kill "$process"
  for _ in $(seq 200); do
    kill -0 "$process" 2> /dev/null || return 0
    sleep 0.1
  done
  kill -9 "$process" 2> /dev/null || true
}

down() {
  if process_of slurmctld > /dev/null; then
    scancel --user root 2> /dev/null || true
    wait_for 30 eval '[ -z "$(squeue -h)" ]' || true
  fi
  for node in "${NODES[@]}"; do
    stop "slurmd.$node"
  done
  stop slurmctld
  stop munged
  if [ "$(readlink "$LINK" || true)" = "$SLURM_CONF" ]; then
    rm -f "$LINK"
  fi
  rm -rf "$FOLDER"
  echo "down: $FOLDER"
}

status() {
  process_of slurmctld > /dev/null || refuse "no test cluster in $FOLDER"
  sinfo -N -l
  squeue
}

case ${1:-} in
  up | down | status) "$1" ;;
  *) refuse "say up, down or status" ;;
esac
