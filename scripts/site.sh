#!/usr/bin/env bash
# Builds the site: the pages and the API reference of the libraries, by DocFX, with warnings as errors. The solution must have been built (Release).
# Usage: scripts/site.sh OUT     OUT: the site's folder; open OUT/index.html
set -euo pipefail
cd "$(dirname "$0")/.."
[ $# = 1 ] || { echo "usage: scripts/site.sh OUT" >&2; exit 2; }
out=$(realpath -m "$1")
export DOTNET_CLI_TELEMETRY_OPTOUT=1 DOTNET_NOLOGO=1
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
dotnet tool restore -v quiet >/dev/null
# Beside the pages: what DocFX makes of the libraries, the entry page and the menu. Nothing of it belongs into the repository.
git ls-files -z --cached --others --exclude-standard -- '*.md' docs 'samples/*/Program.cs' | xargs -0 cp --parents -t "$work"
mkdir "$work/libraries"
# Programs have what the libraries refer to beside them.
for program in src/Cli samples/OwnBenchmark; do cp "$program"/bin/Release/net10.0/*.dll "$program"/bin/Release/net10.0/ResearchFreeze.*.xml "$work/libraries"; done
cp README.md "$work/index.md"
cp docs/docfx.json "$work"
cat >"$work/toc.yml" <<MENU
- name: Pages
  href: docs/
  homepage: docs/tutorial.md
- name: API
  href: api/
MENU
dotnet docfx "$work/docfx.json" --warningsAsErrors --logLevel warning -o "$out"
echo "$(find "$out" -name '*.html' | wc -l) pages in $out"
