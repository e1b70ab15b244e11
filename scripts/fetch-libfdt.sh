#!/bin/bash
# SPDX-License-Identifier: BSD-2-Clause
#
# Gets the sources of libfdt from Debian's source package device-tree-compiler, once, into the cache, and prints the
# directory that contains libfdt/*.c (messages go to stderr). The machine's apt configuration is only read: a private
# source list and list folder are used. Falls back to the next suites when the machine's own has no sources.
#
# PORTCULLIS_LIBFDT=DIR takes DIR/libfdt instead and downloads nothing.
set -euo pipefail

here=$(cd "$(dirname "${BASH_SOURCE[0]}")" && pwd)
cache=${XDG_CACHE_HOME:-$HOME/.cache}/portcullis/libfdt
package=device-tree-compiler
next_suites="trixie forky sid"

say() { echo "libfdt: $*" >&2; }

if [ -n "${PORTCULLIS_LIBFDT:-}" ]; then
    [ -f "$PORTCULLIS_LIBFDT/libfdt/fdt.c" ] || { say "no libfdt/fdt.c in PORTCULLIS_LIBFDT=$PORTCULLIS_LIBFDT"; exit 1; }
    (cd "$PORTCULLIS_LIBFDT" && pwd)
    exit 0
fi

# The version wanted is that of the tools on this machine, so that both worlds agree on the format.
wanted=$(dpkg-query -W -f '${source:Version}' "$package" 2>/dev/null || true)
entry=$cache/for-${wanted:-any}

print_cached() { [ -f "$entry/libfdt/fdt.c" ] && (cd "$entry" && pwd -P); }

print_cached && exit 0

mkdir -p "$cache"
exec 9>"$cache/lock"
flock 9
print_cached && exit 0          # another build fetched it while we waited

tmp=$(mktemp -d "$cache/tmp.XXXXXX")
trap 'rm -rf "$tmp"' EXIT

# fetch SUITE VERSION: leaves the upstream tarball in $tmp/dl ("" = the machine's own suite, "" = any version).
# Mirrors sometimes lack one file of a source package. The upstream tarball is all we need, and apt keeps a file only
# when its hash is the one in the signed index, so what counts is whether the tarball arrived.
fetch()
{
    local suite=$1 version=$2
    local apt=(-oDir::State::Lists="$tmp/lists" -oDir::Cache="$tmp/cache" -oDir::Etc::sourcelist="$tmp/apt.sources"
               -oDir::Etc::sourceparts=/dev/null -oDir::State::status="$tmp/status" -oAPT::Sandbox::User="$(id -un)"
               -oAcquire::Languages=none -oAcquire::Retries=2 -qq)

    rm -rf "$tmp/lists" "$tmp/cache" "$tmp/dl"
    mkdir -p "$tmp/lists/partial" "$tmp/cache/archives/partial" "$tmp/dl"
    : > "$tmp/status"           # nothing installed: apt would ask for the source of the installed version only
    : > "$tmp/log"
    /usr/bin/python3 "$here/debian-sources.py" --types deb-src ${suite:+--suite "$suite"} > "$tmp/apt.sources" || return 1
    apt-get "${apt[@]}" update > "$tmp/log" 2>&1 || return 1
    (cd "$tmp/dl" && apt-get "${apt[@]}" --download-only source "$package${version:+=$version}") >> "$tmp/log" 2>&1 || true
    tarball=$(find "$tmp/dl" -maxdepth 1 -name "${package}_*.orig.tar.*" ! -name '*.asc' | head -n 1)
    [ -n "$tarball" ]
}

say "fetching the source package $package${wanted:+ $wanted}"
tarball=
for try in "own $wanted" "own" $next_suites; do
    set -- $try
    suite=$1
    if [ "$suite" = own ]; then
        suite=
    fi
    if fetch "$suite" "${2:-}"; then
        break
    fi
    say "not to be had from ${suite:-the suite of this machine}${2:+ in version $2}"
done
[ -n "$tarball" ] || { cat "$tmp/log" >&2; say "no source of $package could be fetched"; exit 1; }

version=$(basename "$tarball" | sed -E "s/^${package}_(.*)\.orig\.tar\..*/\1/")
mkdir "$tmp/src" "$tmp/keep"
tar -C "$tmp/src" --strip-components=1 -xf "$tarball"
cp -r "$tmp/src/libfdt" "$tmp/keep/libfdt"
for file in README.license GPL BSD-2-Clause; do
    if [ -f "$tmp/src/$file" ]; then
        cp "$tmp/src/$file" "$tmp/keep/"
    fi
done
[ -f "$tmp/keep/libfdt/fdt.c" ] || { say "no libfdt in $(basename "$tarball")"; exit 1; }
rm -rf "${cache:?}/$version"
mv "$tmp/keep" "$cache/$version"
ln -sfn "$version" "$entry"
say "took version $version"
print_cached
