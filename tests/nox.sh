#!/bin/sh
# Copyright (c) 2026, imagefleet.docker contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
#
# nox from an environment of its own, made when it is missing. All it writes is build/ and .nox/ of this checkout.
set -eu
cd "$(dirname "$0")/.."

# The lab's downloads are shared by all checkouts; what pip, uv and nox keep stays in this one.
export IMAGEFLEET_LAB_CACHE="${IMAGEFLEET_LAB_CACHE:-${XDG_CACHE_HOME:-$HOME/.cache}/imagefleet-lab}"
export XDG_CACHE_HOME="$PWD/build/cache"

nox=build/nox/bin/nox
wanted='nox[uv]==2026.10.20'

if [ "$(cat build/nox/wanted 2>/dev/null)" != "$wanted" ]; then
    python3 -c 'import sys; sys.exit(sys.version_info < (3, 11))' || {
        echo "Python 3.11 or newer is needed as python3 (Debian 12 has it)" >&2
        exit 1
    }
    if ! python3 -c 'import ensurepip, venv' 2>/dev/null; then
        echo "installing python3-venv, which this machine lacks" >&2
        apt-get -qq update && apt-get -qq install -y --no-install-recommends python3-venv >/dev/null
    fi
    rm -rf build/nox
    python3 -m venv build/nox
    build/nox/bin/pip install -q --disable-pip-version-check "$wanted" 2>build/nox/pip.log || {
        cat build/nox/pip.log >&2
        exit 1
    }
    echo "$wanted" >build/nox/wanted
fi

# uv takes the machine's certificate authorities, as pip does, and has patience with a slow package index.
export UV_SYSTEM_CERTS=1
export UV_HTTP_TIMEOUT="${UV_HTTP_TIMEOUT:-180}"
export UV_HTTP_RETRIES="${UV_HTTP_RETRIES:-8}"
PATH="$PWD/build/nox/bin:$PATH" exec "$nox" "$@"
