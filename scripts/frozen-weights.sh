#!/usr/bin/env bash
# What it costs to keep frozen weights in bfloat16: scripts/frozen-weights.sh RESULTS [EPOCHS [SEED...]], by default 2 epochs with the seeds 1, 2 and 3, some minutes on a CPU.
# Trains `cnn` and a small vision transformer on the embedded images with FreezeOut, which freezes all units but the head in turn, in both ways, and writes benchmarks/results/RESULTS/frozen-weights.csv. FREEZE: the command, where it
# is built already. One run's accuracy is that of 2,000 images, with a standard error of 0.8 points; of two runs of one seed the difference is smaller, since all but the rounding is the same.
set -euo pipefail
cd "$(dirname "$0")/.."
[ $# -ge 1 ] || { echo "usage: scripts/frozen-weights.sh RESULTS [EPOCHS [SEED...]]" >&2; exit 2; }
results=$1 epochs=${2:-2}
shift $(($# < 2 ? $# : 2))
if [ $# -eq 0 ]; then set -- 1 2 3; fi
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
[ -n "${FREEZE:-}" ] || { dotnet publish src/Tool -c Release -o "$work/freeze" -v quiet -nologo; FREEZE="dotnet $work/freeze/freeze.dll"; }
number() { sed -n "s/^ *\"$1\": \([0-9.eE+-]*\).*/\1/p" "$work/run/summary.json" | grep . | head -1; }

out=benchmarks/results/$results/frozen-weights.csv
mkdir -p "$(dirname "$out")"
{
    echo "# scripts/frozen-weights.sh: freeze train --device cpu on the embedded images, units frozen one by one from the front by FreezeOut, with --frozen-weights float32 and bf16. One run's accuracy, on 2,000 test images, has a standard error of 0.8 points. Seconds are wall time, whatever else the machine did."
    echo "model,policy,seed,epochs,frozenWeights,testAccuracy,trainLoss,weightBytes,seconds"
} >"$work/rows"
for model in cnn vit:width=64,layers=4,heads=4; do
    policy=freezeout
    for seed in "$@"; do
        for one in float32 bf16; do
            $FREEZE train --model "$model" --policy "$policy" --device cpu --frozen-weights "$one" --epochs "$epochs" --seed "$seed" --out "$work/run" >"$work/log" 2>&1 || { cat "$work/log" >&2; exit 2; }
            echo "\"$model\",\"$policy\",$seed,$epochs,$one,$(number testAccuracy),$(number finalTrainLoss),$(number weightBytes),$(number total | awk '{ printf "%.1f", $1 }')" | tee -a "$work/rows"
            rm -r "$work/run"
        done
    done
done
cp "$work/rows" "$out"
