#!/usr/bin/env bash
# What a card says of the kernels of tensor cores and of steps repeated as graphs, in at most eight minutes: the doctor in each precision (with the product of 4096³ against the card's limit), then training steps in each
# precision, repeated (bench-*.json) and, in float32, taken by the code (bench-*-plain.json), beside PyTorch's, eager and compiled, where python3 has torch; at last the kernels of a step one by one (profile-*.txt).
# Parts that the time does not allow are named and left out; the most telling come first.
# Usage: scripts/card.sh [FOLDER] [DEVICE]     FOLDER: where results go [$OUT, or benchmarks/results/card]; DEVICE: [cuda]
# FREEZE: the command, where it is built already. MINILM: a folder of scripts/get-minilm.sh, for its steps too. SECONDS_ALLOWED: [470]
set -euo pipefail
cd "$(dirname "$0")/.."
out=${1:-${OUT:-benchmarks/results/card}} device=${2:-cuda} allowed=${SECONDS_ALLOWED:-470}
mkdir -p "$out"
[ -n "${FREEZE:-}" ] || { dotnet build -c Release src/Tool -v quiet -nologo; FREEZE="dotnet src/Tool/bin/Release/net10.0/freeze.dll"; }
failed=0
SECONDS=0

# part FILE COMMAND...: its output into a file, within what is left of the time.
part() {
    local file=$out/$1 left=$((allowed - SECONDS)) status=0 started=$SECONDS
    shift
    if [ "$left" -lt 10 ]; then
        echo "left out, no time: ${file##*/}" | tee -a "$out/card.log"
        return
    fi
    timeout "$left" "$@" >"$file.part" 2>"$file.err" || status=$?
    mv "$file.part" "$file"
    [ -s "$file.err" ] || rm -f "$file.err"
    echo "$((SECONDS - started)) s, exit $status: ${file##*/}" | tee -a "$out/card.log"
    [ "$status" -eq 0 ] || failed=1
}

: >"$out/card.log"
models=(mlp:784,512,512,512,10 cnn resnet:20 transformer:128,4,4,64)
[ -z "${MINILM:-}" ] || models+=("bert:$MINILM")
for precision in bf16 tf32 float32; do
    # shellcheck disable=SC2086  # a command with its arguments
    part "doctor-$precision.json" $FREEZE doctor --device "$device" --precision "$precision" --json
done
for model in "${models[@]}"; do
    batch=128
    case $model in bert:*) batch=32 ;; esac
    for precision in bf16 tf32 float32; do
        # shellcheck disable=SC2086
        part "bench-${model%%:*}-$precision.json" $FREEZE bench --device "$device" --precision "$precision" --model "$model" --batch "$batch" --steps 100 --graphs auto --json
    done
    # shellcheck disable=SC2086
    part "bench-${model%%:*}-float32-plain.json" $FREEZE bench --device "$device" --model "$model" --batch "$batch" --steps 100 --graphs off --json
    if python3 -c 'import torch; assert torch.cuda.is_available()' 2>/dev/null; then
        case $model in bert:*) ;; *) part "torch-${model%%:*}.txt" python3 scripts/torch-steps.py --models "${model%%:*}" --precisions bf16,tf32,float32 --compile ;; esac
    fi
done
for model in resnet:20 cnn; do
    # shellcheck disable=SC2086
    part "profile-${model%%:*}.txt" $FREEZE bench --device "$device" --model "$model" --batch 128 --steps 31 --profile
done
python3 -c 'import torch' 2>/dev/null || echo "PyTorch: not run, python3 has no torch" | tee -a "$out/card.log"
exit "$failed"
