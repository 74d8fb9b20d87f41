#!/usr/bin/env bash
# Makes a comparison through Slurm as a user would: slurmctld, slurmd and munged on this machine, without systemd and beside any Slurm that is there. A worker is killed, the jobs are cancelled, and what is missing is submitted
# again; the report must be that of the same comparison made by local processes, byte for byte but for times.
# Usage: scripts/slurm-check.sh [RUNS]     RUNS: at least so many runs [40]; a seed has 15. Needs root for Debian's packages and the daemons; exit code 77, with the reason, where Slurm cannot be had.
set -euo pipefail
cd "$(dirname "$0")/.."
root=$PWD wanted=${1:-40} started=$SECONDS
[[ $wanted =~ ^[1-9][0-9]*$ ]] || { echo "slurm-check: RUNS must be a number of runs, found '$wanted'" >&2; exit 2; }
skip() { echo "slurm-check: skipped: $1"; exit 77; }
say() { echo "-- $1 (at $((SECONDS - started)) s)"; }

[ "$(uname)" = Linux ] || skip "Slurm is for Linux"
[ "$(id -u)" = 0 ] || skip "its daemons and packages need root"
export PATH=$PATH:/usr/sbin
work=$(mktemp -d)
finish() {
    code=$?
    trap - EXIT INT TERM
    # Workers first: slurmd's end leaves its jobs running.
    [ ! -e "$work/slurm.conf" ] || scancel --quiet --user=root 2>/dev/null || true
    for daemon in slurmd slurmctld munged; do
        pid=$(cat "$work/$daemon.pid" 2>/dev/null) || continue
        kill "$pid" 2>/dev/null || continue
        for _ in $(seq 50); do kill -0 "$pid" 2>/dev/null || break; sleep 0.1; done
        kill -9 "$pid" 2>/dev/null || true
    done
    # What a job left behind has its folder in its command line.
    for process in /proc/[0-9]*; do
        [ "${process#/proc/}" = $$ ] || ! tr '\0' ' ' <"$process/cmdline" 2>/dev/null | grep -qF -- "$work/" || kill -9 "${process#/proc/}" 2>/dev/null || true
    done
    [ "$code" = 0 ] || [ "$code" = 77 ] || tail -n 5 "$work"/*.log "$work"/study/logs/*.txt 2>/dev/null || true
    rm -rf "$work"
    exit "$code"
}
trap finish EXIT
trap 'exit 130' INT TERM

if ! { command -v slurmctld && command -v slurmd && command -v munged && command -v sbatch; } >/dev/null; then
    { apt-get update -qq && DEBIAN_FRONTEND=noninteractive apt-get install -y -qq --no-install-recommends slurm-wlm munge; } >"$work/apt" 2>&1 || skip "slurm-wlm cannot be installed: $(tail -1 "$work/apt")"
fi
tool=$root/src/Tool/bin/Release/net10.0/freeze.dll
[ -s "$tool" ] || dotnet build src/Tool -c Release -v quiet -nologo
freeze() { dotnet exec "$tool" "$@"; }

say "daemons"
# Munge wants everybody to be able to reach its socket, and nobody else to write where it lies.
chmod 755 "$work"
dd if=/dev/urandom of="$work/munge.key" bs=128 count=1 status=none
chmod 600 "$work/munge.key"
munged --force --socket="$work/munge.socket" --key-file="$work/munge.key" --pid-file="$work/munged.pid" --log-file="$work/munged.log" --seed-file="$work/munge.seed" --num-threads=2
port=$((20000 + RANDOM % 10000)) host=$(hostname -s)
mkdir "$work/state" "$work/spool"
cat >"$work/slurm.conf" <<CONF
ClusterName=check
SlurmctldHost=$host(127.0.0.1)
SlurmctldPort=$port
SlurmdPort=$((port + 1))
SlurmUser=root
SlurmdUser=root
AuthType=auth/munge
AuthInfo=socket=$work/munge.socket
CryptoType=crypto/munge
StateSaveLocation=$work/state
SlurmdSpoolDir=$work/spool
SlurmctldPidFile=$work/slurmctld.pid
SlurmdPidFile=$work/slurmd.pid
SlurmctldLogFile=$work/slurmctld.log
SlurmdLogFile=$work/slurmd.log
ProctrackType=proctrack/linuxproc
TaskPlugin=task/none
SelectType=select/cons_tres
SelectTypeParameters=CR_CPU_Memory
SchedulerParameters=batch_sched_delay=0,sched_min_interval=0,sched_interval=1
AccountingStorageType=accounting_storage/none
JobAcctGatherType=jobacct_gather/none
MpiDefault=none
KillWait=5
CompleteWait=0
ReturnToService=2
NodeName=$host NodeAddr=127.0.0.1 CPUs=2 RealMemory=4096 State=UNKNOWN
PartitionName=check Nodes=$host Default=YES MaxTime=INFINITE State=UP
CONF
export SLURM_CONF=$work/slurm.conf
slurmctld -c
slurmd
for _ in $(seq 100); do [ "$(sinfo -h -o %T 2>/dev/null)" = idle ] && break; sleep 0.1; done
[ "$(sinfo -h -o %T)" = idle ] || { echo "slurm-check: the node is '$(sinfo -h -o %T)', expected idle" >&2; exit 1; }

# A space and a quote in every path that a script holds.
cd "$work" && mkdir "user's work" && cd "user's work"
seeds=$(((wanted + 14) / 15))
plan=(--methods adaptive,static:1 --seeds "0..$((seeds - 1))" --model mlp:784,32,16,10 --steps 1200 --device cpu --threads 1 --checkpoint-every 20)
waits() {   # until Slurm has nothing left to do
    for _ in $(seq 3000); do [ -n "$(squeue -h 2>/dev/null)" ] || return 0; sleep 0.2; done
    squeue >&2
    echo "slurm-check: jobs did not end" >&2
    return 1
}
done_runs() { ls ../study/runs/*/summary.json 2>/dev/null | wc -l; }

