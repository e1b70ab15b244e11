/* SPDX-License-Identifier: BSD-2-Clause */
/* The calls of notifications by their numbers, and what several tests of them do. */
#ifndef TESTS_UNIT_NOTIF_H
#define TESTS_UNIT_NOTIF_H

#include "world.h"

#define BIND 0x8400007fU
#define UNBIND 0x84000080U
#define SET 0x84000081U
#define GET 0x84000082U
#define INFO32 0x84000083U
#define INFO64 0xc4000083U

#define VM(d) ((uint64_t)(d)->domain_id + 1)
#define FROM_SPS (FFA_NOTIF_GET_SP | FFA_NOTIF_GET_SPM)

#define ONE_LIST(nr) (1ULL << 7 | (uint64_t)(nr) << 12) /* x2 of INFO_GET's answer: one list, which names @nr vCPUs */

/* BIND, UNBIND or SET */
static inline void bits_call(struct domain *d, uint32_t fid, uint32_t w1, uint32_t w2, uint64_t bits)
{
    vm_do(d, fid, w1, w2, (uint32_t)bits, bits >> 32, 0);
}

static inline void get(struct domain *d, unsigned int vcpu, uint32_t flags)
{
    vm_do(d, GET, VM(d) | (uint64_t)vcpu << 16, flags, 0, 0, 0);
}

/* ... and it has got these from VMs and the hypervisor */
static inline uint64_t got_vm(void)
{
    assert_ffa_ok();
    return call_regs.x[4] | call_regs.x[5] << 32;
}

/* Injected so far, whatever has become of them */
static inline unsigned int npis(const struct domain *d)
{
    unsigned int i, n = 0;

    for ( i = 0; i < d->max_vcpus; i++ )
        n += d->vcpu[i]->npis;
    return n;
}

#endif /* TESTS_UNIT_NOTIF_H */
