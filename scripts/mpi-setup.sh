#!/usr/bin/env bash
# Installs Open MPI, MPICH or both on Debian or Ubuntu, for `freeze train --distributed mpi`. Usage: scripts/mpi-setup.sh [openmpi|mpich|both]
set -euo pipefail
case "${1:-openmpi}" in
    openmpi) packages="openmpi-bin libopenmpi3" ;;
    mpich) packages="mpich libmpich12" ;;
    both) packages="openmpi-bin libopenmpi3 mpich libmpich12" ;;
    *) echo "mpi-setup: expected openmpi, mpich or both, found '$1'" >&2; exit 2 ;;
esac
export DEBIAN_FRONTEND=noninteractive
apt-get update -qq
# shellcheck disable=SC2086
if ! apt-get install -y -qq $packages; then
    # Newer releases have the library under another name, which the launcher brings anyway.
    packages=$(echo "$packages" | sed 's/libopenmpi3//; s/libmpich12//')
    apt-get install -y -qq $packages
fi
for launcher in mpirun.openmpi mpirun.mpich; do
    ! command -v "$launcher" >/dev/null || echo "$launcher: $("$launcher" --version | grep -m1 -iE 'open ?mpi|version' | sed 's/^ *//')"
done
