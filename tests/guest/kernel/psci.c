/* SPDX-License-Identifier: BSD-2-Clause */
/* SMCCC by either conduit, PSCI by the one the device tree names, and the way out. */
#include "kernel.h"

enum conduit psci_conduit = CONDUIT_HVC;
bool entered_at_el2;

void smccc_call(enum conduit conduit, struct smccc *r)
{
    if ( conduit == CONDUIT_HVC )
        smccc_hvc(r);
    else
        smccc_smc(r);
}

int64_t psci(uint32_t fid, uint64_t a, uint64_t b, uint64_t c)
{
    struct smccc r = { .x = { fid, a, b, c } };

    smccc_call(psci_conduit, &r);
    return fid & (1u << 30) ? (int64_t)r.x[0] : (int32_t)r.x[0];
}

void psci_init(void)
{
    int node = dt_find(-1, NULL, "arm,psci-1.0");
    const char *method;
    uint32_t len;

    if ( node < 0 )
        node = dt_find(-1, NULL, "arm,psci-0.2");
    method = dt_prop(node, "method", &len);
    if ( method && len == 4 && !strcmp(method, "smc") )
        psci_conduit = CONDUIT_SMC;
    else if ( !method && entered_at_el2 )
        psci_conduit = CONDUIT_SMC;             /* no node: only firmware can be below */
}

void system_off(void)
{
    psci(PSCI_SYSTEM_OFF, 0, 0, 0);

    /* It came back: nothing is left but to stand still */
    irq_disable();
    for ( ; ; )
        wfi();
}
