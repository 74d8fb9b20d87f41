#!/usr/bin/env bash
# Builds and runs the comparison with TorchSharp: scripts/peers.sh steps|kernels|memory|golden|drift|minilm [options]. See benchmarks/ResearchFreeze.Peers/README.md.
set -euo pipefail
root=$(cd "$(dirname "$0")/.." && pwd)
project=$root/benchmarks/ResearchFreeze.Peers
output=$project/bin/Release/net10.0
native=$output/runtimes/linux-x64/native
patch=$root/../shared/tools/torchsharp-debian12/patch.sh

# A build copies the package's own native library over a patched one, so the patch comes after it, every time.
if ! log=$(dotnet build -c Release -nologo -v quiet "$project" 2>&1); then
    echo "$log" >&2
    exit 1
fi

# TorchSharp wants a symbol version of GCC 13's libstdc++; where the system has it, the library loads as it is.
if [ -d "$native" ] && [ "$(uname -s)-$(uname -m)" = Linux-x86_64 ]; then
    libstdcxx=$(PATH=$PATH:/sbin:/usr/sbin ldconfig -p | awk '/libstdc\+\+\.so\.6 .*x86-64/ && !path { path = $NF } END { print path }')
    if [ -z "$libstdcxx" ] || ! grep -q GLIBCXX_3.4.32 "$libstdcxx"; then
        [ -x "$patch" ] || { echo "peers.sh: TorchSharp does not load with this system's libstdc++, and the patch for it is missing: $patch" >&2; exit 2; }
        # patch.sh takes its shim for the proof that the library is patched: it is not, if the build has just replaced the library.
        grep -q libiosshim.so "$native/libLibTorchSharp.so" || rm -f "$native/libiosshim.so"
        "$patch" "$output" >/dev/null
    fi
fi

LD_LIBRARY_PATH=$native${LD_LIBRARY_PATH:+:$LD_LIBRARY_PATH} exec dotnet "$output/ResearchFreeze.Peers.dll" "$@"
