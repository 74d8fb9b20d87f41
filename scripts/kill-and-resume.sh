#!/usr/bin/env bash
# Kills training runs with SIGKILL at random moments, resumes them, and compares with the runs left alone, bit for bit: weights, metrics, decisions, books.
# Usage: scripts/kill-and-resume.sh [KILLS] [FILE]     KILLS: 200 on the CPU, and a tenth of it on OpenCL where there is one; FILE: benchmarks/results/kill-and-resume.txt
set -euo pipefail
cd "$(dirname "$0")/.."
kills=${1:-200}
file=$(realpath -m "${2:-benchmarks/results/kill-and-resume.txt}")
[ -d tests/ResearchFreeze.Tests/bin/Release ] || dotnet build tests/ResearchFreeze.Tests -c Release -v quiet
work=$(mktemp -d)
# Debian's PoCL, as everywhere in our scripts; its kernels are compiled once.
export RESEARCHFREEZE_OPENCL_UNSUPPORTED=1 POCL_CACHE_DIR=${POCL_CACHE_DIR:-$work/pocl}
trap 'rm -rf "$work"' EXIT
run() {
    RESEARCHFREEZE_KILLS=$1 RESEARCHFREEZE_KILLS_DEVICE=$2 RESEARCHFREEZE_KILLS_FILE="$work/result" \
        dotnet tests/ResearchFreeze.Tests/bin/Release/net10.0/ResearchFreeze.Tests.dll -noLogo -class "*.KillTests"
}
run "$kills" cpu
if dotnet src/Tool/bin/Release/net10.0/freeze.dll devices | grep -q '^ *opencl'; then run $(((kills + 9) / 10)) opencl
else echo "opencl: not run, there is no such device here" >>"$work/result"
fi
{
    echo "scripts/kill-and-resume.sh at $(git describe --always --dirty --abbrev=10 --exclude '*'), $(date -u +%F)"
    cat "$work/result"
} >"$file"
cat "$file"
