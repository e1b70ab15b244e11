/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * ledger: a control domain reads by sysctl what became of every notification, by domain and bit: its own, that sp.notify set, and
 * those of domains that ring each other; while they do, when they have shut down, and when they are gone.
 * Command line: first=<id> (2), last=<id> (3): those domains, which run vmring; version=1.1|1.2.
 */
#include "ffa_port.h"
#include "../toolstack/toolstack.h"

#define TIMEOUT_US      60000000
#define BIT_NR          9
#define RINGS           3

static volatile unsigned int got;

static void on_bit(struct ffa *f, unsigned int n, uint16_t vcpu, void *arg)
{
    (void)f;
    (void)n;
    (void)vcpu;
    (void)arg;
    got++;
}

static int64_t look_up(uint16_t domid, unsigned int way, unsigned int bit, struct xen_sysctl_ffa_ledger *l)
{
    struct xen_sysctl op = {
        .cmd = XEN_SYSCTL_ffa_ledger, .u.ffa_ledger = { .domain = domid, .way = (uint16_t)way, .bit = bit },
    };
    int64_t rc = ts_sysctl(&op);

    *l = op.u.ffa_ledger;
    return rc;
}

static void own(uint16_t self)
{
    struct xen_sysctl_ffa_ledger l;
    unsigned int i;

    expect_eq(ffa_notif_register(&ffa, SP_NOTIFY_ID, BIT_NR, 0, on_bit, NULL), FFA_OK, "bit %u is bound", BIT_NR);
    for ( i = 1; i <= RINGS; i++ )
    {
        uint64_t w[5] = { NOTIFY_RING, 0, BIT(BIT_NR), 0, 0xff00 };

        expect_eq(sp_command(SP_NOTIFY_ID, w), FFA_OK, "ring %u", i);
        ok(wait_event(got == i, TIMEOUT_US), "it is fetched");
    }
    expect_eq(ffa_notif_set(&ffa, SP_ECHO_ID, 0, 5), FFA_DENIED, "SET of what nobody has bound");

    expect_eq(look_up(self, XEN_FFA_LEDGER_SPS, BIT_NR, &l), 0, "the ledger of that bit");
    expect_eq(l.delivered, RINGS, "delivered");
    expect_eq(l.dropped, 0, "dropped");
    expect_eq(look_up(self, XEN_FFA_LEDGER_SPS, BIT_NR + 1, &l), 0, "of another bit");
    expect_eq(l.delivered, 0, "nothing delivered");
    expect_eq(look_up(self, XEN_FFA_LEDGER_SPS, XEN_FFA_LEDGER_ALL, &l), 0, "of all bits");
    expect_eq(l.delivered, RINGS, "delivered");
    expect_eq(look_up(DOMID_XEN, XEN_FFA_LEDGER_OUT, XEN_FFA_LEDGER_ALL, &l), 0, "of the hypervisor");
    ok(!l.set && !l.refused, "which has set nothing: nobody has bound to it");
    expect_eq(look_up(self, XEN_FFA_LEDGER_OUT, 2, &l), 0, "of what was refused");
    ok(l.refused == 1 && !l.set, "refused %u, set %u", l.refused, l.set);

    expect_eq(look_up(self, 4, 0, &l), -EINVAL, "no such way");
    expect_eq(look_up(self, 0, 65, &l), -EINVAL, "no such bit");
    expect_eq(look_up(0x123, 0, 0, &l), -ESRCH, "no such domain");
}

int program(void)
{
    uint16_t first = (uint16_t)cmdline_u64("first", 2), last = (uint16_t)cmdline_u64("last", 3), d;
    struct xen_sysctl_ffa_ledger l = { .set = 0 };
    unsigned int bit, wrong, reason, set = 0, gone = 0;
    uint64_t until = time_us() + TIMEOUT_US;
    int rc = ffa_start_all(FFA_VERSION_1_2);

    if ( !expect_eq(rc, FFA_OK, "FF-A is there, version %u.%u", ffa.version >> 16, ffa.version & 0xffff) )
        return 1;
    expect_eq(ts_init(), 0, "hypercalls are there");

    own(ffa.id - 1);

    /* While they run, what is not delivered is pending, and never more than was set. */
    for ( d = first; d <= last; d++ )
    {
        while ( (rc = (int)look_up(d, XEN_FFA_LEDGER_VMS, XEN_FFA_LEDGER_ALL, &l)) == 0 && !l.delivered && time_us() < until )
            wait_event(false, 1000);
        ok(!rc && l.delivered && l.set, "d%u gets notifications from VMs", d);
    }

    for ( d = first; d <= last; d++ )
    {
        expect_eq(ts_wait_shutdown(d, TIMEOUT_US, &reason), 0, "d%u has shut down", d);
        for ( bit = wrong = 0; bit < 64; bit++ )
        {
            rc = (int)look_up(d, XEN_FFA_LEDGER_VMS, bit, &l);
            wrong += rc || l.set != l.delivered + l.dropped;
        }
        expect_eq(wrong, 0, "d%u: each bit balances", d);
        expect_eq(look_up(d, XEN_FFA_LEDGER_VMS, XEN_FFA_LEDGER_ALL, &l), 0, "d%u: set %u merged %u", d, l.set, l.merged);
        set += l.set;
    }

    for ( d = first; d <= last; d++ )
    {
        struct ts_domain dom = { .id = d };

        expect_eq(ts_destroy(&dom, TIMEOUT_US), 0, "d%u is destroyed", d);
        expect_eq(look_up(d, XEN_FFA_LEDGER_VMS, 0, &l), -ESRCH, "and has no ledger any more");
    }

    /* The last of it goes with a grace period. */
    until = time_us() + TIMEOUT_US;
    while ( gone != set && time_us() < until )
    {
        if ( look_up(DOMID_INVALID, XEN_FFA_LEDGER_VMS, XEN_FFA_LEDGER_ALL, &l) )
            break;
        gone = l.set;
        wait_event(false, 1000);
    }
    expect_eq(gone, set, "the sums of both are kept");
    expect_eq(l.delivered + l.dropped, set, "and balance");

    return 0;
}
