#!/usr/bin/env bash
# Copyright 2026 the avpr_ros developers
# SPDX-License-Identifier: Apache-2.0
#
# The instructions of docker/offline.Dockerfile without a container engine, in a root of Debian:
#   sudo test/newcomer/container.sh ROOT
# ROOT is made by debootstrap, of the release that SUITE names (bookworm by default), whose Python
# takes the place of the image's; it stays. COPY and RUN are carried out as they stand in the file,
# then the image's command is run, and its results are in ROOT. BIND: folders of this machine that
# are mounted into the root, for example of wheels.
set -euo pipefail
here=$(cd "$(dirname "$0")/../.." && pwd)
root=${1:?the folder of the root}
run() { echo "\$ $*"; "$@"; }

[ -e "$root/usr/bin/python3" ] || run debootstrap --variant=minbase \
    --include=python3,python3-pip,python3-venv,ca-certificates "${SUITE:-bookworm}" "$root"
# As in the official images of Python: pip installs beside the interpreter, `python` is python3.
rm -f "$root"/usr/lib/python3*/EXTERNALLY-MANAGED
ln -sf python3 "$root/usr/bin/python"
# Names and registries as this machine has them: certificates, pip's files, folders of wheels.
for file in /etc/resolv.conf /etc/pip.conf /etc/xdg/pip /etc/ssl/certs/ca-certificates.crt; do
    [ ! -e "$file" ] || { mkdir -p "$root${file%/*}"; cp -rL "$file" "$root${file%/*}/"; }
done
# shellcheck disable=SC2206  # BIND is a list of folders, divided at blanks.
mounts=(/proc /dev ${BIND:-})
for mounted in "${mounts[@]}"; do
    mkdir -p "$root$mounted"
    mountpoint -q "$root$mounted" || mount --rbind --make-rslave "$mounted" "$root$mounted"
done
trap 'for mounted in "${mounts[@]}"; do umount -l "$root$mounted"; done' EXIT

rm -rf "$root/opt/avpr_ros"
run git clone --quiet "$here" "$root/opt/avpr_ros"
directory=/
mapfile -t settings < <(env | grep '^PIP_' || true)
inside() {
    env -i PATH=/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin HOME=/root \
        "${settings[@]}" chroot "$root" /bin/sh -ec "cd $directory; $1"
}
# One instruction a line: comments out, continued lines joined.
while read -r word rest; do
    case $word in
        WORKDIR) directory=$rest; mkdir -p "$root$directory" ;;
        ARG | ENV) [[ $rest != *=* ]] || settings+=("${rest%% *}") ;;
        COPY) [ "$rest" = '. .' ] ;;  # the clone above
        RUN) echo "\$ $rest"; inside "$rest" ;;
    esac
done < <(sed '/^#/d' "$here/docker/offline.Dockerfile" | sed -e ':a' -e '/\\$/N; s/\\\n *//; ta')
run inside 'avpr --help'
directory=/data
mkdir -p "$root/data"
run inside 'avpr demo'
echo 'container: every instruction ended as it should'
