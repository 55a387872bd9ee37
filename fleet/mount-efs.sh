#!/bin/bash
# Mounts the stack's file system on this instance, and lets the instance into
# service only when a file could be written there and read back.
#
# Run by: the user data at the first boot (template.yaml, FleetLaunchTemplate),
#   and at each later boot by cloud-init, from its folder of per-boot scripts.
#   At a later boot fstab has usually mounted already; here it is verified.
# Reads: /etc/mount-efs.conf: FILE_SYSTEM_ID, MOUNT_POINT, GROUP_NAME, HOOK_NAME,
#   and AWS_DEFAULT_REGION for the AWS CLI.
# Needs: Amazon Linux 2023, which has bash, curl, dnf, rpm and the AWS CLI.
# Calls: `autoscaling:CompleteLifecycleAction`, `autoscaling:SetInstanceHealth`.
# Says each step in one line, in /var/log/cloud-init-output.log and on the console.
# shellcheck disable=SC2329 # steps are functions that `until_done` calls by name
set -uo pipefail

# Seconds from the start of this script. Auto Scaling abandons a launch after 600
# (HeartbeatTimeout); its clock is ahead of ours by the boot so far.
readonly MOUNT_LIMIT=480 TELL_LIMIT=530
readonly IN_SERVICE=/var/lib/mount-efs.in-service OUTPUT=/run/mount-efs.output
limit=$MOUNT_LIMIT result=ABANDON instance_id='' cause=''

main() {
    # Words go to the first stdout, wherever the step that is interrupted sends its own.
    exec 3>&1
    started=$(uptime_seconds)
    trap 'conclude' EXIT
    trap 'say "a signal asks to end"; exit 143' HUP INT TERM
    set -a
    # shellcheck source=/dev/null
    . /etc/mount-efs.conf || exit 1
    set +a
    until_done 'instance id' know_instance || exit 1
    until_done 'package amazon-efs-utils' install_efs_utils || exit 1
    write_fstab || exit 1
    until_done "$FILE_SYSTEM_ID on $MOUNT_POINT" mount_and_probe || exit 1
    result=CONTINUE
    exit 0
}

# From the service that every instance has, with the token that IMDSv2 asks for.
know_instance() {
    local imds=http://169.254.169.254/latest token
    token=$(bounded 10 curl -sf -X PUT -H 'X-aws-ec2-metadata-token-ttl-seconds: 60' "$imds/api/token") &&
        instance_id=$(bounded 10 curl -sf -H "X-aws-ec2-metadata-token: $token" "$imds/meta-data/instance-id") &&
        [[ $instance_id == i-* ]] && return 0
    instance_id='' cause='the instance metadata service did not tell it'
    return 1
}

install_efs_utils() {
    rpm -q --quiet amazon-efs-utils && return 0
    bounded 120 dnf -y install amazon-efs-utils >"$OUTPUT" 2>&1
    cause="dnf ended with $? and said: $(last_words)"
    rpm -q --quiet amazon-efs-utils
}

# nofail: an instance without its files must still boot, so that one can look at
# it. _netdev: without it efs-utils gives up in silence while the network comes up.
# TLS and the role of the instance protect the traffic; efs-utils cannot do the
# one without the other.
write_fstab() {
    local source place _
    # At a later boot the file system may be mounted already, and hang.
    if ! bounded 30 mkdir -p "$MOUNT_POINT"; then
        say "$MOUNT_POINT: cannot be made, or what is mounted there hangs; given up"
        return 1
    fi
    while read -r source place _; do
        [[ $place == "$MOUNT_POINT" && $source != '#'* ]] || continue
        [[ $source == "$FILE_SYSTEM_ID"* ]] && return 0
        say "fstab: $MOUNT_POINT is already the place of $source; take that line out of /etc/fstab of the image"
        return 1
    done </etc/fstab
    echo "$FILE_SYSTEM_ID:/ $MOUNT_POINT efs _netdev,nofail,noresvport,tls,iam 0 0" >>/etc/fstab || return 1
    bounded 30 systemctl daemon-reload
    say 'fstab: line added, by which later boots mount'
}

