#!/bin/sh
# Copyright (c) 2026, imagefleet.docker contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
#
# Removes records of builders that no build used for HOURS, and local caches (type=local) that no build wrote for as long.
#   clean-builders HOURS [--builder NAME]... [--folder FOLDER]...
# Exits 1 when something could not be cleaned, after the rest was.
set -u

hours=$1
shift
docker=${DOCKER:-docker}
code=0

prune() {
    # One that does not run has nothing that could be asked, and is not started for this.
    if ! "$docker" buildx inspect "$1" 2>/dev/null | grep -q '^Status: *running'; then
        echo "builder $1 does not run, nothing is cleaned"
        return
    fi
    "$docker" buildx prune --force --builder "$1" --filter "until=${hours}h" || code=1
}

# A cache has index.json, written anew by each build that exports to it, and blobs. Nothing else is touched.
remove() {
    [ -d "$1" ] || return 0
    for folder in "$1"/*/; do
        folder=${folder%/}
        if [ -L "$folder" ] || [ ! -d "$folder/blobs" ] || [ ! -f "$folder/index.json" ]; then
            continue
        fi
        if [ -n "$(find "$folder/index.json" -mmin "+$((hours * 60))")" ]; then
            echo "cache $folder was last written more than $hours hours ago, it is removed"
            rm -rf --one-file-system -- "$folder" || code=1
        fi
    done
}

while [ $# -gt 1 ]; do
    case $1 in
        --builder) prune "$2" ;;
        --folder) remove "$2" ;;
        *)
            echo "what is $1?" >&2
            exit 2
            ;;
    esac
    shift 2
done
exit $code
