#!/usr/bin/env bash
# Makes the README's table of steps with frozen units: scripts/freezing-savings.sh NAME [runs|table]...
# runs: trains each model with the policy adaptive and its default recipe, and keeps the decision logs in benchmarks/results/adaptive. table: the suite FreezingSavings of benchmarks/ResearchFreeze.Benchmarks, as Markdown
# and CSV in benchmarks/results/NAME. Its times want a machine that does nothing else.
set -euo pipefail
cd "$(dirname "$0")/.."
[ $# -ge 1 ] || { echo "usage: scripts/freezing-savings.sh NAME [runs|table]..." >&2; exit 2; }
out=benchmarks/results/$1
shift
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT

run() {
    dotnet src/Tool/bin/Release/net10.0/freeze.dll train --device cpu --threads 2 --policy adaptive --model "$1" --out "$work/run" --overwrite >"$work/log" 2>&1 || { cat "$work/log" >&2; exit 1; }
    cp "$work/run/decisions.jsonl" "benchmarks/results/adaptive/$2.jsonl"
}
runs() {
    dotnet build -c Release src/Tool -v quiet -nologo
    mkdir -p benchmarks/results/adaptive
    run mlp:784,256,256,256,10 mlp784
    run cnn cnn
    run resnet:8 resnet8
}
table() {
    mkdir -p "$out"
    dotnet run -c Release --project benchmarks/ResearchFreeze.Benchmarks -- --filter "*FreezingSavings*" --job short --exporters github csv --artifacts "$work/suite"
    for end in -github.md .csv; do cp "$work"/suite/results/*FreezingSavings-report$end "$out/freezing-savings.${end##*.}"; done
}

if [ $# -eq 0 ]; then set -- runs table; fi
for part in "$@"; do "$part"; done
