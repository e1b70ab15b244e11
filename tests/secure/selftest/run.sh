#!/bin/sh
# SPDX-License-Identifier: BSD-2-Clause
# Boots the secure world with the selftest as its normal world: once in full, then once per firmware option (written to
# the mailbox). A boot passes if its TAP is complete and without "not ok" and the machine powered itself off with code 0;
# the full one also needs the boot line and a ledger that balances.
out=$1
fail=0

put() { printf ' -device loader,addr=%s,data=%s,data-len=4' "$1" "$2"; }

# boot <name> <cpus> [offset value]...
boot() {
    name=$1 cpus=$2
    shift 2
    mailbox=
    [ $# -eq 0 ] || mailbox=$(put 0x4fff0000 0x5754)
    while [ $# -gt 0 ]; do
        mailbox="$mailbox$(put $((0x4fff0000 + $1)) "$2")"
        shift 2
    done
    tap=$out/selftest-$name.tap log=$out/selftest-$name.log
    # shellcheck disable=SC2086
    timeout 60 qemu-system-aarch64 -M virt,secure=on,virtualization=on,gic-version=3 -cpu max -smp "$cpus" -m 1G \
        -display none -nic none -monitor none -bios "$out/firmware.bin" -serial "file:$tap" -serial "file:$log" \
        -device loader,file="$out/selftest/selftest.bin",addr=0x60000000,force-raw=on $mailbox
    code=$?
    bad=0
    [ $code -eq 0 ] || { echo "# $name: QEMU ended with $code"; bad=1; }
    grep -q '^1\.\.[1-9]' "$tap" || { echo "# $name: it did not finish"; bad=1; }
    ! grep -q '^not ok' "$tap" || bad=1
    [ $bad -eq 0 ] && echo "ok - $name: $(grep -c '^ok' "$tap") checks" || { cat "$tap"; tail -20 "$log"; fail=1; }
}

boot full 2
grep -q 'spmc: FF-A 1.2, 3 SPs, SRI SGI 8' "$out/selftest-full.log" || { echo "# no boot line"; fail=1; }
awk '/spmc: balance:/ { for ( i = 1; i < NF; i++ ) v[$i] = $(i + 1); seen = 1 }
     END { left = v["bitmaps"] + v["bound"] + v["vms"] + v["rxtx"] + v["shares"]
           exit !(seen && v["set"] > 0 && v["set"] == v["delivered"] + v["discarded"] && left == 0) }' \
    "$out/selftest-full.log" || { echo "# the balance is wrong"; fail=1; }
boot no-ffa 2 4 1
boot no-notif 1 4 2
boot no-per-vcpu 1 4 4
boot info32 1 4 8
boot no-acquire 1 4 16
boot destroy-bound 1 4 64
boot no-regs 1 4 128
boot no-sve 1 4 256
boot v1.1 1 16 0x10001
boot v1.0 8 16 0x10000
boot fault-at-boot 20 24 6 28 0x69 32 0xfffffffa 36 1
boot reset 2 4 0x80000000
boot abort 1 4 0x40000000
boot el3 1 4 0x20000100
grep -q 'el3: unexpected sync from lower AArch64 on cpu0, normal world' "$out/selftest-el3.log" ||
    { echo "# el3: no report"; fail=1; }
boot el1 1 40 1
exit $fail
