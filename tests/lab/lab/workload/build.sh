#!/bin/sh
# Copyright (c) 2026, imagefleet.docker contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
#
# Builds the images of a small shop and pushes them. Arguments: registry.
set -eu
registry=$1
export DOCKER_BUILDKIT=0
work=$(mktemp -d)
cp /bin/busybox "$work/busybox"
cd "$work"

random='import random, sys; sys.stdout.buffer.write(random.Random(sys.argv[1]).randbytes(int(sys.argv[2]) * 10**6))'
# data NAME MEGABYTES: the same bytes on every run, which no compression makes smaller.
data() {
    python3 -c "$random" "$1" "$2" >"$work/$1"
}

# build NAME FILE: builds what the Dockerfile on standard input says; only FILE goes to the engine.
build() {
    printf '*\n!busybox\n!%s\n' "$2" >.dockerignore
    docker build -q --network=none -t "$1" -f - . >/dev/null
}

# image NAME FILE: builds and pushes.
image() {
    build "$registry/$1" "$2"
    docker push -q "$registry/$1" >/dev/null
}

data libs 10
data python 8
data vendor-1 5
data vendor-2 6
data tool 6
printf 'FROM scratch\nCOPY busybox /bin/busybox\nCOPY libs /lib/libs\nENTRYPOINT ["/bin/busybox"]\n' | image base/os:12 libs
printf 'FROM %s/base/os:12\nCOPY python /usr/lib/python\n' "$registry" | image base/python:3.11 python

for minor in 0 1 2 3 4 5 6; do
    vendor="vendor-1"
    [ "$minor" -lt 4 ] || vendor="vendor-2"
    data "app-$minor" 3
    printf 'FROM %s/base/python:3.11\nCOPY %s /app/vendor\nCOPY app-%s /app/app\nLABEL org.opencontainers.image.version=1.%s.0\n' \
        "$registry" "$vendor" "$minor" "$minor" | image "shop/web:1.$minor.0" "$vendor
!app-$minor"
done
for minor in 0 1 2 3 4; do
    data "api-$minor" 4
    printf 'FROM %s/base/os:12\nCOPY api-%s /api\n' "$registry" "$minor" | image "shop/api:2.$minor.0" "api-$minor"
done
printf 'FROM %s/base/os:12\nCOPY tool /backup\n' "$registry" | image ops/backup:3 tool
printf 'FROM %s/base/os:12\nCOPY tool /migrate\nLABEL purpose=migrate\n' "$registry" | image ops/migrate:7 tool

# Built here and never pushed: the only copy.
data hotfix 3
printf 'FROM %s/base/os:12\nCOPY hotfix /hotfix\n' "$registry" | build "$registry/shop/web:hotfix" hotfix
# Leftovers of builds: each build takes the name from the one before.
for number in 1 2 3; do
    data "ci-$number" 4
    printf 'FROM %s/base/os:12\nCOPY ci-%s /ci\n' "$registry" "$number" | build ci/build:latest "ci-$number"
done
rm -rf "$work"
