#!/bin/busybox sh
# SPDX-License-Identifier: BSD-2-Clause
#
# The first program of a guest: says what the kernel found, does what the kernel's command line asks for behind `--`,
# and ends the machine. Every line of its own starts with `guest:`, so that tools can tell it from the kernel's.
#
#   xtest=all | xtest=<part of a test's name> | xtest=no     OP-TEE's tests (default: no)
#   listen=<n>        from before the tests on: says when NPIs have arrived, until <n> did, or none for listen_s=<seconds>
#                     (default 60) after the tests; every 5 s without any it says how many there are still
#   offline=<cpu>     takes a CPU away before the tests
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

xtest=no offline= listen=0 listen_s=60 shell=no end=off
for word in "$@"; do
    case $word in
    xtest=*) xtest=${word#xtest=} ;;
    offline=*) offline=${word#offline=} ;;
    listen=*) listen=${word#listen=} ;;
    listen_s=*) listen_s=${word#listen_s=} ;;
    shell) shell=yes ;;
    end=*) end=${word#end=} ;;
    esac
done

say() { echo "guest: $*"; }
dump() { sed "s/^/guest: $1: /"; }
# Interrupts named $1, of all CPUs. Without other programs, which take long where everything is emulated.
count() {
    local line word n=0
    while read -r line; do
        case $line in *"$1"*)
            for word in ${line#*:}; do
                case $word in *[!0-9]*) break ;; esac
                n=$((n + word))
            done ;;
        esac
    done </proc/interrupts
    echo $n
}

# Runs beside the tests; /tmp/testing is there while they run.
listener() {
    local first now new up quiet told
    first=$(count ARM-FFA-NPI)
    now=$first
    read -r up _ </proc/uptime
    quiet=${up%.*} told=$quiet
    say "listening, npi $first"
    while [ $((now - first)) -lt "$listen" ] && [ $((${up%.*} - quiet)) -lt "$listen_s" ]; do
        usleep 50000
        read -r up _ </proc/uptime
        new=$(count ARM-FFA-NPI)
        if [ "$new" != "$now" ]; then
            now=$new quiet=${up%.*} told=$quiet
            say "npi $now"
        elif [ $((${up%.*} - told)) -ge 5 ]; then
            told=${up%.*}
            say "still npi $now"
        fi
        [ ! -e /tmp/testing ] || quiet=${up%.*}
    done
    say "listened, npi $now"
}

say "kernel $(uname -r) cpus $(nproc) memory $(awk '/MemTotal/ { print $2 }' /proc/meminfo) KiB"
dmesg | grep -iE 'ff-?a|optee|op-tee|psci|smp:|GICv3' | dump dmesg
# <0> to <4>: emergencies to warnings
dmesg -r | grep '^<[0-4]>' | cut -d']' -f2- | dump warning
say "conduit $(tr -d '\0' </proc/device-tree/psci/method)"
say "ffa devices: $(ls /sys/bus/arm_ffa/devices 2>/dev/null | tr '\n' ' ')"
say "tee devices: $(cd /dev && ls -d tee* 2>/dev/null | tr '\n' ' ')"
grep -E 'FFA' /proc/interrupts | dump interrupts
ifconfig lo 127.0.0.1 up 2>/dev/null

if [ -e /dev/teepriv0 ]; then
    tee-supplicant -d || say "tee-supplicant: status $?"
fi
if [ -n "$offline" ]; then
    echo 0 >"/sys/devices/system/cpu/cpu$offline/online"
    say "online $(cat /sys/devices/system/cpu/online)"
fi
[ "$xtest" = no ] || touch /tmp/testing
[ "$listen" = 0 ] || listener &
if [ "$xtest" = no ]; then
    :
elif [ ! -e /dev/tee0 ]; then
    say "xtest: there is no OP-TEE here"
else
    say "xtest: start $xtest"
    read -r up _ </proc/uptime
    start=${up%.*}
    [ "$xtest" != all ] || xtest=
    xtest -l 0 -t regression $xtest
    status=$?
    read -r up _ </proc/uptime
    say "xtest: status $status after $((${up%.*} - start)) s"
fi

rm -f /tmp/testing
wait    # for the listener

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
