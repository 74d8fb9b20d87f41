#!/usr/bin/env bash
# The long forms of what .ci/run checks, a quarter of an hour or so: dotnet format with its style rules; the site; the skip check and exported schedules in PyTorch; the programs of the packages' READMEs; every kernel compiled to PTX and assembled for each architecture, the table compared with the committed one;
# all tests with RESEARCHFREEZE_LONG=1: 200 cases an operation with every set of wanted gradients, longer fuzzing, rule games, drawn shapes and packed operands.
# Writes what it found to a file, which is committed. Usage: scripts/nightly.sh [FILE]     FILE: benchmarks/results/nightly/last.txt
set -euo pipefail
cd "$(dirname "$0")/.."
file=$(realpath -m "${1:-benchmarks/results/nightly/last.txt}")
export DOTNET_CLI_TELEMETRY_OPTOUT=1 DOTNET_NOLOGO=1
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
export POCL_CACHE_DIR="$work/pocl"
mkdir -p "$POCL_CACHE_DIR" "$(dirname "$file")"
commit=$(git describe --always --dirty --abbrev=10 --exclude '*')
bad=0

# step NAME COMMAND...: runs it, says whether it was well and how long it took; what it printed is shown where it was not.
step() {
    local name=$1 started=$SECONDS
    shift
    if "$@" >"$work/log" 2>&1; then echo "$name: good, $((SECONDS - started)) s" | tee -a "$work/result"
    else
        cat "$work/log"
        bad=1
        echo "$name: FAILED, $((SECONDS - started)) s" | tee -a "$work/result"
    fi
}

tests() { RESEARCHFREEZE_LONG=1 RESEARCHFREEZE_CASES=200 dotnet test -c Release --no-build --show-slowest-tests 20 >"$work/tests" 2>&1 || { cat "$work/tests"; return 1; }; }

# A Python that has PyTorch, Debian's package installed where none has.
find_torch() {
    for python in python3 /usr/bin/python3; do "$python" -c "import torch" >/dev/null 2>&1 && return; done
    { apt-get update -qq && DEBIAN_FRONTEND=noninteractive apt-get install -y -qq python3-torch; } >"$work/apt" 2>&1 && "$python" -c "import torch" >>"$work/apt" 2>&1
}

count() { sed -n "s/^ *$1: *\([0-9]*\).*/\1/p" "$work/tests" | tail -1; }

dotnet build ResearchFreeze.sln -c Release -v quiet
# Built once more, by the analyzers that .ci/run leaves out.
step "the tests' analyzers" dotnet build tests/ResearchFreeze.Tests -c Release -v quiet --no-dependencies --no-incremental
step "dotnet format" dotnet format ResearchFreeze.sln --no-restore --verify-no-changes
# Not in the solution: TorchSharp is 300 MB.
step "the comparison with TorchSharp builds" dotnet build benchmarks/ResearchFreeze.Peers -c Release -v quiet
step "site" scripts/site.sh "$work/site"
step "packages, and the programs of their READMEs" scripts/check-packages.sh --no-build --readmes
step "MPI, 100 steps on 1 to 4 ranks" scripts/check-mpi.sh
if scripts/check-ptx.sh --find >"$work/log" 2>&1; then step "kernels through NVIDIA's assembler" scripts/check-ptx.sh --no-build; step "tensor cores' kernels through NVIDIA's assembler" scripts/check-ptx.sh --cores --no-build
else echo "kernels through NVIDIA's assembler: not run, $(tail -1 "$work/log")" | tee -a "$work/result"
fi
if find_torch; then step "skip check in PyTorch" "$python" -B scripts/skip_check.py --self-test
    step "exported schedules in PyTorch" scripts/schedule-check.sh "$python"
else echo "skip check and exported schedules in PyTorch: not run, python3-torch could not be installed: $(tail -1 "$work/apt")" | tee -a "$work/result"
fi
step "tests, long forms" tests
{
    echo "scripts/nightly.sh at $commit, $(date -u +%F): $(count succeeded) passed, $(count failed) failed, $(count skipped) skipped"
    echo ".NET $(dotnet --version), $(sed -n 's/^model name[^:]*: *//p' /proc/cpuinfo | head -1), $(nproc) cores"
    echo
    cat "$work/result"
} >"$file"
cat "$file"
exit "$bad"
