#!/usr/bin/env bash
# Searches the models' default recipes on the embedded images by validation accuracy alone (scripts/recipes.cs), and tries the default of cnn with 20 seeds on the test images.
# Usage: scripts/recipes.sh search MODEL SEEDS [wide] | schedule MODEL SEEDS | lengths MODEL SEEDS RATE SHAPES EPOCHS | seeds [MODEL] | adaptive MODEL SEEDS      Results: benchmarks/results/recipes; an hour or so for all of them on two cores.
set -euo pipefail
cd "$(dirname "$0")/.."
results=benchmarks/results/recipes
mkdir -p "$results"

search() {
    local name=${1%%:*}
    [ "$name" = mlp ] || name=$(tr -d : <<<"$1")
    dotnet run -c Release scripts/recipes.cs "$1" "$results/$name.csv" "${@:2}" | tee "$results/$name.txt"
}

# The present recipe with other shapes of decay, rates and lengths.
schedule() {
    local name=${1%%:*}
    [ "$name" = mlp ] || name=$(tr -d : <<<"$1")
    dotnet run -c Release scripts/recipes.cs "$1" "$results/schedule-$name.csv" "$2" schedule | tee "$results/schedule-$name.txt"
}

# The present recipe with another rate, and shapes of decay and numbers of epochs: lengths cnn 6 0.2 cosine,linear 4,5,6,8.
lengths() {
    local name=${1%%:*}
    [ "$name" = mlp ] || name=$(tr -d : <<<"$1")
    dotnet run -c Release scripts/recipes.cs "$1" "$results/lengths-$name.csv" "$2" lengths "${@:3}" | tee "$results/lengths-$name.txt"
}

# The policy adaptive with other settings, beside shorter full runs (scripts/adaptive.cs).
adaptive() {
    local name=${1%%:*}
    [ "$name" = mlp ] || name=$(tr -d : <<<"$1")
    dotnet run -c Release scripts/adaptive.cs "$1" "$results/adaptive-$name.csv" "$2" | tee "$results/adaptive-$name.txt"
}

# Full training with the default recipe: test accuracy of the last weights, seed by seed.
seeds() {
    local model=${1:-cnn} work
    work=$(mktemp -d)
    dotnet build -c Release src/Tool -v quiet
    echo "seed,testAccuracy" | tee "$results/seeds-${model//:/}.csv"
    for seed in $(seq 1 20); do
        dotnet src/Tool/bin/Release/net10.0/freeze.dll train --model "$model" --policy never --device cpu --seed "$seed" --out "$work/run" --overwrite >"$work/log" 2>&1 || { cat "$work/log" >&2; exit 1; }
        echo "$seed,$(sed -n 's/^ *"testAccuracy": \([0-9.]*\).*/\1/p' "$work/run/summary.json" | head -1)" | tee -a "$results/seeds-${model//:/}.csv"
    done
    rm -rf "$work"
}

[ $# -gt 0 ] || { echo "usage: scripts/recipes.sh search MODEL SEEDS [wide] | schedule MODEL SEEDS | lengths MODEL SEEDS RATE SHAPES EPOCHS | seeds [MODEL] | adaptive MODEL SEEDS" >&2; exit 2; }
"$@"
