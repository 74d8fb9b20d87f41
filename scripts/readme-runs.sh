#!/usr/bin/env bash
# Makes the table of docs/which-policy.md in benchmarks/results/cpu: policies on the MLP, with each seed, taking turns seed by seed. The convolutional networks are in the study (scripts/study.sh).
# Wall times are this machine's; everything else repeats exactly on a machine with the same SIMD level.
set -euo pipefail
cd "$(dirname "$0")/.."
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
dotnet build -c Release src/Tool -v quiet
freeze() { dotnet src/Tool/bin/Release/net10.0/freeze.dll "$@"; }
number() { sed -n "s/^ *\"$2\": \([0-9.eE+-]*\).*/\1/p" "$1" | sed -n "${3:-1}p"; }

# runs FILE "SEEDS" "POLICY EPOCHS" ... -- OPTIONS
runs() {
    local out=benchmarks/results/cpu/$1.csv seeds=$2 turns=()
    shift 2
    while [ "$1" != -- ]; do turns+=("$1"); shift; done
    shift
    echo "policy,epochs,seed,testAccuracy,savedBackward,savedTotal,gflop,seconds" >"$work/rows"
    for seed in $seeds; do
        for turn in "${turns[@]}"; do
            read -r policy epochs <<<"$turn"
            freeze train --device cpu --threads 2 --policy "$policy" --epochs "$epochs" --seed "$seed" --out "$work/run" --overwrite "$@" >"$work/log" 2>&1 || { cat "$work/log" >&2; exit 1; }
            summary=$work/run/summary.json
            # "total" appears under seconds, then under flops.
            gflop=$(number "$summary" total 2 | awk '{ printf "%.2f", $1 / 1e9 }')
            echo "$policy,$epochs,$seed,$(number "$summary" testAccuracy),$(number "$summary" backwardFlops),$(number "$summary" totalFlops),$gflop,$(number "$summary" total 1 | awk '{ printf "%.2f", $1 }')" | tee -a "$work/rows"
        done
    done
    mkdir -p "$(dirname "$out")"
    cp "$work/rows" "$out"
}

# The shorter control has as many operations as adaptive, or a few more.
runs mlp784 "1 2 3 4 5" "never 8" "never 6" "static:1 8" "adaptive:loss=off 8" -- --model mlp:784,256,256,256,10
