/* SPDX-License-Identifier: BSD-2-Clause */
/* From start.S with the MMU on: device tree, console, interrupts, then the program. */
#include "kernel.h"

uint64_t entry_ticks;

void kernel_main(const void *dtb, unsigned int from_el2);
void smp_boot_cpu(void);

void kernel_main(const void *dtb, unsigned int from_el2)
{
    uint64_t base, size;
    int node = -1;

    entered_at_el2 = from_el2;
    write_sysreg((uintptr_t)&cpus[0], tpidr_el1);

    if ( !dt_init(dtb) )
    {
        psci_conduit = from_el2 ? CONDUIT_SMC : CONDUIT_HVC;
        system_off();                           /* no tree, no console: nothing to say it with */
    }

    psci_init();
    uart_init();

    while ( (node = dt_find(node, "memory", NULL)) >= 0 )
        if ( dt_reg(node, 0, &base, &size) )
        {
            if ( !ram_size )
            {
                ram_base = base;
                ram_size = size;
            }
            mmu_map(base, size, MEM_NORMAL);
        }

    smp_init();
    gic_init();
    timer_init();
    smp_boot_cpu();
    irq_enable();

    (void)program();
    (void)tap_done();
    system_off();
}
