#!/usr/bin/env bash
# Exports schedules of short runs and repeats them in PyTorch. Usage: scripts/schedule-check.sh [PYTHON]     PYTHON: one that has PyTorch (python3). FREEZE: the command, where it is built already.
set -euo pipefail
cd "$(dirname "$0")/.."
python=${1:-python3}
freeze=${FREEZE:-dotnet src/Tool/bin/Release/net10.0/freeze.dll}
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
for policy in static:2 freezeout lisa:units=1,every=7 badam:every=6,order=ascending lp-ft:patience=1; do
    $freeze train --device cpu --model resnet:8 --steps 60 --policy "$policy" --checkpoint-every never --out "$work/run" --overwrite >"$work/log" 2>&1 || { cat "$work/log" >&2; exit 1; }
    $freeze export-schedule "$work/run" --to torch --out "$work/schedule.py" --overwrite
    "$python" -B scripts/schedule_cases.py "$work/schedule.py" "$work/run"
done
