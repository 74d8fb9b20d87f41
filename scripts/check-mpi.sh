#!/usr/bin/env bash
# Trains on 1 to 4 processes under Open MPI and MPICH, as far as they are installed: with ordered sums the weights are the same bits on any number of ranks; a rank that is killed ends the others within seconds, and the run goes on
# with fewer; what cannot work is refused in one line. Usage: scripts/check-mpi.sh [--quick]; --quick, as CI does: 20 steps in place of 100, on fewer numbers of ranks, and of the second library what is its own: its sums on
# two ranks, and ranks that do not find each other. Says so where there is no MPI.
set -euo pipefail
cd "$(dirname "$0")/.."
steps=100
quick=false
[ "${1:-}" != --quick ] || { quick=true; steps=20; }
started=$SECONDS
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
freeze="dotnet src/Cli/bin/Release/net10.0/ResearchFreeze.Cli.dll"
# As root, and on fewer processors than ranks; ranks on one machine need no other way of copying than shared memory.
export OMPI_ALLOW_RUN_AS_ROOT=1 OMPI_ALLOW_RUN_AS_ROOT_CONFIRM=1 OMPI_MCA_rmaps_base_oversubscribe=1 OMPI_MCA_btl_vader_single_copy_mechanism=none OMPI_MCA_btl=self,vader OMPI_MCA_plm_rsh_agent=false
export DOTNET_TieredPGO=0

fail() { echo "check-mpi: $1" >&2; exit 1; }
same() { cmp -s "$1/last.safetensors" "$2/last.safetensors" || fail "$3: the weights differ from those of one rank"; }

