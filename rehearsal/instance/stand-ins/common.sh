# What the stand-ins share. The clock of a played instance is a file: time passes
# only where a stand-in lets it.
# shellcheck shell=bash

now() {
    local seconds
    read -r seconds _ </proc/uptime
    echo "${seconds%%.*}"
}

pass() {
    echo "$(($(now) + $1)).00 0.00" >/proc/uptime
}

# Notes a call, with its time, for those who look on.
called() {
    echo "$(now) ${0##*/} $*" >>/var/calls
}

# How often this program was called so far, with this call.
calls() {
    grep -c "^[0-9]* ${0##*/} " /var/calls
}

# Runs a program of this machine, which then finds no stand-ins either.
REAL=/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin
real() {
    PATH=$REAL "$@"
}

# Waits for an NFS server that never answers; not even TERM reaches such a process.
hang() {
    trap '' TERM
    touch /run/hangs
    while :; do real sleep 1; done
}
