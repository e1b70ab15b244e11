/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * keeper: a control domain for guests that are not ours. It makes domains of a kernel that ends by itself, one after the
 * other, then destroys what has shut down and whatever it is told to on its console, until it is alone.
 *
 * Needs, for cycles, an arm64 Image as ramdisk. Command line: cycles=<n> (0), mib=<n> (64), args=<kernel command line>
 * (panic=-1: Linux without a root file system reboots), reason=<n> (1: how they must end, SHUTDOWN_x),
 * boot_s=<seconds> (120: how long each may take).
 * Input: `k<id>` and a carriage return destroys that domain.
 * Output: `keeper: cycle <n> d<id>`, `keeper: d<id> destroyed` for each, and TAP.
 */
#include "kernel.h"
#include "../toolstack/toolstack.h"

#define SETTLE_US       (60 * 1000000ul)
#define POLL_US         5000

static unsigned int destroyed;

static bool destroy(uint16_t id)
{
    int rc = ts_destroy(&(struct ts_domain){ .id = id }, SETTLE_US);

    if ( rc )
        return ok(false, "d%u: %d from its destruction", id, rc);
    destroyed++;
    printf("keeper: d%u destroyed\n", id);

    return true;
}

/* One domain from nothing to nothing. False: the rest need not be tried. */
static bool cycle(const struct ts_config *config, unsigned int turn)
{
    unsigned int reason = 0, wanted = (unsigned int)cmdline_u64("reason", SHUTDOWN_reboot);
    struct ts_domain dom;
    int rc = ts_build(config, &dom);

    if ( rc )
        return ok(false, "cycle %u: %d from the build", turn, rc);
    printf("keeper: cycle %u d%u\n", turn, dom.id);

    rc = ts_unpause(dom.id);
    if ( !rc )
        rc = ts_wait_shutdown(dom.id, cmdline_u64("boot_s", 120) * 1000000, &reason);
    if ( rc || reason != wanted )
        (void)ok(false, "cycle %u: result %d, ended for reason %u", turn, rc, reason);

    return destroy(dom.id) && !rc && reason == wanted;
}

/* The id of a line that is complete, 0 otherwise */
static uint16_t asked_for(void)
{
    static unsigned int id;
    static bool reading;
    int c;

    while ( (c = uart_getc()) >= 0 )
    {
        if ( c == 'k' )
        {
            reading = true;
            id = 0;
        }
        else if ( reading && c >= '0' && c <= '9' )
            id = id * 10 + (unsigned int)(c - '0');
        else if ( reading )
        {
            reading = false;
            return (uint16_t)id;
        }
    }

    return 0;
}

/* How many others there are; those that have shut down are destroyed. -1: that failed. */
static int others(void)
{
    static struct xen_domctl_getdomaininfo list[32];
    int n = ts_list(1, list, ARRAY_SIZE(list)), i, left = 0;

    for ( i = 0; i < n; i++ )
    {
        if ( (list[i].flags & XEN_DOMINF_dying) || !(list[i].flags & XEN_DOMINF_shutdown) )
            left++;
        else if ( !destroy(list[i].domain) )
            return -1;
    }

    return n < 0 ? -1 : left - 1;
}

int program(void)
{
    unsigned int cycles = (unsigned int)cmdline_u64("cycles", 0), turn = 0;
    struct ts_config config = { .mib = (unsigned int)cmdline_u64("mib", 64), .id_us = SETTLE_US };
    char args[64] = "panic=-1";
    uint16_t id;
    int left;

    if ( !expect_eq(ts_init(), 0, "hypercalls are there") )
        return 1;
    (void)cmdline_get("args", args, sizeof(args));
    config.cmdline = args;
    config.image = ts_module(&config.image_bytes);
    while ( turn < cycles && cycle(&config, turn + 1) )
        turn++;
    expect_eq(turn, cycles, "%u domains made, ended by themselves, destroyed", cycles);

    while ( (left = others()) > 0 )
    {
        id = asked_for();
        if ( id )
            (void)destroy(id);
        else
            (void)wait_event(false, POLL_US);
    }
    expect_eq(left, 0, "nobody else is left; %u destroyed", destroyed);

    return 0;
}
