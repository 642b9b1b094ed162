#!/usr/bin/env bash
# Runs the chunks of a plan by GNU parallel and merges them: scripts/cluster/parallel.sh PLAN OUT [FLAG OF parallel...]
# On several machines that share the folder: scripts/cluster/parallel.sh plan out --sshloginfile hosts --workdir "$PWD"
# A chunk that is there and whole is not run again, so after a failure the same command goes on.
set -euo pipefail
plan=$1 out=$2
shift 2
dcdrill=${DCDRILL:-build/dcdrill}
chunks=$(sed -nE 's/^[[:space:]]*"chunks":[[:space:]]*([0-9]+).*/\1/p' "$plan/plan.json")
seq 0 $((chunks - 1)) | parallel --will-cite --joblog "$plan/joblog" "$@" "$dcdrill" work "$plan" {} -j 1 --quiet --progress none
exec "$dcdrill" merge "$plan" -o "$out" --quiet
