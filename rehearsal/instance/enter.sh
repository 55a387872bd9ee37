#!/bin/bash
# Makes a played instance out of this process, which has namespaces of its own:
# the programs of this machine, a disk, a clock and stand-ins of its own, and
# nothing of this machine's /etc (but to read), /mnt, /run, /tmp and /var.
#
# Usage: enter.sh INSTANCE FILES STAND-INS [FOLDER]...
#   INSTANCE   a folder: disk/ is kept from boot to boot, uptime is its clock
#   FILES      the folder that the mount target serves
#   FOLDER     seen at the same path inside, as it is outside
# Then runs each line of standard input as a shell command, and answers with its
# exit status in a line; what it said stands in disk/run/said.
set -euo pipefail
PATH=$PATH:/usr/sbin:/sbin
instance=$1 files=$2 stand_ins=$3
shift 3
root=$instance/root disk=$instance/disk
mkdir -p "$root" "$disk"/{etc,mnt,run,tmp,var/lib/cloud/scripts/per-boot}
touch "$disk/etc/fstab"

# Mounts that are made here stay here.
mount --make-rprivate /
mount -t tmpfs played "$root"
bring() {
    mkdir -p "$root$2"
    mount --rbind "$1" "$root$2"
}
for folder in /*; do
    case $folder in
    /etc | /mnt | /run | /tmp | /var) ;;
    *) if [[ -L $folder ]]; then cp -P "$folder" "$root$folder"; elif [[ -d $folder ]]; then bring "$folder" "$folder"; fi ;;
    esac
done
for folder in mnt run tmp var; do
    bring "$disk/$folder" "/$folder"
done
# Programs read their settings from /etc; two of its files are the instance's own.
bring /etc /host-etc
mkdir "$root/etc"
for file in /etc/*; do
    ln -s "/host-etc/${file##*/}" "$root$file"
done
for file in fstab mount-efs.conf; do
    ln -sf "/own-etc/$file" "$root/etc/$file"
done
bring "$disk/etc" /own-etc
bring "$files" /mount-target
bring "$stand_ins" /stand-ins
for folder in "$@"; do
    bring "$folder" "$folder"
done
mount --bind "$instance/uptime" "$root/proc/uptime"

export PATH=/stand-ins:/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin
# shellcheck disable=SC2016 # expanded inside
exec chroot "$root" /bin/bash -c '
    cd /
    while IFS= read -r order; do
        status=0
        bash -c "$order" </dev/null >/run/said 2>&1 || status=$?
        echo "$status"
    done'