say "the same by local processes"
freeze sweep "${plan[@]}" --out ../local --emit local --jobs 2 >../local.log
say "a script, by a pilot run"
freeze sweep "${plan[@]}" --out ../study --emit slurm --jobs 2 | tee ../emit.log
say "submitted, and after three runs a worker is killed and the jobs are cancelled"
bash ../study/sweep.slurm
first=$(done_runs)
for _ in $(seq 600); do [ "$(done_runs)" -lt $((first + 3)) ] || break; sleep 0.1; done
# A worker that holds its run's lock: one that was killed before it took it, or after it gave it back, would leave nothing to take over.
victim=
for _ in $(seq 600); do
    for lock in $(grep -L '"released": "' ../study/locks/*.json 2>/dev/null); do
        process=$(sed -n 's/.*"process": *\([0-9]*\).*/\1/p' "$lock")
        [ -n "$process" ] && kill -9 "$process" 2>/dev/null || continue
        # It may have been quicker, and have ended its run.
        name=$(basename "$lock" .json)
        [ -e "../study/runs/${name%.*}/summary.json" ] || { victim=$process; break 2; }
    done
    sleep 0.02
done
[ -n "$victim" ] || { echo "slurm-check: no worker was found to kill" >&2; exit 1; }
scancel --user=root
waits
left=$(($(grep -c '"needs"' ../study/plan.json) - $(done_runs)))
echo "killed process $victim; $(done_runs) runs have a summary, $left have none"
[ "$left" -gt 0 ] || { echo "slurm-check: nothing was left to go on with" >&2; exit 1; }

say "what is missing, by Slurm and by local processes at the same time"
freeze sweep ../study --emit slurm --only-missing --jobs 1
bash ../study/sweep.slurm
freeze sweep ../study --emit local --only-missing >../beside.log
waits
grep -h "taken over" ../beside.log ../study/logs/*.txt || { echo "slurm-check: nobody took over the killed worker's run" >&2; exit 1; }
echo "left to the other: $(cat ../beside.log ../study/logs/*.txt | grep -cE 'left to process|waits for|by another process')"

say "report"
for folder in local study; do freeze report "../$folder" >../report.log || { cat ../report.log >&2; exit 1; }; done
# Times are the last two columns.
for folder in local study; do rev "../$folder/runs.csv" | cut -d, -f3- | rev >"../$folder.runs"; done
cmp ../local.runs ../study.runs
cmp ../local/pairs.csv ../study/pairs.csv
cmp ../local/table.tex ../study/table.tex
echo "slurm-check: $(($(wc -l <../study.runs) - 1)) runs, the same report as by local processes; $((SECONDS - started)) s"
