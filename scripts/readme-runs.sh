#!/usr/bin/env bash
# Makes benchmarks/results/cpu/fashion-mnist-small.csv, the source of the README's table: each policy with five seeds, taking turns seed by seed.
# Wall times are this machine's; everything else repeats exactly on a machine with the same SIMD level.
set -euo pipefail
cd "$(dirname "$0")/.."
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
dotnet build -c Release src/Cli -v quiet
freeze() { dotnet src/Cli/bin/Release/net10.0/freeze.dll "$@"; }
number() { sed -n "s/^ *\"$2\": \([0-9.eE+-]*\).*/\1/p" "$1" | sed -n "${3:-1}p"; }
out=benchmarks/results/cpu/fashion-mnist-small.csv
echo "policy,epochs,seed,testAccuracy,savedBackward,savedTotal,gflop,seconds" >"$work/rows"
for seed in 1 2 3 4 5; do
    while read -r policy epochs; do
        freeze train --device cpu --threads 2 --policy "$policy" --epochs "$epochs" --seed "$seed" --out "$work/run" >"$work/log" 2>&1 || { cat "$work/log" >&2; exit 1; }
        summary=$work/run/summary.json
        # "total" appears under seconds, then under flops.
        gflop=$(number "$summary" total 2 | awk '{ printf "%.2f", $1 / 1e9 }')
        echo "$policy,$epochs,$seed,$(number "$summary" testAccuracy),$(number "$summary" backwardFlops),$(number "$summary" totalFlops),$gflop,$(number "$summary" total 1 | awk '{ printf "%.2f", $1 }')" >>"$work/rows"
    done <<<"never 10
never 6
static:1 10
adaptive 10"
done
mkdir -p "$(dirname "$out")"
mv "$work/rows" "$out"
cat "$out"
