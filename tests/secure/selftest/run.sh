#!/bin/sh
# SPDX-License-Identifier: BSD-2-Clause
# Boots the secure world with the selftest as its normal world; passes if the TAP is complete and without "not ok",
# the machine powered itself off with code 0, and the ledger balances.
out=$1
timeout 60 qemu-system-aarch64 -M virt,secure=on,virtualization=on,gic-version=3 -cpu max -smp 2 -m 1G \
    -display none -nic none -monitor none -bios "$out/firmware.bin" \
    -serial "file:$out/selftest.tap" -serial "file:$out/selftest.log" \
    -device loader,file="$out/selftest/selftest.bin",addr=0x60000000,force-raw=on
code=$?
cat "$out/selftest.tap"
fail=0
[ $code -eq 0 ] || { echo "# QEMU ended with $code"; fail=1; }
grep -q '^1\.\.[1-9]' "$out/selftest.tap" || { echo "# no plan: it did not finish"; fail=1; }
! grep -q '^not ok' "$out/selftest.tap" || fail=1
grep -q 'spmc: FF-A 1.2, 3 SPs, SRI SGI 8' "$out/selftest.log" || { echo "# no boot line"; fail=1; }
awk '/spmc: balance:/ { for ( i = 1; i < NF; i++ ) v[$i] = $(i + 1); seen = 1 }
     END { left = v["bitmaps"] + v["bound"] + v["vms"] + v["rxtx"]
           exit !(seen && v["set"] > 0 && v["set"] == v["delivered"] + v["discarded"] && left == 0) }' "$out/selftest.log" || { echo "# the balance is wrong"; fail=1; }
[ $fail -eq 0 ] || tail -20 "$out/selftest.log"
exit $fail
