#!/usr/bin/env bash
# The study of docs/study.md, a task at a time: methods and controls with the same seeds. A task that was stopped goes on where it was. Makes benchmarks/results/study/TASK: runs.csv and pairs.csv. Counted work and losses only, so runs may go on side
# by side; they repeat exactly at the same SIMD level. Needs the Debian package dataset-fashion-mnist; for texts wordnet-base and a folder of scripts/get-minilm.sh in RESEARCHFREEZE_MINILM.
# Usage: scripts/study.sh TASK [SEEDS] [OTHER]     TASK: cnn, resnet8, resnet20, pos, nouns; SEEDS: as for freeze compare (default 1..5); OTHER: a task that is done, whose times are a control here. More seeds or an OTHER are
# added to a task that is done. FREEZE: the command, where it is built already. STUDY: where runs are kept (default ./study).
set -euo pipefail
cd "$(dirname "$0")/.."
task=${1:?scripts/study.sh: name a task} seeds=${2:-1..5} other=${3:-} work=${STUDY:-study}
out=benchmarks/results/study/$task
[ -n "${FREEZE:-}" ] || { dotnet publish src/Tool -c Release -o "$work/freeze" -v quiet -nologo; FREEZE="dotnet $work/freeze/freeze.dll"; }
mkdir -p "$work"

# The first 10,000 training images, and all 10,000 test images.
images() {
    local from=/usr/share/datasets/fashion-mnist to=$work/images count=10000
    [ -f "$to/t10k-labels-idx1-ubyte.gz" ] && return
    [ -d "$from" ] || { echo "study.sh: $from is not there: apt-get install dataset-fashion-mnist" >&2; exit 2; }
    mkdir -p "$to"
    first() { # FILE BYTES-OF-HEADER BYTES-A-SAMPLE: an IDX file's header has the count at bytes 4 to 7
        { gzip -dc "$from/$1.gz" | head -c 4; printf '\0\0\x27\x10'; gzip -dc "$from/$1.gz" | tail -c +9 | head -c $(($2 - 8 + $3 * count)); } 2>/dev/null | gzip -n >"$to/$1.gz"
    }
    set +o pipefail      # head ends before gzip does
    first train-images-idx3-ubyte 16 784
    first train-labels-idx1-ubyte 8 1
    set -o pipefail
    cp "$from/t10k-images-idx3-ubyte.gz" "$from/t10k-labels-idx1-ubyte.gz" "$to"
}

compare() { # METHODS OPTION...
    local methods=$1
    shift
    local goes=()
    [ ! -f "$work/$task/plan.json" ] || goes=(--only-missing)
    [ -z "$other" ] || goes+=(--timeline-from "$work/$other")
    $FREEZE compare --methods "$methods" --seeds "$seeds" --device cpu --threads 1 --jobs 2 --cache memory=4GB,always --checkpoint-every never --out "$work/$task" "${goes[@]}" "$@"
    $FREEZE report "$work/$task"
    mkdir -p "$out"
    cp "$work/$task/runs.csv" "$work/$task/pairs.csv" "$out"
}

published=autofreeze,egeria,freezeout,pipetransformer,simfreeze
minilm=${RESEARCHFREEZE_MINILM:-}
texts() { [ -n "$minilm" ] || { echo "study.sh: RESEARCHFREEZE_MINILM names no folder; see scripts/get-minilm.sh" >&2; exit 2; }; }
case $task in
    cnn) images; compare "adaptive,$published" --model cnn --data "idx:$work/images" ;;
    resnet8) images; compare "adaptive,$published" --model resnet:8 --data "idx:$work/images" ;;
    resnet20) images; compare "adaptive,$published" --model resnet:20 --data "idx:$work/images" ;;
    pos) texts; compare "adaptive,$published" --model "bert:$minilm" --data wordnet-pos --epochs 3 --lr 0.0001 ;;
    nouns) texts; compare "adaptive,$published" --model "bert:$minilm" --data wordnet-nouns --epochs 3 --lr 0.0001 ;;
    *) echo "study.sh: the tasks are cnn, resnet8, resnet20, pos and nouns, found '$task'" >&2; exit 2 ;;
esac
