#!/usr/bin/env bash
# What recorded steps save the host, and the kernels by their share of a step: `freeze bench --profile` of some models on a device that does its commands later.
# usage: scripts/graphs-bench.sh DEVICE FOLDER      writes benchmarks/results/FOLDER/graphs.txt
set -euo pipefail
cd "$(dirname "$0")/.."
device=${1:?a device: opencl, cuda}; folder=benchmarks/results/${2:?a folder of benchmarks/results}
dotnet build src/Tool -c Release -v quiet -nologo >&2
mkdir -p "$folder"
# Small batches: what the host does is the same for all, and PoCL's kernels run on the host's own processors.
for run in "mlp:784,512,512,512,10 8" "cnn 2" "resnet:20 1"; do
    set -- $run
    dotnet src/Tool/bin/Release/net10.0/freeze.dll bench --device "$device" --model "$1" --batch "$2" --steps 31 --profile
    echo
done 2>/dev/null | sed 's/ *$//' | tee "$folder/graphs.txt"
