#!/usr/bin/env bash
# Makes benchmarks/results/NAME, what a GPU does: scripts/gpu-results.sh NAME [DEVICE] [PART...], by default cuda and all parts: doctor (every primitive against the reference, rates), bench (steps by frozen prefix),
# accuracy (trainings beside the CPU's), suite (the tests of OpenCL, on this device), torch (the same steps in PyTorch, where python3 has it). FREEZE and TESTS: commands, where they are built already.
set -euo pipefail
cd "$(dirname "$0")/.."
[ $# -ge 1 ] || { echo "usage: scripts/gpu-results.sh NAME [DEVICE] [doctor|bench|accuracy|suite|torch]..." >&2; exit 2; }
name=$1 device=${2:-cuda}
shift $(($# < 2 ? $# : 2))
out=benchmarks/results/$name
mkdir -p "$out"
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
[ -n "${FREEZE:-}" ] || { dotnet build -c Release src/Tool -v quiet -nologo; export FREEZE="dotnet src/Tool/bin/Release/net10.0/freeze.dll"; }

doctor() { $FREEZE doctor --device "$device" --json >"$work/doctor" && cp "$work/doctor" "$out/doctor.json"; }
bench() {
    for model in mlp:784,512,512,512,10 cnn resnet:20; do
        $FREEZE bench --device "$device" --model "$model" --prefixes --json >"$work/bench"
        cp "$work/bench" "$out/bench-${model%%:*}.json"
    done
}
accuracy() { scripts/accuracy.sh "$device" "$name" 5 1 2 3 4 5; }
suite() {
    [ -n "${TESTS:-}" ] || { dotnet build -c Release tests/ResearchFreeze.Tests -v quiet -nologo; TESTS="dotnet tests/ResearchFreeze.Tests/bin/Release/net10.0/ResearchFreeze.Tests.dll"; }
    local status=0 class
    local classes=()
    for class in '*OpenCl*' '*GpuOperationTests' '*GpuLaunchTests' '*GpuUploadTests' '*GpuMathTests' '*GpuOptimizerTests' '*ProductKernelTests' '*KernelCountersTests' '*StatisticDeviceTests' '*NormQueueTests' '*GpuMemoryTests' '*GpuFailureTests' '*DeviceFailureTests'; do classes+=(-class "$class"); done
    RESEARCHFREEZE_GPU=$device $TESTS "${classes[@]}" -noColor >"$work/suite" 2>&1 || status=$?
    grep -E '\[(FAIL|SKIP)\]|Total:' "$work/suite" | sed 's/^ *//' | tee "$out/suite.txt"
    return "$status"
}
torch() { python3 scripts/torch-steps.py | tee "$work/torch"; cp "$work/torch" "$out/torch.txt"; }

if [ $# -eq 0 ]; then set -- doctor bench accuracy suite torch; fi
for part in "$@"; do "$part"; done
