#!/usr/bin/env bash
# Makes the committed atlases: full training, and a fork of it for each prefix of units and each of 8 steps (docs/atlas.md). What is there already is not run again; a script that was stopped goes on.
# cnn and resnet8 on the embedded images; minilm, where RESEARCHFREEZE_MINILM names a folder of scripts/get-minilm.sh, on WordNet's definitions (Debian package wordnet-base).
# Runs lie in WORK [runs/atlas]; data set and picture go to benchmarks/results/atlas/NAME-SEED. Usage: scripts/atlas.sh ["NAMES" ["SEEDS"]]     THREADS=1 JOBS=1 WORK=runs/atlas
set -euo pipefail
cd "$(dirname "$0")/.."
names=${1:-cnn resnet8${RESEARCHFREEZE_MINILM:+ minilm}} seeds=${2:-1}
threads=${THREADS:-1} jobs=${JOBS:-1} work=${WORK:-runs/atlas} out=benchmarks/results/atlas
freeze=${FREEZE:-src/Tool/bin/Release/net10.0/freeze.dll}
[ -f "$freeze" ] || dotnet build -c Release src/Tool -v quiet
for name in $names; do
    case $name in
        cnn) train=(--model cnn --epochs 4 --schedule cosine) ;; # the recipes of the time when the committed atlases were made
        resnet8) train=(--model resnet:8 --epochs 8 --lr 0.2 --schedule cosine:warmup=0.1) ;;
        minilm) train=(--model "bert:$(realpath "$RESEARCHFREEZE_MINILM")" --data wordnet-pos --epochs 3 --lr 0.0001) ;;
        *) echo "scripts/atlas.sh: the names are cnn, resnet8 and minilm, found '$name'" >&2; exit 2 ;;
    esac
    for seed in $seeds; do
        run=$work/$name-$seed atlas=$work/$name-$seed-atlas to=$out/$name-$seed
        [ ! -f "$to/atlas.csv" ] || continue
        if [ ! -f "$run/config.json" ]; then dotnet "$freeze" train "${train[@]}" --policy never --seed "$seed" --device cpu --threads "$threads" --out "$run"; fi
        dotnet "$freeze" train --resume "$run"
        go=(); [ ! -f "$atlas/atlas.json" ] || go=(--only-missing)
        dotnet "$freeze" atlas "$run" --jobs "$jobs" --out "$atlas" "${go[@]}"
        dotnet "$freeze" plot "$atlas" --picture atlas --out "$atlas/atlas.svg" --overwrite
        mkdir -p "$to"
        # The data set's last: what has it is done.
        cp "$atlas"/{atlas.json,atlas.parquet,statistics.csv,atlas.svg} "$to/"
        # A folder of one's own machine is none of the data set's.
        [ "$name" != minilm ] || sed -i "s#\"bert:[^\"]*\"#\"bert:MINILM\"#" "$to/atlas.json"
        cp "$atlas/atlas.csv" "$to/"
    done
done
