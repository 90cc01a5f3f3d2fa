#!/bin/sh
# Copyright (c) 2026, imagefleet.docker contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
#
# Containers in several states. Arguments: registry, name of the host.
set -eu
registry=$1
host=$2
start() {
    name=$1
    shift
    docker run -d --network=none --name "$name" "$@" >/dev/null
}
start web "$registry/shop/web:1.6.0" sleep 2000000000
case $host in
host-1)
    # Waits for its turn; nothing runs, and still it needs its image.
    docker create --network=none --name migrate "$registry/ops/migrate:7" sleep 1 >/dev/null
    ;;
host-2)
    # Ended, not removed; started again by hand when needed.
    docker run --network=none --name backup "$registry/ops/backup:3" true
    ;;
host-3)
    # An old version of the interface still runs here.
    start api "$registry/shop/api:2.1.0" sleep 2000000000
    ;;
host-4)
    docker create --network=none --name backup "$registry/ops/backup:3" true >/dev/null
    ;;
esac
