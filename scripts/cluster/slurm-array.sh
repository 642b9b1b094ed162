#!/usr/bin/env bash
#SBATCH --job-name=dcdrill
#SBATCH --cpus-per-task=1
# One chunk of a plan for each task of a job array:
#   build/dcdrill plan FILE -n 100 --chunks 20 -o plan
#   sbatch --wait --array=0-19 scripts/cluster/slurm-array.sh plan      (the worst exit status of the tasks)
#   build/dcdrill merge plan -o out
# A task should last from 30 s to 10 minutes: several replications in each. What failed or was requeued goes on where it was.
set -euo pipefail
exec "${DCDRILL:-build/dcdrill}" work "$1" "$SLURM_ARRAY_TASK_ID" -j "${SLURM_CPUS_PER_TASK:-1}" --progress none
