#!/usr/bin/env bash
# Fine-tunes MiniLM on WordNet's definitions, seed by seed. Needs the Debian package wordnet-base and a folder of scripts/get-minilm.sh. Times are this machine's; the rest repeats exactly at the same SIMD level.
# plain: full training, the same for fewer epochs, the head alone, three units frozen from the start, adaptive, and LoRA. Makes benchmarks/results/finetune/DATA.csv.
# cached: full training, and what freezes with the forward cache on. Makes benchmarks/results/finetune/DATA-cached.csv.
# Usage: scripts/finetune.sh MINILM "SEEDS" [DATA [plain|cached]]
set -euo pipefail
minilm=$(realpath "$1") seeds=$2 data=${3:-wordnet-nouns} runs=${4:-plain}
cd "$(dirname "$0")/.."
freeze=${FREEZE:-src/Tool/bin/Release/net10.0/freeze.dll}
[ -f "$freeze" ] || dotnet build -c Release src/Tool -v quiet
case $runs in
    plain) out=benchmarks/results/finetune/$data.csv ;;
    cached) out=benchmarks/results/finetune/$data-cached.csv ;;
    *) echo "scripts/finetune.sh: the runs are plain or cached, found '$runs'" >&2; exit 2 ;;
esac
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
mkdir -p "$(dirname "$out")"
[ -f "$out" ] || echo "run,epochs,seed,testAccuracy,macroF1,testLoss,gflop,savedTotal,trainSeconds" >"$out"
number() { sed -n "s/^ *\"$2\": \([0-9.eE+-]*\).*/\1/p" "$work/run/summary.json" | sed -n "${1}p"; }

# run NAME EPOCHS POLICY [CACHE [MODEL-SETTINGS [RATE]]]: what is there already is not run again.
run() {
    ! grep -q "^$1,$2,$seed," "$out" || return 0
    dotnet "$freeze" train --device cpu --threads 2 --model "bert:$minilm${5:-}" --data "$data" --policy "$3" --cache "${4:-off}" --epochs "$2" --lr "${6:-0.0001}" --seed "$seed" --metrics macro-f1 --checkpoint-every never --out "$work/run" --overwrite >"$work/log" 2>&1 || { cat "$work/log" >&2; exit 1; }
    echo "$1,$2,$seed,$(number 1 testAccuracy),$(number 1 macro-f1),$(number 1 loss),$(number 2 total | awk '{ printf "%.0f", $1 / 1e9 }'),$(number 1 totalFlops),$(echo "$(number 1 total) $(number 1 evaluation)" | awk '{ printf "%.1f", $1 - $2 }')" | tee -a "$out"
}

plain() {
    run never 3 never
    run adaptive 3 adaptive:loss=off
    run never 2 never
    run head 3 static:7 off "" 0.001
    run static:3 3 static:3
    run lora 3 never off ,lora=8 0.001
}

cached() {
    run never 3 never
    run together 3 adaptive:together=1,patience=2,loss=off auto
    run priced 3 adaptive:together=1 auto
    [ "$seed" -gt 1 ] || run adaptive 3 adaptive:loss=off auto
}

for seed in $seeds; do "$runs"; done
