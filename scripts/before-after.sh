#!/usr/bin/env bash
# Times an older commit and the working tree in turn: scripts/before-after.sh COMMIT CASE... [--threads 2] [--rounds 15]. Cases: benchmarks/ResearchFreeze.BeforeAfter/Case.cs. On a machine whose speed moves, only such ratios say anything.
set -euo pipefail
cd "$(dirname "$0")/.."
[ $# -ge 2 ] || { echo "usage: scripts/before-after.sh COMMIT CASE... [--threads N] [--rounds N]" >&2; exit 2; }
commit=$(git rev-parse --verify --quiet "$1^{commit}") || { echo "before-after.sh: no commit '$1'" >&2; exit 2; }
shift
project=benchmarks/ResearchFreeze.BeforeAfter
work=$(mktemp -d)
trap 'git worktree remove --force "$work/before" 2>/dev/null; rm -rf "$work"' EXIT

git worktree add --quiet --detach "$work/before" "$commit"
# Both sides time the cases as they are now, where the older commit can build them: otherwise it times its own.
cp -r "$work/before/$project" "$work/own" 2>/dev/null || true
cp "$work/before/Directory.Packages.props" "$work/packages"
rm -rf "${work:?}/before/$project"
mkdir -p "$work/before/$project"
cp "$project"/*.cs "$project"/*.csproj "$work/before/$project"
cp Directory.Packages.props "$work/before"
if ! dotnet build "$work/before/$project" -c Release -v quiet -nologo >"$work/log" 2>&1; then
    [ -d "$work/own" ] || { cat "$work/log" >&2; exit 1; }
    echo "$commit cannot build today's cases and times its own"
    rm -rf "${work:?}/before/$project"
    mv "$work/own" "$work/before/$project"
    cp "$work/packages" "$work/before/Directory.Packages.props"
    dotnet build "$work/before/$project" -c Release -v quiet -nologo
fi
dotnet build "$project" -c Release -v quiet -nologo
dotnet "$project/bin/Release/net10.0/ResearchFreeze.BeforeAfter.dll" compare --before "$work/before/$project/bin/Release/net10.0" --after "$project/bin/Release/net10.0" "$@"
