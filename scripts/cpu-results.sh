#!/usr/bin/env bash
# Makes benchmarks/results/NAME, the tables of one machine: scripts/cpu-results.sh NAME [PART...]. Parts: steps, kept, kernels, memory (ours and TorchSharp in turn; see benchmarks/ResearchFreeze.Peers),
# minilm (the same of all-MiniLM-L6-v2, from the folder that RESEARCHFREEZE_MINILM names; only where it is asked for),
# prefixes (measured and predicted fractions of a step), suite (BenchmarkDotNet, short jobs; see benchmarks/ResearchFreeze.Benchmarks). All of it takes about half an hour of a machine that does nothing else.
set -euo pipefail
cd "$(dirname "$0")/.."
[ $# -ge 1 ] || { echo "usage: scripts/cpu-results.sh NAME [steps|kept|kernels|memory|minilm|prefixes|suite]..." >&2; exit 2; }
out=benchmarks/results/$1
shift
mkdir -p "$out"
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT

steps() { scripts/peers.sh steps --rounds 15 --json "$out/steps.json"; }
# With a C library that keeps what is freed: else libtorch gives its memory back after each operation, and faults it in again.
keeping() { MALLOC_MMAP_THRESHOLD_=1073741824 MALLOC_TRIM_THRESHOLD_=8589934592 MALLOC_TOP_PAD_=268435456 "$@"; }
kept() { keeping scripts/peers.sh steps --rounds 15 --json "$out/steps-kept.json"; }
kernels() { scripts/peers.sh kernels --json "$out/kernels.json"; }
memory() { scripts/peers.sh memory --model resnet:20 --json "$out/memory.json"; scripts/peers.sh memory --model transformer:128,4,4,64 --batch 32 --json "$out/memory-transformer.json"; }
minilm() {
    local model=bert:${RESEARCHFREEZE_MINILM:?names no folder: scripts/get-minilm.sh makes one}
    scripts/peers.sh steps --model "$model" --batch 32 --json "$out/steps-minilm.json"
    keeping scripts/peers.sh steps --model "$model" --batch 32 --json "$out/steps-minilm-kept.json"
    scripts/peers.sh memory --model "$model" --batch 32 --json "$out/memory-minilm.json"
}
prefixes() {
    dotnet build -c Release src/Tool -v quiet -nologo
    for model in mlp:784,512,512,512,10 cnn resnet:20; do
        dotnet src/Tool/bin/Release/net10.0/freeze.dll bench --device cpu --threads 2 --model "$model" --prefixes --primitives --json >"$work/prefixes"
        cp "$work/prefixes" "$out/prefixes-${model%%:*}.json"
    done
}
suite() {
    dotnet run -c Release --project benchmarks/ResearchFreeze.Benchmarks -- --filter '*Kernels*' '*LayerPasses*' '*TrainingStep*' --job short --exporters github --artifacts "$work/suite"
    for table in "$work"/suite/results/*-github.md; do
        cp "$table" "$out/$(basename "$table" | sed 's/^ResearchFreeze\.Benchmarks\.//; s/-report-github//')"
    done
}

if [ $# -eq 0 ]; then set -- steps kept kernels memory prefixes suite; fi
for part in "$@"; do "$part"; done
