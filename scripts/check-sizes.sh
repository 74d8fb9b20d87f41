#!/usr/bin/env bash
# Holds the source to its budgets: Graph/ at most 500 lines together, a file at most 420, a sample at most 80.
set -euo pipefail
cd "$(dirname "$0")/.."
bad=0
graph=$(cat src/Autograd/Graph/*.cs | wc -l)
[ "$graph" -le 500 ] || { echo "src/Autograd/Graph has $graph lines, at most 500"; bad=1; }
while read -r lines file; do
    [ "$file" = total ] || [ "$lines" -le 420 ] || { echo "$file has $lines lines, at most 420"; bad=1; }
done < <(find src tests benchmarks samples -name '*.cs' -not -path '*/obj/*' -not -path '*/bin/*' -print0 | xargs -0 wc -l)
while read -r lines file; do
    [ "$file" = total ] || [ "$lines" -le 80 ] || { echo "$file has $lines lines, at most 80"; bad=1; }
done < <(find samples -name '*.cs' -not -path '*/obj/*' -not -path '*/bin/*' -print0 | xargs -0 wc -l)
[ "$bad" -eq 0 ] && echo "sizes are within their budgets (Graph: $graph lines)"
exit "$bad"
