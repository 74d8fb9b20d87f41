#!/usr/bin/env bash
# Budgets of whole runs, asked and achieved: for each model full training and budgets of 0.3 (with the forward cache), 0.5 and 0.7 in operations and in seconds, in turn. Seconds need an idle machine.
# Usage: scripts/budgets.sh FILE.csv [ROUNDS]
set -euo pipefail
out=$(realpath -m "${1:-benchmarks/results/budgets.csv}") rounds=${2:-1}
cd "$(dirname "$0")/.."
freeze=${FREEZE:-src/Tool/bin/Release/net10.0/freeze.dll}
[ -f "$freeze" ] || dotnet build -c Release src/Tool -v quiet
command -v jq >/dev/null || { echo "budgets.sh: needs jq, which is not there: apt-get install jq" >&2; exit 2; }
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
mkdir -p "$(dirname "$out")"
echo "model,round,measure,asked,cache,achieved,testAccuracy,fullAccuracy" >"$out"

# run OPTION...: seconds of training, the part of full training's operations that was done, accuracy.
run() {
    dotnet "$freeze" train --device cpu --threads 2 --seed "$round" --checkpoint-every never --out "$work/run" --overwrite "$@" >"$work/log" 2>&1 || { cat "$work/log" >&2; exit 1; }
    jq -r '[.seconds.total - .seconds.evaluation, 1 - .saved.totalFlops, .testAccuracy] | map(tostring) | join(" ")' "$work/run/summary.json"
}

for round in $(seq "$rounds"); do
    for model in "mlp:784,256,256,256,10 --epochs 12" "cnn --epochs 8" "resnet:8 --epochs 8"; do
        for asked in 0.3 0.5 0.7; do
            cache=off
            [ "$asked" != 0.3 ] || cache=memory=2GB
            # Full training beside each: what the machine does meanwhile meets both.
            read -r full _ accuracy < <(run --model $model --policy never)
            read -r _ flops found < <(run --model $model --rule "budget:flops=$asked" --cache "$cache")
            echo "${model%% *},$round,flops,$asked,$cache,$(printf %.3f "$flops"),$found,$accuracy" | sed 's/mlp:784,256,256,256,10/mlp:784;256;256;256;10/' >>"$out"
            read -r seconds _ found < <(run --model $model --rule "budget:seconds=$asked" --cache "$cache")
            echo "${model%% *},$round,seconds,$asked,$cache,$(echo "$seconds $full" | awk '{ printf "%.3f", $1 / $2 }'),$found,$accuracy" | sed 's/mlp:784,256,256,256,10/mlp:784;256;256;256;10/' >>"$out"
            tail -2 "$out"
        done
    done
done
