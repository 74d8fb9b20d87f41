#!/usr/bin/env bash
# Draws the README's pictures from the committed run, and docs/atlas.md's from the committed atlases. "pictures.sh train" makes that run anew first: freeze train with its defaults, without the weights.
set -euo pipefail
cd "$(dirname "$0")/.."
run=benchmarks/results/example-run
dotnet build -c Release src/Tool -v quiet
freeze() { dotnet src/Tool/bin/Release/net10.0/freeze.dll "$@"; }
if [ "${1:-}" = train ]; then
    rm -rf "$run"
    freeze train --device cpu --out "$run"
    rm -rf "$run/last.safetensors" "$run/best.safetensors" "$run/environment.json" "$run/data.json" "$run/checkpoints"
fi
for picture in scores timeline; do freeze plot "$run" --picture "$picture" --width 1000 --out "docs/pictures/$picture.png" --overwrite; done
freeze plot benchmarks/results/atlas/cnn-* --picture prices --width 1000 --out docs/pictures/prices.png --overwrite
