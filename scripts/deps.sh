#!/usr/bin/env bash
# Installs what is missing to build, run and test: Debian packages only, quiet when nothing is missing.
set -euo pipefail
# build: gcc make pkg-config and the libraries; run: gnuplot for charts; test: check, clang (second compiler, fuzzing), lld (links the tests), sqlite3
packages=(gcc libc6-dev make git ca-certificates pkg-config libglib2.0-dev libgsl-dev libsqlite3-dev libcjson-dev gnuplot-nox
    check libsubunit-dev sqlite3 clang libclang-rt-14-dev clang-format lld gawk)
# what `make cluster` runs chunks and ranks with
[ "${1:-}" != cluster ] || packages+=(slurmctld slurmd slurm-client munge parallel openmpi-bin libopenmpi-dev)
# what `make browser` looks with, and what prints reports as PDF
[ "${1:-}" != browser ] || packages+=(chromium poppler-utils)
missing=()
for package in "${packages[@]}"; do
    dpkg-query -W -f='${Status}' "$package" 2>/dev/null | grep -q 'ok installed' || missing+=("$package")
done
[ ${#missing[@]} -eq 0 ] && exit 0
as_root=()
if [ "$(id -u)" -ne 0 ]; then
    command -v sudo >/dev/null || { echo "deps: missing ${missing[*]}; run as root or install sudo" >&2; exit 1; }
    as_root=(sudo)
fi
echo "deps: installing ${missing[*]}" >&2
log=$(mktemp)
trap 'rm -f "$log"' EXIT
{ "${as_root[@]}" apt-get update -qq && "${as_root[@]}" env DEBIAN_FRONTEND=noninteractive \
    apt-get install -y -qq --no-install-recommends "${missing[@]}"; } >"$log" 2>&1 ||
    { tail -n 20 "$log" >&2; echo "deps: installation failed" >&2; exit 1; }
