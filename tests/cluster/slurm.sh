#!/usr/bin/env bash
# The job array of scripts/cluster/slurm-array.sh under a real Slurm, started here with directories of its own and ended again.
. tests/scenarios/support.sh
sentence="a job array of Slurm leaves chunks that merge to the bytes of one machine"
for tool in munged slurmctld slurmd sbatch; do
    command -v $tool >/dev/null || { skip "$tool is not installed" "$sentence"; exit 0; }
done
[ "$(id -u)" -eq 0 ] || { skip "Slurm's daemons need root" "$sentence"; exit 0; }
host=$(hostname -s)
pids=()
# shellcheck disable=SC2317 # called by trap
end_daemons() {
    for pid in "${pids[@]}"; do kill "$pid" 2>/dev/null; done
    wait 2>/dev/null
    rm -rf "$work"
}
trap end_daemons EXIT
chmod 755 "$work"
mkdir -p "$work/munge" "$work/state" "$work/spool" && chmod 755 "$work/munge"
dd if=/dev/urandom of="$work/munge/key" bs=1024 count=1 2>/dev/null && chmod 400 "$work/munge/key"
munged --foreground --force --socket="$work/munge/socket" --key-file="$work/munge/key" --pid-file="$work/munge/pid" --seed-file="$work/munge/seed" \
    --log-file="$work/munge/log" --num-threads=2 >"$work/munged.out" 2>&1 &
pids+=($!)
cat >"$work/slurm.conf" <<END
ClusterName=drill
SlurmctldHost=$host(127.0.0.1)
SlurmctldPort=27817
SlurmdPort=27818
SlurmUser=root
AuthType=auth/munge
AuthInfo=socket=$work/munge/socket
CryptoType=crypto/munge
ProctrackType=proctrack/linuxproc
TaskPlugin=task/none
SelectType=select/cons_tres
SelectTypeParameters=CR_Core
AccountingStorageType=accounting_storage/none
JobAcctGatherType=jobacct_gather/none
MpiDefault=none
ReturnToService=2
SlurmctldPidFile=$work/slurmctld.pid
SlurmdPidFile=$work/slurmd.pid
SlurmctldLogFile=$work/slurmctld.log
SlurmdLogFile=$work/slurmd.log
SlurmdSpoolDir=$work/spool
StateSaveLocation=$work/state
NodeName=$host NodeAddr=127.0.0.1 CPUs=2 State=UNKNOWN
PartitionName=drill Nodes=$host Default=YES MaxTime=INFINITE State=UP
END
export SLURM_CONF=$work/slurm.conf
sleep 1
slurmctld -D -f "$SLURM_CONF" >"$work/slurmctld.out" 2>&1 &
pids+=($!)
slurmd -D -f "$SLURM_CONF" >"$work/slurmd.out" 2>&1 &
pids+=($!)
ready=1
for _ in $(seq 1 40); do
    sinfo -h -o %t 2>/dev/null | grep -q idle && { ready=0; break; }
    sleep 0.5
done
if [ $ready -ne 0 ]; then
    skip "Slurm does not come up here: $(cat "$work"/munged.out "$work"/slurmctld.log "$work"/slurmd.log 2>/dev/null | grep -iE 'error|fatal' | tail -n 2 | tr '\n' ' ')" "$sentence"
    exit 0
fi
printf '{ "version": "1", "title": "One queue", "simulation": { "seed": 3, "warmup": "2s", "duration": "20s", "settle": "1s", "replications": 6 },
  "system": { "queueing": { "sources": { "in": { "interarrival": "exponential(mean=10ms)", "to": "web" } },
    "stations": { "web": { "service": "exponential(mean=5ms)", "to": { "out": true } } } } },
  "thresholds": { "station_busy{station:web}": ["avg<0.9"] } }' >"$work/queue.json"
cd "$work" || exit 1
"$dcdrill" run queue.json -q --progress none -o local >/dev/null 2>&1
"$dcdrill" plan queue.json --chunks 4 -o plan >/dev/null
DCDRILL=$dcdrill timeout 120 sbatch --wait --array=0-3 --chdir="$work" --output="$work/task-%a.log" "$root/scripts/cluster/slurm-array.sh" plan >said 2>&1
pass_if $? "the job array ends well" "$(tail -n 5 said task-*.log slurmctld.log slurmd.log 2>/dev/null)"
"$dcdrill" merge plan -o merged -q --progress none >>said 2>&1
good=0
for file in results.sqlite summary.json junit.xml journal.json report.html summary.md; do cmp -s "local/$file" "merged/$file" || good=1; done
pass_if $good "$sentence" "$(tail -n 5 said)"
DCDRILL=$dcdrill timeout 60 sbatch --wait --array=4 --chdir="$work" --output="$work/task-%a.log" "$root/scripts/cluster/slurm-array.sh" plan >said 2>&1
status=$?
[ $status -ne 0 ] && grep -q 'has chunks 0 to 3' task-4.log
pass_if $? "a task that fails ends the job with its status" "$(cat said task-4.log)"
cd "$root" || exit 1
exit $bad
