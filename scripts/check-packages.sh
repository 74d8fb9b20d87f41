#!/usr/bin/env bash
# Packs the libraries and the command, and uses them as others would: with an empty package cache, from a folder of packages. The machine's own package source gives what is not ours.
# Runs a file-based program, a console program with a criterion of its own, and the installed tool. Usage: scripts/check-packages.sh [--no-build] [--readmes]
# --no-build: the solution is built already (Release)     --readmes: runs the program of each package's README too, with that package alone
set -euo pipefail
cd "$(dirname "$0")/.."
root=$PWD
started=$SECONDS
readmes=false
[ "${*: -1}" != --readmes ] || { readmes=true; set -- "${@:1:$#-1}"; }
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
feed=$work/feed
version=$(sed -n 's:.*<Version>\(.*\)</Version>.*:\1:p' Directory.Build.props)

step() { echo "-- $1 (at $((SECONDS - started)) s)"; }
fail() { echo "check-packages: $1" >&2; exit 1; }
# run LABEL COMMAND...: must exit with 0 and print nothing on standard error; its output is in $work/out.
run() {
    local label=$1
    shift
    "$@" >"$work/out" 2>"$work/err" || { cat "$work/out" "$work/err" >&2; fail "$label: exit code not 0"; }
    [ ! -s "$work/err" ] || { cat "$work/err" >&2; fail "$label: wrote to standard error"; }
}
# shows LABEL PATTERN: the last output has such a line.
shows() { grep -qE "$2" "$work/out" || { cat "$work/out" >&2; fail "$1: printed no line like '$2'"; }; }

step "pack"
dotnet pack ResearchFreeze.sln -c Release -o "$feed" -v quiet "$@" >"$work/out" 2>&1 || { cat "$work/out" >&2; fail "dotnet pack failed"; }
expected="Autograd BenchmarkDotNet Cli Data Distributed DynamicFreeze Evaluation Images Layers Plots Tool Training"
for name in $expected; do
    [ -s "$feed/ResearchFreeze.$name.$version.nupkg" ] && [ -s "$feed/ResearchFreeze.$name.$version.snupkg" ] || fail "ResearchFreeze.$name: no package or no symbols"
done
[ "$(find "$feed" -name '*.nupkg' | wc -l)" = 12 ] || { ls "$feed" >&2; fail "expected the packages $expected alone"; }

# From here on nothing of this checkout: neither its properties nor its package cache.
export NUGET_PACKAGES=$work/cache XDG_DATA_HOME=$work/data DOTNET_CLI_HOME=$work/home
mkdir -p "$XDG_DATA_HOME" "$DOTNET_CLI_HOME"
# The package source that the machine's user is set up with, named as it is there, and ours.
user=${HOME:-/}/.nuget/NuGet/NuGet.Config
mkdir -p "$DOTNET_CLI_HOME/.nuget/NuGet"
[ ! -f "$user" ] || cp "$user" "$DOTNET_CLI_HOME/.nuget/NuGet/"
cp -r "$root/tests/packages/." "$work/programs"
sed -i "s/@0\.1\.0/@$version/" "$work/programs/FileBased/app.cs"
# The sample as a program of one file; BenchmarkDotNet's generated code is emitted in this process, which needs dynamic code.
mkdir "$work/programs/Benchmark"
{ printf '#:package ResearchFreeze.BenchmarkDotNet@%s\n#:property PublishAot=false\n' "$version"; cat "$root/samples/OwnBenchmark/Program.cs"; } >"$work/programs/Benchmark/benchmark.cs"
sed -i "s/Version=\"0\.1\.0\"/Version=\"$version\"/" "$work/programs/OwnCommand/OwnCommand.csproj"
cat >"$work/programs/nuget.config" <<CONFIG
<configuration><packageSources><add key="feed" value="$feed" /></packageSources></configuration>
CONFIG
cp "$root/global.json" "$work/programs/"

