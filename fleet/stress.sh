#!/bin/bash
# Keeps every processor of this instance busy for some minutes, so that the average
# of the group passes its target and the group grows. Needs nothing installed.
#
# Usage: bash stress.sh [MINUTES]     10 where nothing is said, at most 60.
#
# Each loop ends by itself at its time, also when this script or the session that
# started it is gone before. All else on the instance goes first (nice).
set -euo pipefail

minutes=${1:-10}
if ! [[ $minutes =~ ^[0-9]+$ ]] || ((10#$minutes < 1 || 10#$minutes > 60)); then
    echo "stress: $minutes is no number of minutes from 1 to 60" >&2
    exit 2
fi
seconds=$((10#$minutes * 60))
processors=$(nproc)
echo "stress: $processors processors busy for $minutes min"
for ((n = 0; n < processors; n++)); do
    timeout "$seconds" nice -n 19 bash -c 'while :; do :; done' &
done
# Every loop ends with the status of a timeout; that is its success.
wait
echo 'stress: over'
