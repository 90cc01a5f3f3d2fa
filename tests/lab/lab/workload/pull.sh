#!/bin/sh
# Copyright (c) 2026, imagefleet.docker contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
#
# Pulls what a host of the shop has collected over time. Arguments: registry.
set -eu
registry=$1
for minor in 0 1 2 3 4 5 6; do docker pull -q "$registry/shop/web:1.$minor.0" >/dev/null; done
for minor in 0 1 2 3 4; do docker pull -q "$registry/shop/api:2.$minor.0" >/dev/null; done
docker pull -q "$registry/ops/backup:3" >/dev/null
docker pull -q "$registry/ops/migrate:7" >/dev/null
