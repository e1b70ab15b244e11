/* SPDX-License-Identifier: BSD-2-Clause */
/* See turns.h. */
#include "turns.h"

struct domain *a, *b;

int turns_start(const char *one, uint16_t contexts)
{
    world_reset();
    spmc.contexts = contexts;
    world_policy("sp:* all", (const char *const[]){ one, "sp:* all|vm:* all" }, 2);
    world_boot();
    a = vm_boot(1, 2, FFA_VERSION_1_2);
    b = vm_boot(2, 1, FFA_VERSION_1_2);
    shim_run_tasklets();
    spmc.nr_log = 0;
    return 0;
}

int turns_gone(void **state)
{
    shim_current = NULL;
    spmc_forget_answers();
    spmc.during = NULL;
    if ( a )
        vm_destroy(a);
    vm_destroy(b);
    return 0;
}

void answers(uint32_t fid, uint32_t w1, unsigned int times)
{
    while ( times-- )
        spmc_answer(RUN, &(struct ffa_regs){ .x = { fid, w1 } });
}

void ring(uint16_t sp)
{
    spmc_lists(ONE_LIST(0), sp, 0);
    sri(0);
}

unsigned int sris(void)
{
    return a->vcpu[0]->sris + a->vcpu[1]->sris;
}

unsigned int passes(s_time_t time)
{
    return shim_run_timers(shim_now + time);
}
