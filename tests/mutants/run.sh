#!/usr/bin/env bash
# Puts each fault of this folder into a scratch clone of HEAD, one after another, and looks whether the test it names turns red.
# usage: tests/mutants/run.sh [I07 Temp ...]
set -euo pipefail
exec </dev/null

here=$(cd "$(dirname "${BASH_SOURCE[0]}")" && pwd)
root=$(cd "$here/../.." && pwd)
scratch=$(mktemp -d)
trap 'rm -rf "$scratch"' EXIT
clone=$scratch/clone
export DOTNET_CLI_TELEMETRY_OPTOUT=1 DOTNET_NOLOGO=1 DOTNET_CLI_UI_LANGUAGE=en MSBUILDDISABLENODEREUSE=1 TERM=dumb ISOLATION_TIER=ci

readonly limit=300                        # seconds for one build or one test
faults=("$@")
if [ "${#faults[@]}" -eq 0 ]; then
  for patch in "$here"/*.patch; do faults+=("$(basename "$patch" .patch)"); done
fi

test_of() { sed -n 's/^Test: //p' "$here/$1.patch"; }
check_of() { sed -n 's/^Check: //p' "$here/$1.patch"; }

# One test, and of a suite's checks the one that the fault names.
filter_of() {
  local check
  check=$(check_of "$1")
  echo "(FullyQualifiedName=$(test_of "$1")${check:+&DisplayName~$check})"
}

# Warnings are no errors here: a fault may leave something unused.
build() { timeout --kill-after=10 "$((limit * 3))" dotnet build "$clone/$1" -v q --nologo -p:RunAnalyzers=false -p:TreatWarningsAsErrors=false "${@:2}" >"$scratch/build" 2>&1; }

# Prints green, red, or what else became of the tests that match; $1 is a filter, $2 how many are wanted at least.
verdict() {
  rm -rf "$scratch/results"
  timeout --kill-after=10 "$limit" dotnet test "$output/Isolation.Sdk.Tests.dll" --filter "$1" --logger 'trx;LogFileName=run.trx' --results-directory "$scratch/results" >"$scratch/test" 2>&1 || true
  local counters executed passed
  counters=$(grep -ohE '<Counters [^>]*' "$scratch/results/run.trx" 2>/dev/null || true)
  executed=$(sed -nE 's/.* executed="([0-9]+)".*/\1/p' <<<"$counters")
  passed=$(sed -nE 's/.* passed="([0-9]+)".*/\1/p' <<<"$counters")
  if [ "${executed:-0}" -lt "$2" ]; then echo "did not run"; elif [ "$passed" -lt "$executed" ]; then echo red; else echo green; fi
}

git -c safe.directory="$root" -c safe.directory="$root/.git" clone -q --no-hardlinks "$root" "$clone"
output=$clone/tests/Isolation.Sdk.Tests/bin/Debug/net10.0
build tests/Isolation.Sdk.Tests || { cat "$scratch/build"; exit 1; }

all=""
for fault in "${faults[@]}"; do all+="${all:+|}$(filter_of "$fault")"; done
without=$(verdict "$all" "${#faults[@]}")
if [ "$without" != green ]; then
  tail -n 60 "$scratch/test"
  echo "without any fault the tests are not green: $without"
  exit 1
fi

survived=0
printf '%-13s %-14s %5s  %s\n' fault verdict secs test
for fault in "${faults[@]}"; do
  begun=$SECONDS
  if ! git -C "$clone" apply "$here/$fault.patch" 2>"$scratch/build"; then
    outcome="does not apply"
  elif ! build src/Isolation.Sdk --no-restore; then
    outcome="does not build"
  else
    cp "$clone/src/Isolation.Sdk/bin/Debug/net10.0/Isolation.Sdk.dll" "$output/"
    outcome=$(verdict "$(filter_of "$fault")" 1)
  fi
  git -C "$clone" checkout -q -- src
  if [ "$outcome" != red ]; then
    survived=$((survived + 1))
    tail -n 20 "$scratch/build" >&2
  fi
  printf '%-13s %-14s %5s  %s\n' "$fault" "$outcome" "$((SECONDS - begun))" "$(test_of "$fault") $(check_of "$fault")"
done

echo "$((${#faults[@]} - survived)) of ${#faults[@]} faults are found, after ${SECONDS} s"
[ "$survived" -eq 0 ]
