#!/bin/bash
# SPDX-License-Identifier: BSD-2-Clause
#
# Installs the packages of packages.txt that are missing, and says so. Does nothing, quickly, when all are there.
# Runs as root or with sudo. `apt-get update` only when a package cannot be found in the lists the machine has.
#
#   install-packages.sh [STAMP [LIST]]  STAMP: file touched on success, so that make can skip the call (empty: none);
#                                       LIST: another list than packages.txt
set -euo pipefail

here=$(cd "$(dirname "${BASH_SOURCE[0]}")" && pwd)
stamp=${1:-}
list=${2:-$here/packages.txt}

say() { echo "packages: $*"; }

mapfile -t wanted < <(sed -e 's/#.*//' -e '/^[[:space:]]*$/d' "$list")

missing=()
declare -A state
while read -r name status; do
    state[${name%%:*}]=$status
done < <(dpkg-query -W -f '${Package} ${db:Status-Status}\n' "${wanted[@]}" 2>/dev/null || true)
for name in "${wanted[@]}"; do
    [ "${state[$name]:-}" = installed ] || missing+=("$name")
done

if [ ${#missing[@]} -gt 0 ]; then
    if [ "$(id -u)" = 0 ]; then
        as_root=(env)
    elif command -v sudo >/dev/null; then
        as_root=(sudo env)
    else
        say "missing: ${missing[*]}"
        say "neither root nor sudo; please install them with: apt-get install ${missing[*]}" >&2
        exit 1
    fi
    apt=("${as_root[@]}" DEBIAN_FRONTEND=noninteractive apt-get -y -q --no-install-recommends)
    say "installing ${missing[*]}"
    if ! apt-get -q -s --no-install-recommends install "${missing[@]}" >/dev/null 2>&1; then
        say "the package lists are old or empty, updating them"
        "${apt[@]}" update
    fi
    if ! "${apt[@]}" install "${missing[@]}"; then
        say "that failed, trying once more with fresh package lists"
        "${apt[@]}" update
        "${apt[@]}" install "${missing[@]}"
    fi
    say "done"
fi

if [ -n "$stamp" ]; then
    mkdir -p "$(dirname "$stamp")"
    touch "$stamp"
fi