step "file-based program"
cd "$work/programs/FileBased"
# The first run builds; what a build prints is not the program's.
dotnet run app.cs -- cpu >"$work/out" 2>&1 || { cat "$work/out" >&2; fail "app.cs: exit code not 0"; }
run "app.cs" dotnet run app.cs -- cpu
shows "app.cs" '^dynamic code True$'
shows "app.cs" '^device cpu$'
shows "app.cs" '^accuracy 0\.[78]'
cat "$work/out"
# ILGPU compiles in a file-based program: on OpenCL, where there is a driver (PoCL prints warnings of its own).
if ldconfig -p 2>/dev/null | grep -q 'libOpenCL\.so ' && ls /etc/OpenCL/vendors/*.icd >/dev/null 2>&1; then
    RESEARCHFREEZE_OPENCL_UNSUPPORTED=1 dotnet run app.cs -- opencl >"$work/out" 2>"$work/err" || { cat "$work/out" "$work/err" >&2; fail "app.cs on OpenCL: exit code not 0"; }
    shows "app.cs on OpenCL" '^device opencl:0$'
    shows "app.cs on OpenCL" '^accuracy 0\.[78]'
    cat "$work/out"
fi

step "benchmark"
cd "$work/programs/Benchmark"
# BenchmarkDotNet says on standard error what it would like the terminal to be.
dotnet run -c Release benchmark.cs -- --job dry --inProcess >"$work/out" 2>&1 || { cat "$work/out" >&2; fail "benchmark.cs: exit code not 0"; }
shows "benchmark.cs" '^\| own: all but head +\| .* \| +62\.1 % \|'

step "console program"
cd "$work/programs/OwnCommand"
dotnet build -c Release -v quiet -nologo -o "$work/own" >"$work/out" 2>&1 || { cat "$work/out" >&2; fail "OwnCommand does not build"; }
run "OwnCommand" dotnet "$work/own/OwnCommand.dll" train --policy prefix-patience:criterion=settled,threshold=2,patience=1 --model mlp:784,16,10 --epochs 1 --device cpu --out "$work/own-run"
shows "OwnCommand" '^step [0-9]+: freeze fc1 \(rule\): finished at 1 check: its settled is low \(settled '
[ -s "$work/own-run/summary.json" ] || fail "OwnCommand: no summary.json"

# readme NAME PATTERN [ARGUMENT...]: the program of a README prints such a line.
readme() {
    local name=$1 pattern=$2
    shift 2
    cd "$work/programs/Readmes/$name"
    run "README of $name" dotnet "bin/Release/net10.0/Readme$name.dll" "$@"
    shows "README of $name" "$pattern"
}
if $readmes; then
    step "programs of the READMEs"
    mkdir "$work/programs/Readmes"
    cd "$work/programs/Readmes"
    for name in $expected; do
        [ "$name" != Tool ] || continue
        mkdir "$name"
        sed -n '/^```csharp$/,/^```$/p' "$root/src/$name/README.md" | grep -v '^```' >"$name/Program.cs" || fail "$name: no program in its README"
        sed "s/ResearchFreeze\.Cli/ResearchFreeze.$name/" "$work/programs/OwnCommand/OwnCommand.csproj" >"$name/Readme$name.csproj"
        echo "<Project Path=\"$name/Readme$name.csproj\" />"
    done >"$work/projects"
    { echo "<Solution>"; cat "$work/projects"; echo "</Solution>"; } >Readmes.slnx
    dotnet build Readmes.slnx -c Release -v quiet -nologo >"$work/out" 2>&1 || { cat "$work/out" >&2; fail "a program of a README does not build"; }
    readme Autograd '^loss [0-9.]+, trained\.Grad .*, frozen\.Grad null$'
    readme Layers '^step 999: loss 0\.00'
    readme Data '^classes a, b$'
    readme Images '^photos: images resized and cropped to 8 × 8; 4 training, 2 validation, 2 test samples'
    readme Distributed '^1 ranks, gradient 4$'
    readme DynamicFreeze '^step [0-9]+: freeze fc1 \(rule\): '
    readme Training '^adaptive: test accuracy [78][0-9]\.'
    readme Evaluation '^adaptive: precision 1\.00, recall 1\.00, wrong freezes 0$'
    readme Plots '^runs/a/plots/confusion\.png$'
    # BenchmarkDotNet says on standard error what it would like the terminal to be.
    cd "$work/programs/Readmes/BenchmarkDotNet"
    dotnet bin/Release/net10.0/ReadmeBenchmarkDotNet.dll --job dry --inProcess >"$work/out" 2>&1 || { cat "$work/out" >&2; fail "README of BenchmarkDotNet: exit code not 0"; }
    shows "README of BenchmarkDotNet" '^\| own: all but head +\| .* \| +62\.1 % \|'
    readme Cli '^test accuracy +[78][0-9]\.' train --model mlp:784,64,10 --criterion halved --rule prefix-patience:threshold=0.7
    readme Cli '^  1: halved under prefix-patience' validate --criterion halved --rule prefix-patience:threshold=0.7 --seeds 2
fi

step "tool"
dotnet tool install ResearchFreeze.Tool --version "$version" --tool-path "$work/tools" --configfile "$work/programs/nuget.config" >"$work/out" 2>&1 || { cat "$work/out" >&2; fail "the tool does not install"; }
run "freeze devices" "$work/tools/freeze" devices
shows "freeze devices" '^\* auto picks '
run "freeze train" "$work/tools/freeze" train --model mlp:784,10 --policy never --epochs 1 --device cpu --out "$work/tool-run"
shows "freeze train" 'test accuracy +[78][0-9]\.'
[ -s "$work/tool-run/summary.json" ] || fail "freeze train: no summary.json"
# Its native parts and its font come with it.
run "freeze plot" "$work/tools/freeze" plot "$work/tool-run" --out "$work/pictures"
shows "freeze plot" '^curves: '
[ -s "$work/pictures/curves.png" ] || fail "freeze plot: no curves.png"
run "freeze --help" "$work/tools/freeze" --help
shows "freeze --help" '^ +freeze '

step "contents"
for name in $expected; do
    unpacked=$NUGET_PACKAGES/researchfreeze.${name,,}/$version
    # A tool is unpacked where it is installed, and its source is not written down there.
    [ "$name" != Tool ] || unpacked=$work/tools/.store/researchfreeze.tool/$version/researchfreeze.tool/$version
    [ "$name" = Tool ] || grep -qF "$feed" "$unpacked/.nupkg.metadata" || fail "$name: did not come from the feed"
    cmp -s "$unpacked/README.md" "$root/src/$name/README.md" || fail "$name: its README is not in the package"
    [ -s "$unpacked/LICENSE" ] || fail "$name: no LICENSE"
    [ "$name" = Tool ] || [ -s "$unpacked/lib/net10.0/ResearchFreeze.$name.xml" ] || fail "$name: no XML documentation"
    cat "$unpacked"/*.nuspec >"$work/out"
    shows "$name" '<license type="expression">MIT</license>'
    shows "$name" '<description>.+</description>'
    shows "$name" '<readme>README.md</readme>'
    # What is ours is asked for in exactly this version.
    ! grep '<dependency id="ResearchFreeze' "$work/out" | grep -vqF "version=\"[$version]\"" || { cat "$work/out" >&2; fail "$name: a dependency that is not exact"; }
done
grep -q '<dependency id="ResearchFreeze.Evaluation" version' "$NUGET_PACKAGES/researchfreeze.cli/$version/researchfreeze.cli.nuspec" || fail "Cli: does not depend on Evaluation"
echo "the packages work ($((SECONDS - started)) s)"
