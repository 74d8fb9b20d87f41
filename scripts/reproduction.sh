#!/usr/bin/env bash
# One claim or figure for each published method, repeated at the size of the embedded images: docs/reproduction.md. Makes benchmarks/results/reproduction/runs.csv, a row a run, and changes.csv, what froze and thawed when in the runs that are
# about that. Counted quantities and accuracies only: no number depends on how fast the machine is, and all repeat exactly at the same SIMD level. Needs jq.
# Usage: scripts/reproduction.sh [FOLDER [CLAIM...]]     FOLDER: benchmarks/results/reproduction; CLAIM: cost, oracle, depth, schedules, freezeout, composer, egeria, apf, finetune (default all). FREEZE: the command, where it is built already.
set -euo pipefail
cd "$(dirname "$0")/.."
out=$(realpath -m "${1:-benchmarks/results/reproduction}")
shift $(($# < 1 ? $# : 1))
claims=${*:-cost oracle depth schedules freezeout composer egeria apf finetune}
command -v jq >/dev/null || { echo "reproduction.sh: needs jq, which is not there: apt-get install jq" >&2; exit 2; }
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
# A copy of its own: a build of the tree does not disturb it.
[ -n "${FREEZE:-}" ] || { dotnet publish src/Tool -c Release -o "$work/freeze" -v quiet -nologo; FREEZE="dotnet $work/freeze/freeze.dll"; }
mkdir -p "$out"

runs='[.steps, .testAccuracy, .test.loss, .flops.forward, .flops.inputGradient, .flops.weightGradient, .flops.total, .fullTrainingFlops.forward, .fullTrainingFlops.inputGradient, .fullTrainingFlops.weightGradient,
    .fullTrainingFlops.total, .bytes.optimizer, .fullTrainingBytes.optimizer, .peakBytes.saved, .peakBytes.gradients, .peakBytes.optimizer] | map(tostring) | join(",")'
changes='select(.action == "freeze" or .action == "thaw" or .action == "adjust") | [.step, .path, .action, (.rateScale // "" | tostring)] | map(tostring) | join(",")'
[ -f "$out/runs.csv" ] || echo "claim,run,seed,steps,testAccuracy,testLoss,forward,inputGradient,weightGradient,total,fullForward,fullInputGradient,fullWeightGradient,fullTotal,optimizerBytes,fullOptimizerBytes,savedPeak,gradientPeak,optimizerPeak,command" >"$out/runs.csv"
[ -f "$out/changes.csv" ] || echo "claim,run,seed,step,unit,action,rateScale" >"$out/changes.csv"

# run CLAIM NAME SEED OPTION...: a run and its row; what is there already is not run again.
run() {
    local claim=$1 name=${2//,/;} seed=$3
    shift 3
    ! grep -q "^$claim,$name,$seed," "$out/runs.csv" || return 0
    $FREEZE train --device cpu --seed "$seed" --checkpoint-every never --out "$work/run" --overwrite "$@" >"$work/log" 2>&1 || { cat "$work/log" >&2; exit 1; }
    case $claim in oracle | depth | schedules) jq -r "$changes" "$work/run/decisions.jsonl" | sed "s/^/$claim,$name,$seed,/" >>"$out/changes.csv" ;; esac
    local command="freeze train --device cpu --seed $seed $*"
    echo "$claim,$name,$seed,$(jq -r "$runs" "$work/run/summary.json"),${command//$work\//}" >>"$out/runs.csv"
    echo "$claim $name, seed $seed"
}

# What a frozen prefix of k of 8 layers saves.
cost() { for k in 0 1 2 3 4 5 6 7; do run cost "static:$k" 1 --model mlp:784,512,512,512,512,512,512,512,10 --policy "static:$k" --steps 20; done; }

# FreezeOut's own estimate for layers of equal cost: 20 of them and a small head.
oracle() {
    local model=mlp:784$(printf ',784%.0s' {1..20}),10
    for start in 0.8 0.5; do
        run oracle "freezeout:$start" 1 --model "$model" --policy "freezeout:start=$start" --steps 200 --lr 0.01
    done
}

# How many of 12 layers PipeTransformer's released code has frozen after each epoch.
depth() {
    run depth pipetransformer 1 --model mlp:784$(printf ',16%.0s' {1..12}),10 --policy pipetransformer:as=code,alpha=0.3333333 --epochs 7
}

# Methods that are a timetable.
schedules() {
    local model=mlp:784,32,32,32,10 policy
    for policy in ulmfit fastai "finetuning-scheduler:patience=1 --units tensor"; do
        # Two words are an option and its value.
        run schedules "${policy%%[: ]*}" 1 --model "$model" --epochs 12 --policy $policy
    done
}

small="--model resnet:8,8 --epochs 4"
freezeout() {
    for seed in 1 2; do
        run resnet never "$seed" $small --policy never
        for start in 0.8 0.5; do run resnet "freezeout:$start" "$seed" $small --policy "freezeout:start=$start"; done
    done
}

# Composer, and full training of as many operations, its schedule fitted to the length.
composer() {
    local steps
    for seed in 1 2; do
        for start in 0.1 0.5; do
            run resnet "composer:$start" "$seed" $small --units module --policy "composer:start=$start"
            steps=$(awk -F, -v key="resnet,composer:$start,$seed," 'index($0, key) == 1 { printf "%.0f", $4 * $10 / $14 }' "$out/runs.csv")
            run resnet "never as long as composer:$start" "$seed" --model resnet:8,8 --policy never --steps "$steps"
        done
    done
}

egeria() { for seed in 1 2; do run resnet egeria "$seed" $small --policy egeria; done; }

apf() {
    for seed in 1 2 3; do
        run cnn never "$seed" --model cnn --epochs 4 --schedule cosine --policy never
        for threshold in 0.05 0.1; do run cnn "apf:$threshold" "$seed" --model cnn --epochs 4 --schedule cosine --policy "apf:threshold=$threshold"; done
    done
}

# A transformer that has learned five classes learns the other five.
finetune() {
    local model="vit:width=32,layers=6,heads=2,patch=7" policy
    # Not measured: what every run below starts from.
    $FREEZE train --device cpu --seed 1 --checkpoint-every never --model "$model" --data fashion-mnist-small:classes=0-4 --policy never --epochs 6 --out "$work/pretrained" >"$work/log" 2>&1 || { cat "$work/log" >&2; exit 1; }
    tune() { local name=$1 seed=$2; shift 2; run finetune "$name" "$seed" --data fashion-mnist-small:classes=5-9 --from "$work/pretrained" --epochs 4 "$@"; }
    whole() { tune "$@" --model "$model"; }
    for seed in 1 2; do
        for policy in never head-only autofreeze slimfit:frozen=0.75 slimfit:frozen=0.9 slimfit:frozen=0.95 greentrainer:rho=0.4 greentrainer:rho=0.5 greentrainer:rho=0.7 elastictrainer:rho=0.533,epochs=1 \
            grades:as=code,tau=2.4 grades:as=code,tau=0.0216 grades:as=paper,tau=0.0001 badam lisa:as=paper lisa:as=code simfreeze; do
            case $policy in slimfit* | greentrainer* | elastictrainer* | grades*) whole "$policy" "$seed" --policy "$policy" --units tensor ;; *) whole "$policy" "$seed" --policy "$policy" ;; esac
        done
        whole "autofreeze cached" "$seed" --policy autofreeze --cache memory=1GB,always
        # Which units the work is booked to matters to a planner: single tensors above, blocks here.
        whole "greentrainer:rho=0.5 blocks" "$seed" --policy greentrainer:rho=0.5
        tune dropbp "$seed" --policy dropbp --model "$model,units=halves"
    done
}

for claim in $claims; do "$claim"; done
