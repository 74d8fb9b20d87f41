#!/usr/bin/env bash
# Whether training on a GPU ends where training on the CPU does: scripts/accuracy.sh DEVICE RESULTS [EPOCHS [SEED...]], by default 2 epochs with the seeds 1, 2 and 3, which take PoCL on two cores ten minutes:
# scripts/accuracy.sh opencl opencl-pocl.
# Everything else is freeze train's default: the convolutional network on the embedded images, with the adaptive policy. Prints each run's test accuracy and the difference of the means, and writes
# benchmarks/results/RESULTS/fashion-mnist-small-cnn.csv. Exit code 1: the means are more than half a point apart. FREEZE: the command, where it is built already.
# One run's accuracy is that of 2,000 images, with a standard error of 0.8 points, and float32 sums in another order part two runs of one seed within some steps; hence means of several seeds.
set -euo pipefail
cd "$(dirname "$0")/.."
[ $# -ge 2 ] || { echo "usage: scripts/accuracy.sh DEVICE RESULTS [EPOCHS [SEED...]]" >&2; exit 2; }
device=$1 results=$2 epochs=${3:-2}
shift $(($# < 3 ? $# : 3))
if [ $# -eq 0 ]; then set -- 1 2 3; fi
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
# Debian 12's PoCL does not advertise the generic address space. Two processes that fill one kernel cache at a time can spoil it: this run has its own.
export RESEARCHFREEZE_OPENCL_UNSUPPORTED=1 POCL_CACHE_DIR=${POCL_CACHE_DIR:-$work/pocl}
mkdir -p "$POCL_CACHE_DIR"
# A copy of its own: a build of the tree does not disturb it.
[ -n "${FREEZE:-}" ] || { dotnet publish src/Tool -c Release -o "$work/freeze" -v quiet -nologo; FREEZE="dotnet $work/freeze/freeze.dll"; }
number() { sed -n "s/^ *\"$1\": \([0-9.eE+-]*\).*/\1/p" "$work/run/summary.json" | head -1; }

out=benchmarks/results/$results/fashion-mnist-small-cnn.csv
{
    echo "# scripts/accuracy.sh: freeze train's defaults on 2,000 test images. The means over the seeds are compared; one run's accuracy has a standard error of 0.8 points. Seconds are wall time, whatever else the machine did."
    echo "device,seed,epochs,testAccuracy,seconds"
} >"$work/rows"
for seed in "$@"; do
    for one in cpu "$device"; do
        $FREEZE train --device "$one" --epochs "$epochs" --seed "$seed" --out "$work/run" >"$work/log" 2>&1 || { cat "$work/log" >&2; exit 2; }
        echo "$one,$seed,$epochs,$(number testAccuracy),$(number total | awk '{ printf "%.1f", $1 }')" | tee -a "$work/rows"
        rm -r "$work/run"
    done
done
mkdir -p "$(dirname "$out")"
cp "$work/rows" "$out"
awk -F, 'NR > 2 { on = $1 == "cpu" ? "cpu" : "gpu"; sum[on] += 100 * $4; runs[on]++ }
    END {
        cpu = sum["cpu"] / runs["cpu"]; gpu = sum["gpu"] / runs["gpu"]; apart = gpu - cpu
        printf "mean test accuracy over %d seeds: cpu %.2f %%, '"$device"' %.2f %%, difference %+.2f points (at most 0.5 allowed)\n", runs["cpu"], cpu, gpu, apart
        exit apart > 0.5 || apart < -0.5
    }' "$work/rows"