# The exit status of mount is told, not trusted: efs-utils may end with 0 without
# a mount, and with an error after one. Its output goes to a file, because the
# helpers that stay behind would hold a pipe open for ever.
mount_and_probe() {
    if ! mounted; then
        bounded 60 mount "$MOUNT_POINT" >"$OUTPUT" 2>&1
        cause="not mounted; mount ended with $? and said: $(last_words)"
        mounted || return 1
    fi
    probe && return 0
    cause="mounted, but a file cannot be written and read back: $(last_words)"
    return 1
}

mounted() {
    bounded 30 mountpoint -q "$MOUNT_POINT"
}

# The file's name is new each time: every instance probes the same folder.
probe() {
    # shellcheck disable=SC2016 # expanded by the inner shell, which `timeout` can stop
    bounded 30 bash -c '
        file=$(mktemp "$1/.mount-probe-$2-XXXXXX") && printf %s "$file" >"$file" && sync "$file" &&
            [[ $(cat "$file") == "$file" ]] && rm "$file"
    ' probe "$MOUNT_POINT" "$instance_id" >"$OUTPUT" 2>&1
}

# However this script ends: the launch that waits for it is told. (In a trap, `return`
# and `exit` need a number: without one they give the status of before the trap.)
conclude() {
    trap - EXIT HUP INT TERM
    limit=$TELL_LIMIT
    if [[ -z $instance_id ]]; then
        say "nobody can be told without the instance id; Auto Scaling abandons this launch by itself"
        exit 1
    fi
    if [[ $(cat "$IN_SERVICE" 2>/dev/null) != "$instance_id" ]]; then
        until_done "lifecycle hook $HOOK_NAME, $result" complete_hook || exit 1
        [[ $result == CONTINUE ]] && printf '%s\n' "$instance_id" >"$IN_SERVICE"
    elif [[ $result == ABANDON ]]; then
        until_done 'health of the instance, Unhealthy' report_unhealthy || exit 1
    fi
    [[ $result == CONTINUE ]] && exit 0
    exit 1
}

# Refused at first where the script was faster than Auto Scaling, which has yet to
# notice that the instance runs.
complete_hook() {
    aws_says autoscaling complete-lifecycle-action --auto-scaling-group-name "$GROUP_NAME" \
        --lifecycle-hook-name "$HOOK_NAME" --instance-id "$instance_id" --lifecycle-action-result "$result"
}

# No hook waits at a later boot: the group replaces an instance that is unhealthy.
report_unhealthy() {
    aws_says autoscaling set-instance-health --instance-id "$instance_id" --health-status Unhealthy
}

aws_says() {
    bounded 20 aws "$@" >"$OUTPUT" 2>&1 && return 0
    cause="the AWS CLI ended with $? and said: $(last_words)"
    return 1
}

# Repeats a step until it holds. Gives up, and says why, when the time is over.
until_done() {
    local what=$1 step=$2 attempt=1 pause=5
    until "$step"; do
        if (($(elapsed) + pause > limit)); then
            say "$what: $cause; given up after attempt $attempt"
            return 1
        fi
        say "$what: $cause; attempt $((attempt + 1)) in $pause s"
        sleep "$pause"
        attempt=$((attempt + 1)) pause=$((pause < 30 ? pause + 5 : 30))
    done
    say "$what: done, attempt $attempt"
}

# At most so many seconds, and no more than are left. A hanging NFS call ignores a
# polite request to end.
bounded() {
    local most=$1 left=$((limit - $(elapsed)))
    ((left < most)) && most=$((left > 1 ? left : 1))
    timeout --kill-after=5 "$most" "${@:2}" 3>&-
}

last_words() {
    local words
    words=$(tail -n 1 "$OUTPUT" | cut -c 1-300)
    echo "${words:-nothing}"
}

elapsed() {
    echo $(($(uptime_seconds) - started))
}

# Not the time of day, which jumps when the clock is set during the boot.
uptime_seconds() {
    local seconds
    read -r seconds _ </proc/uptime
    echo "${seconds%%.*}"
}

say() {
    echo "mount-efs: $* ($(elapsed) s)" >&3
}

main "$@"
