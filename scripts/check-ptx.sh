#!/usr/bin/env bash
# Compiles every kernel to PTX, assembles it for sm_80 and sm_90 with NVIDIA's own assembler, without a GPU, and prints registers, shared memory, occupancy and the products' inner loops.
# Fails on a spill, on local memory in a product or convolution, on more than 128 registers, on an approximation in the PTX, on a product whose inner loop is not of multiply-adds and wide loads,
# and if the committed table names other kernels than there are. The rules are in tests/ResearchFreeze.Tests/Autograd/Devices/Gpu/Ptx/GpuPtxReport.cs.
# Needs ptxas and nvdisasm: from PATH, from the folder $RESEARCHFREEZE_PTXAS, or unpacked by ../shared/tools/get-ptxas.sh.
# Usage: scripts/check-ptx.sh [--no-build] [TABLE]     writes the table to TABLE too; the committed one is benchmarks/results/ptx/registers.md
#        scripts/check-ptx.sh --cores [--no-build] [TABLE]     the same for the kernels of tensor cores (GpuCoreReport.cs): benchmarks/results/ptx/tensor-cores.md
#        scripts/check-ptx.sh --find                   only prints the folder of the tools
set -euo pipefail
root=$(cd "$(dirname "$0")/.." && pwd)

find_tools() {
    if [ -n "${RESEARCHFREEZE_PTXAS:-}" ]; then
        echo "$RESEARCHFREEZE_PTXAS"
    elif command -v ptxas >/dev/null && command -v nvdisasm >/dev/null; then
        dirname "$(command -v ptxas)"
    else
        local getter=$root/../shared/tools/get-ptxas.sh
        [ -x "$getter" ] || { echo "check-ptx: no ptxas: put it on PATH, or name its folder in RESEARCHFREEZE_PTXAS" >&2; return 2; }
        "$getter" "${XDG_CACHE_HOME:-$HOME/.cache}/researchfreeze/ptxas"
    fi
}

[ "${1:-}" != --find ] || { find_tools; exit; }
classes=(-class "*GpuPtxAssemblyTests" -class "*GpuPtxTests") variable=RESEARCHFREEZE_PTX_TABLE
[ "${1:-}" != --cores ] || { classes=(-class "*GpuCoreAssemblyTests"); variable=RESEARCHFREEZE_CORE_TABLE; shift; }
build=()
[ "${1:-}" != --no-build ] || { build=(--no-build); shift; }
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
table=$work/registers.md
[ $# -eq 0 ] || table=$(realpath -m "$1")
RESEARCHFREEZE_PTXAS=$(find_tools 2>"$work/log") || { cat "$work/log" >&2; exit 2; }
export RESEARCHFREEZE_PTXAS RESEARCHFREEZE_LONG=1 "$variable=$table"
status=0
dotnet run "${build[@]}" -c Release --project "$root/tests/ResearchFreeze.Tests" -- "${classes[@]}" >"$work/log" 2>&1 || status=$?
[ ! -s "$table" ] || grep '^| ' "$table"
[ "$status" -eq 0 ] || cat "$work/log" >&2
exit "$status"
