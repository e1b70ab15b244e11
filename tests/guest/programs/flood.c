/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * flood: a VM that does one thing as fast as it can, for some time, while others want something.
 *
 * Command line: what=direct|refused|bind|share|sgi|sri (direct), ms=<n> (100), pages=<n> (128, at most, of a share), period=<us> (50, of
 * an SRI storm).   Output: TAP, and how often it was done.
 */
#include "ffa_port.h"

#define MAX_PAGES       128
#define SGI_FLOOD       3

static struct ffa_partition echo, notify, faults;
static uint64_t until;
static uint8_t memory[MAX_PAGES][4096] __attribute__((aligned(4096)));
static struct ffa_mem_range range;
static volatile unsigned long sgis;

static void on_sgi(uint32_t intid, void *arg)
{
    (void)intid;
    (void)arg;
    sgis++;
}

static bool direct(void)
{
    struct ffa_msg m = { .w = { 1, 2, 3, 4, 5 } };

    return ffa_msg(&ffa, echo.id, &m) == FFA_OK;
}

/* An id of FF-A that no VM may ever use */
static bool refused(void)
{
    struct ffa_regs r;

    ffa_call(&ffa, &r, 0x8400007c, 0, 0, 0, 0, 0, 0, 0);
    return ffa_status(&r) == FFA_NOT_SUPPORTED;
}

static bool bind(void)
{
    return ffa_notif_bind(&ffa, notify.id, 0, ~0ul) == FFA_OK && ffa_notif_unbind(&ffa, notify.id, ~0ul) == FFA_OK;
}

static bool share(void)
{
    struct ffa_mem mem = {
        .receiver = echo.id, .attributes = FFA_MEM_NORMAL, .permissions = FFA_MEM_RW, .ranges = &range, .nr_ranges = 1,
    };
    uint64_t handle;

    return ffa_mem_share(&ffa, &mem, &handle) == FFA_OK && ffa_mem_reclaim(&ffa, handle, 0) == FFA_OK;
}

static bool sgi(void)
{
    unsigned long before = sgis;

    gic_send_sgi(SGI_FLOOD, 0);
    return sgis != before;
}

/* The storm comes by itself; this VM waits like the others. */
static bool sri(void)
{
    uint64_t us = cmdline_u64("period", 50), left = until > time_us() ? until - time_us() : 0;
    uint64_t w[5] = { FAULT_SRI_STORM, 0, left / us, us };

    if ( sp_command(faults.id, w) != FFA_OK || w[0] )
        return false;
    (void)wait_event(false, left);

    return true;
}

static const struct {
    const char *name;
    bool (*once)(void);
} floods[] = {
    { "direct", direct }, { "refused", refused }, { "bind", bind }, { "share", share }, { "sgi", sgi }, { "sri", sri },
};

int program(void)
{
    char what[16] = "direct";
    unsigned long done = 0, bad = 0;
    unsigned int i;

    cmdline_get("what", what, sizeof(what));
    for ( i = 0; i < ARRAY_SIZE(floods) && strcmp(floods[i].name, what); i++ )
        ;
    if ( !ok(i < ARRAY_SIZE(floods), "%s is known", what) ||
         !expect_eq(ffa_start_all(FFA_VERSION_1_2), FFA_OK, "FF-A is there") ||
         !ok(ffa_find(&ffa, &uuid_echo, &echo) == FFA_OK && ffa_find(&ffa, &uuid_notify, &notify) == FFA_OK &&
             ffa_find(&ffa, &uuid_faults, &faults) == FFA_OK, "the partitions are there") )
        return 1;

    range.ipa = (uintptr_t)memory;
    range.pages = (uint32_t)cmdline_u64("pages", MAX_PAGES);
    irq_set_handler(SGI_FLOOD, on_sgi, NULL);
    gic_enable(SGI_FLOOD);

    until = time_us() + cmdline_u64("ms", 100) * 1000;
    while ( time_us() < until )
    {
        done++;
        bad += !floods[i].once();
    }
    ok(done && !bad, "%s: %lu times, %lu failed", what, done, bad);

    return 0;
}
