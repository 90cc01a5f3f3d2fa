#!/bin/sh
# Copyright (c) 2026, imagefleet.docker contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
#
# Managed by Ansible, role imagefleet.docker.registry_mirror.
# The first step of a cache's start, as its own user: sets its content aside, or puts it back, when the clean-up has ordered that.
# Whatever ends half way is finished by the next start.
set -eu

storage=$1
order=$storage/.imagefleet-order
aside=$storage/.imagefleet-aside

[ -f "$order" ] || exit 0
case $(cat "$order") in
empty)
    mkdir -p "$aside"
    for part in docker scheduler-state.json; do
        if [ -e "$storage/$part" ] && [ ! -e "$aside/$part" ]; then
            mv "$storage/$part" "$aside/$part"
        fi
    done
    ;;
restore)
    for part in docker scheduler-state.json; do
        if [ -e "$aside/$part" ]; then
            rm -rf "${storage:?}/$part"
            mv "$aside/$part" "$storage/$part"
        fi
    done
    rm -rf "$aside"
    ;;
esac
rm -f "$order"