found=
for launcher in mpirun.openmpi mpirun.mpich; do
    command -v "$launcher" >/dev/null || { echo "$launcher is not installed: not tried"; continue; }
    brief=false
    ! $quick || [ -z "$found" ] || brief=true
    found=1
    name=${launcher#mpirun.}
    for model in "mlp:784,32,16,10" "transformer:width=16,layers=2,heads=2,tokens=text"; do
        short=${model%%:*}
        if [ "$short" = mlp ]; then
            settings=(--model "$model" --policy prefix-patience:threshold=1000000,patience=1,checks=10,warmup=0,margin=0)
        else
            head -c 40000 docs/rules.md >"$work/text.txt"
            settings=(--model "gpt:width=16,layers=2,heads=2,places=32,dropout=0.1" --data "text:$work/text.txt,length=32,tokenizer=bytes" --units block:head=head --rule rotation:units=1,every=1 --criterion weight-change)
        fi
        settings+=(--steps "$steps" --batch 26 --device cpu --threads 1 --reduce ordered --checkpoint-every never)
        [ -d "$work/$short-1" ] || $freeze train "${settings[@]}" --out "$work/$short-1" >"$work/out" 2>&1 || { cat "$work/out"; fail "$short on one rank"; }
        sizes="2 3 4"
        ! $quick || sizes=$([ "$short" = mlp ] && echo "2 4" || echo 3)
        ! $brief || { [ "$short" = mlp ] && sizes=2; } || continue
        for ranks in $sizes; do
            $launcher -np "$ranks" $freeze train "${settings[@]}" --distributed mpi --out "$work/$name-$short-$ranks" >"$work/out" 2>&1 || { cat "$work/out"; fail "$short on $ranks ranks of $name"; }
            same "$work/$short-1" "$work/$name-$short-$ranks" "$name, $short on $ranks ranks"
            [ "$(grep -c '^run folder' "$work/out")" = 1 ] || { cat "$work/out"; fail "$name: not one report"; }
        done
        echo "$name: $short, $steps steps: the same bits on 1, ${sizes// /, } ranks ($((SECONDS - started)) s)"
    done

    # The same number of ranks gives the same bits without an order, too.
    for again in a b; do
        ! $quick || break
        $launcher -np 2 $freeze train --model mlp:784,32,10 --policy static:1 --steps 20 --device cpu --threads 1 --distributed mpi --checkpoint-every never --out "$work/$name-sum-$again" >"$work/out" 2>&1 || { cat "$work/out"; fail "$name: sums"; }
    done
    $quick || cmp -s "$work/$name-sum-a/last.safetensors" "$work/$name-sum-b/last.safetensors" || fail "$name: two runs on two ranks differ"

    if ! $brief; then
        # Ranks that never have a sample.
        $launcher -np 3 $freeze train --model mlp:784,16,10 --policy static:1 --steps 10 --batch 2 --device cpu --threads 1 --distributed mpi --checkpoint-every never --out "$work/$name-idle" >"$work/out" 2>&1 || { cat "$work/out"; fail "$name: ranks without samples"; }
        [ -s "$work/$name-idle/summary.json" ] || fail "$name: ranks without samples: there is no summary"

        # A rank that is killed.
        run=$work/$name-killed
        killed=(train --model mlp:784,64,32,10 --policy static:1 --steps 1000 --batch 26 --device cpu --threads 1 --reduce ordered)
        $launcher -np 3 $freeze "${killed[@]}" --distributed mpi --checkpoint-every 20 --out "$run" >"$work/out" 2>"$work/err" &
        job=$!
        for _ in $(seq 200); do ls "$run"/checkpoints/*.safetensors >/dev/null 2>&1 && break; sleep 0.1; done
        victim=$(pgrep -f "[R]esearchFreeze.Cli.dll train.*$run" | tail -1)
        kill -9 "$victim"
        at=$SECONDS
        wait "$job" && fail "$name: a rank was killed, and the job ended well"
        [ $((SECONDS - at)) -le 10 ] || fail "$name: $((SECONDS - at)) s from a rank's death to the job's end"
        ! pgrep -f "[R]esearchFreeze.Cli.dll train.*$run" >/dev/null || { sleep 2; ! pgrep -f "[R]esearchFreeze.Cli.dll train.*$run" >/dev/null || fail "$name: ranks are left"; }
        step=$(ls "$run/checkpoints" | tail -1)
        $launcher -np 2 $freeze train --resume "$run" --distributed mpi >"$work/out" 2>&1 || { cat "$work/out"; fail "$name: going on with two ranks"; }
        [ -d "$work/killed-1" ] || $freeze "${killed[@]}" --checkpoint-every never --out "$work/killed-1" >"$work/out" 2>&1 || { cat "$work/out"; fail "the run left alone"; }
        same "$work/killed-1" "$run" "$name: killed behind $step, and gone on with two ranks"
        echo "$name: a rank of three was killed behind $step; two went on, to the same bits ($((SECONDS - started)) s)"

        # What cannot work.
        ! $launcher -np 2 sh -c "exec $freeze train --model mlp:784,10 --epochs 1 --device cpu --distributed mpi --seed \${OMPI_COMM_WORLD_RANK:-\$PMI_RANK} --out $work/never" >"$work/out" 2>&1 || fail "$name: ranks with other seeds were not refused"
        grep -q "error: The ranks would not train the same: setting 'seed' is '0' on rank 0 and '1' on rank 1" "$work/out" || { cat "$work/out"; fail "$name: other seeds"; }
        [ "$(grep -c 'error: ' "$work/out")" = 1 ] || { cat "$work/out"; fail "$name: an error was told more than once"; }
        [ ! -e "$work/never" ] || fail "$name: a folder was made for a run that was refused"
        # A rank that does not get as far as MPI, or has other files: the others do not wait, and one line says which it was.
        for wrong in '--nosuch' '--data csv:/nowhere.csv'; do
            code=0
            timeout 60 $launcher -np 2 sh -c "exec $freeze train --model mlp:784,10 --epochs 1 --device cpu --distributed mpi --out $work/never \$([ \${OMPI_COMM_WORLD_RANK:-\$PMI_RANK} = 0 ] || echo $wrong)" >"$work/out" 2>&1 || code=$?
            [ $code = 2 ] || { cat "$work/out"; fail "$name: $wrong on one rank gave $code"; }
            [ "$(grep -c 'error: ' "$work/out")" = 1 ] && grep -q 'error: rank 1: ' "$work/out" || { cat "$work/out"; fail "$name: $wrong on one rank"; }
        done
        code=0
        timeout 60 $launcher -np 2 sh -c "[ \${OMPI_COMM_WORLD_RANK:-\$PMI_RANK} = 0 ] || export RESEARCHFREEZE_MPI=none.so; exec $freeze train --model mlp:784,10 --epochs 1 --device cpu --distributed mpi --out $work/never" >"$work/out" 2>&1 || code=$?
        [ $code = 2 ] && grep -q 'error: rank 1: MPI: no library was found' "$work/out" || { cat "$work/out"; fail "$name: a rank without MPI gave $code"; }
    fi
    other=libmpich.so.12; [ "$name" = openmpi ] || other=libmpi.so.40
    if ldconfig -p | grep -q "$other"; then
        ! RESEARCHFREEZE_MPI=$other $launcher -np 2 $freeze train --model mlp:784,10 --epochs 1 --device cpu --distributed mpi --out "$work/never" >"$work/out" 2>&1 || fail "$name: ranks that are alone were not refused"
        grep -q "2 tasks were started (.*_SIZE), and .* knows of one rank" "$work/out" || { cat "$work/out"; fail "$name: ranks that are alone"; }
    fi
done
[ -n "$found" ] || { echo "check-mpi: skipped: neither Open MPI nor MPICH is installed (scripts/mpi-setup.sh both)"; exit 0; }
echo "MPI works ($((SECONDS - started)) s)"
