#!/usr/bin/env bash
# Compiles every kernel to PTX without a GPU, assembles it for sm_80 and sm_90, and prints registers, shared memory and spills.
# Needs NVIDIA's ptxas: from PATH, from $PTXAS, or unpacked by ../shared/tools/get-ptxas.sh. Fails if a kernel does not assemble or spills.
# Usage: scripts/check-ptx.sh [DEST]     DEST keeps the .ptx files (default: a temporary folder)
set -euo pipefail
root=$(cd "$(dirname "$0")/.." && pwd)
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
dest=${1:-$work/ptx}

ptxas=${PTXAS:-$(command -v ptxas || true)}
if [ -z "$ptxas" ]; then
    getter=$root/../shared/tools/get-ptxas.sh
    [ -x "$getter" ] || { echo "check-ptx: no ptxas: put it on PATH or set PTXAS" >&2; exit 2; }
    ptxas=$("$getter" "${XDG_CACHE_HOME:-$HOME/.cache}/researchfreeze/ptxas" 2>/dev/null)/ptxas
fi

RESEARCHFREEZE_PTX=$dest dotnet run -c Release --project "$root/tests/ResearchFreeze.Tests" -- -method "*EveryKernelCompilesToExactPtx" >"$work/log" ||
    { cat "$work/log" >&2; exit 1; }

failed=0
printf '%-52s %-6s %9s %7s %7s\n' kernel arch registers shared spills
for file in "$dest"/*.ptx; do
    name=$(basename "$file" .ptx)
    for arch in sm_80 sm_90; do
        # ILGPU writes for one architecture; another only needs its name and, for sm_90, a version that knows it.
        version=7.0
        [ "$arch" = sm_80 ] || version=7.8
        sed -e "s/^\.target .*/.target $arch/" -e "s/^\.version .*/.version $version/" "$file" >"$work/k.ptx"
        if ! "$ptxas" -v -arch="$arch" -o "$work/k.cubin" "$work/k.ptx" >"$work/report" 2>&1; then
            echo "$name: ptxas -arch=$arch failed:" >&2
            cat "$work/report" >&2
            failed=1
            continue
        fi
        registers=$(sed -n 's/.*Used \([0-9]*\) registers.*/\1/p' "$work/report" | head -1)
        shared=$(sed -n 's/.* \([0-9]*\) bytes smem.*/\1/p' "$work/report" | head -1)
        spills=$(sed -n 's/.* \([0-9]*\) bytes spill stores, \([0-9]*\) bytes spill loads.*/\1 \2/p' "$work/report" | awk '{ s += $1 + $2 } END { print s + 0 }')
        [ "$spills" = 0 ] || failed=1
        printf '%-52s %-6s %9s %7s %7s\n' "$name" "$arch" "$registers" "${shared:-0}" "$spills"
    done
done
exit $failed
