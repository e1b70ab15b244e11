#!/bin/busybox sh
# SPDX-License-Identifier: BSD-2-Clause
#
# The first program of a guest: says what the kernel found, does what the kernel's command line asks for behind `--`,
# and ends the machine. Every line of its own starts with `guest:`, so that tools can tell it from the kernel's.
#
#   xtest=all | xtest=<part of a test's name> | xtest=no     OP-TEE's tests (default: no)
#   listen=<n>        wait until <n> more NPIs arrived, at most listen_s=<seconds> (default 60)
#   shell             a shell on the console; the machine ends with it
#   end=off|reboot|halt          how it ends (default: off)

/bin/busybox mkdir -p /bin
/bin/busybox --install -s /bin
export PATH=/bin:/sbin:/usr/bin:/usr/sbin HOME=/root

mount -t proc proc /proc
mount -t sysfs sysfs /sys
mount -t devtmpfs devtmpfs /dev 2>/dev/null
mount -t debugfs debugfs /sys/kernel/debug 2>/dev/null
mount -t tmpfs tmpfs /tmp
exec </dev/console >/dev/console 2>&1
echo 1 > /proc/sys/kernel/printk 2>/dev/null

xtest=no listen=0 listen_s=60 shell=no end=off
for word in "$@"; do
    case $word in
    xtest=*) xtest=${word#xtest=} ;;
    listen=*) listen=${word#listen=} ;;
    listen_s=*) listen_s=${word#listen_s=} ;;
    shell) shell=yes ;;
    end=*) end=${word#end=} ;;
    esac
done

say() { echo "guest: $*"; }
dump() { sed "s/^/guest: $1: /"; }
# Interrupts named $1, of all CPUs.
count() { awk -v name="$1" '$0 ~ name { for (i = 2; $i ~ /^[0-9]+$/; i++) n += $i } END { print n + 0 }' /proc/interrupts; }

say "kernel $(uname -r) cpus $(nproc) memory $(awk '/MemTotal/ { print $2 }' /proc/meminfo) KiB"
dmesg | grep -iE 'ff-?a|optee|op-tee|psci|smp:|GICv3' | dump dmesg
# <0> to <4>: emergencies to warnings
dmesg -r | grep '^<[0-4]>' | cut -d']' -f2- | dump warning
say "ffa devices: $(ls /sys/bus/arm_ffa/devices 2>/dev/null | tr '\n' ' ')"
say "tee devices: $(cd /dev && ls -d tee* 2>/dev/null | tr '\n' ' ')"
grep -E 'FFA' /proc/interrupts | dump interrupts
ifconfig lo 127.0.0.1 up 2>/dev/null

if [ -e /dev/teepriv0 ]; then
    tee-supplicant -d || say "tee-supplicant: status $?"
fi
case $xtest in
no) ;;
all) say "xtest: start"; xtest -l 0 -t regression; say "xtest: status $?" ;;
*) say "xtest: start $xtest"; xtest -l 0 -t regression "$xtest"; say "xtest: status $?" ;;
esac

if [ "$listen" -gt 0 ]; then
    first=$(count ARM-FFA-NPI)
    now=$first
    until=$(($(cut -d. -f1 /proc/uptime) + listen_s))
    say "listening, npi $first"
    while [ $((now - first)) -lt "$listen" ] && [ "$(cut -d. -f1 /proc/uptime)" -lt "$until" ]; do
        usleep 100000
        new=$(count ARM-FFA-NPI)
        [ "$new" = "$now" ] || say "npi $new"
        now=$new
    done
    say "listened, npi $now"
fi

if [ "$shell" = yes ]; then
    say "shell; exit ends the machine"
    setsid cttyhack sh
fi

grep -E 'FFA' /proc/interrupts | dump interrupts
# What the kernel complained of while the tests ran.
dmesg -r | grep '^<[0-3]>' | cut -d']' -f2- | dump error
say "end: $end"
case $end in
reboot) reboot -f ;;
halt) halt -f ;;
*) poweroff -f ;;
esac
