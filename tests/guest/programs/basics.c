/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * basics: what an ordinary guest needs. ID registers, timers, GIC, PSCI, SMCCC, FP across preemption, WFI, hypercalls.
 * Command line: xen=1 (it must be a Portcullis or Xen guest: hypercalls are tested), input=1 (waits for one character).
 */
#include "kernel.h"

#define SGI_FIRST       2               /* 0 and 1 are the kernel's own, 8 and 9 may be FF-A's */
#define NR_ORDER        64
#define UART_IMSC       0x38
#define UART_TX_IRQ     0x20

static volatile uint32_t order[NR_ORDER];
static volatile unsigned int order_n;
static volatile unsigned int hits;

static void on_ordered(uint32_t intid, void *arg)
{
    (void)arg;
    if ( order_n < NR_ORDER )
        order[order_n] = intid;
    order_n++;
}

static void on_hit(uint32_t intid, void *arg)
{
    (void)intid;
    (void)arg;
    __atomic_add_fetch(&hits, 1, __ATOMIC_RELEASE);
    if ( cpu_id() )
        gic_send_sgi(SGI_KICK, 0);
}

/* The physical timer is a level interrupt: switched off where it is taken */
static void on_phys_timer(uint32_t intid, void *arg)
{
    (void)intid;
    (void)arg;
    write_sysreg(0ul, cntp_ctl_el0);
    isb();
    hits++;
}

/* A level interrupt, too */
static void on_input(uint32_t intid, void *arg)
{
    (void)intid;
    (void)arg;
    uart_rx_irq(false);
    hits++;
}

/* ---- identification ---- */

static void id_registers(void)
{
    uint64_t pfr0 = read_sysreg(id_aa64pfr0_el1), pfr1 = read_sysreg(id_aa64pfr1_el1);
    uint64_t mmfr0 = read_sysreg(id_aa64mmfr0_el1), dfr0 = read_sysreg(id_aa64dfr0_el1);
    struct trap t;

    ok((pfr0 & 0xf) >= 1 && (pfr0 >> 4 & 0xf) >= 1, "EL0 and EL1 exist (ID_AA64PFR0 0x%lx)", pfr0);
    expect_eq(pfr0 >> 24 & 0xf, 1, "GIC system registers are announced");
    ok((pfr0 >> 16 & 0xf) != 0xf, "FP is there");
    ok((mmfr0 & 7) <= 6, "physical address range is sane (ID_AA64MMFR0 0x%lx)", mmfr0);
    ok((dfr0 & 0xf) >= 6 || (dfr0 & 0xf) == 0, "debug architecture is sane (ID_AA64DFR0 0x%lx)", dfr0);
    ok((read_sysreg(midr_el1) >> 16 & 0xf) == 0xf, "MIDR has the architecture by ID registers");

    if ( !cmdline_u64("xen", 0) )
        return;

    expect_eq(pfr0 >> 32 & 0xf, 0, "no SVE is announced");
    expect_eq(pfr1 >> 24 & 0xf, 0, "no SME is announced");
    expect_eq(pfr1 >> 8 & 0xf, 0, "no MTE is announced");
    expect_eq(read_reg(S3_0_C0_C4_4), 0, "ID_AA64ZFR0 is zero");

    /* rdvl x0, #1: undefined even where CPACR_EL1 would let it pass */
    write_sysreg(read_sysreg(cpacr_el1) | 3ul << 16 | 3ul << 20, cpacr_el1);
    isb();
    trap_begin();
    asm volatile(".inst 0x04bf5020" ::: "x0");
    t = trap_end();
    ok(t.count == 1 && ESR_EC(t.esr) == EC_UNKNOWN, "an SVE instruction is undefined (%u, class 0x%lx)", t.count,
       ESR_EC(t.esr));
    trap_begin();
    (void)read_reg(S3_0_C1_C0_6);       /* GCR_EL1 */
    t = trap_end();
    ok(t.count == 1 && ESR_EC(t.esr) == EC_UNKNOWN, "GCR_EL1 is undefined (%u, class 0x%lx)", t.count, ESR_EC(t.esr));
}

static void exceptions(void)
{
    struct trap t;

    trap_begin();
    asm volatile("udf #0");
    t = trap_end();
    ok(t.count == 1 && ESR_EC(t.esr) == EC_UNKNOWN, "udf comes as class 0");

    trap_begin();
    mmio_read32(0x10);                  /* not in the page tables: stage 1 */
    t = trap_end();
    ok(t.count == 1 && ESR_EC(t.esr) == EC_DABORT_SAME && t.far == 0x10, "a data abort names its address");

    trap_begin();
    asm volatile("brk #42");
    t = trap_end();
    ok(t.count == 1 && ESR_EC(t.esr) == EC_BRK && (t.esr & 0xffff) == 42, "brk carries its number");
}

/* ---- timers ---- */

static void timers(void)
{
    uint64_t freq = read_sysreg(cntfrq_el0), t0, t1, c0, c1;
    unsigned int tries;

    ok(freq >= 1000000, "counter frequency %lu", freq);
    c0 = read_sysreg(cntvct_el0);
    c1 = read_sysreg(cntvct_el0);
    ok(c1 >= c0, "the virtual counter goes forward");
    c0 = read_sysreg(cntpct_el0);
    c1 = read_sysreg(cntpct_el0);
    ok(c1 >= c0, "the physical counter goes forward");

    timer_fired[0] = 0;
    t0 = time_us();
    ok(!wait_event(false, 10000), "waiting for nothing times out");
    t1 = time_us();
    ok(t1 - t0 >= 10000 && t1 - t0 < 2000000, "10 ms by the virtual timer took %lu us", t1 - t0);
    /* A wait whose time passed while this vCPU was off ends without it. */
    for ( tries = 0; tries < 100 && !timer_fired[0]; tries++ )
        (void)wait_event(false, 10000);
    ok(timer_fired[0] >= 1, "its interrupt came (%lu)", timer_fired[0]);

    hits = 0;
    irq_set_handler(timer_phys_intid, on_phys_timer, NULL);
    irq_disable();
    gic_enable(timer_phys_intid);
    write_sysreg(freq / 200, cntp_tval_el0);
    write_sysreg(1ul, cntp_ctl_el0);
    isb();
    while ( !(read_sysreg(cntp_ctl_el0) & 4) && time_us() - t1 < 2000000 )
        wfi();
    ok(read_sysreg(cntp_ctl_el0) & 4, "CNTP is due");
    ok(gic_is_pending(timer_phys_intid), "and pending");
    write_sysreg(3ul, cntp_ctl_el0);
    isb();
    ok(read_sysreg(cntp_ctl_el0) & 2, "CNTP can be masked");
    write_sysreg(freq / 1000, cntp_tval_el0);
    write_sysreg(0ul, cntp_ctl_el0);
    isb();
    gic_clear_pending(timer_phys_intid);
    irq_enable();
    isb();
    irq_disable();
    hits = 0;
    write_sysreg(read_sysreg(cntpct_el0) + freq / 1000, cntp_cval_el0);
    write_sysreg(1ul, cntp_ctl_el0);
    isb();
    irq_enable();
    ok(wait_event(hits, 2000000) && hits == 1, "the physical timer interrupts, once");
    gic_disable(timer_phys_intid);
}

/* ---- GIC ---- */

static void gic_bits(uint32_t intid)
{
    gic_disable(intid);
    gic_clear_pending(intid);
    ok(!gic_is_enabled(intid) && !gic_is_pending(intid) && !gic_is_active(intid), "INTID %u starts clean", intid);
    gic_set_pending(intid);
    ok(gic_is_pending(intid), "INTID %u can be made pending while disabled", intid);
    gic_clear_pending(intid);
    ok(!gic_is_pending(intid), "and not pending again");
    gic_set_active(intid, true);
    ok(gic_is_active(intid), "INTID %u can be made active", intid);
    gic_set_active(intid, false);
    ok(!gic_is_active(intid), "and inactive again");
    gic_set_priority(intid, 0x58);
    expect_eq(gic_get_priority(intid) & 0xf0, 0x50, "priority of INTID %u", intid);
    gic_set_priority(intid, 0xa0);

    hits = 0;
    irq_set_handler(intid, on_hit, NULL);
    gic_set_pending(intid);
    (void)wait_event(hits, 2000);
    expect_eq(hits, 0, "INTID %u does not come while disabled", intid);
    gic_enable(intid);
    ok(gic_is_enabled(intid) && wait_event(hits, 2000000), "but as soon as it is enabled");
    ok(!gic_is_pending(intid) && !gic_is_active(intid), "and is neither pending nor active afterwards");
    gic_disable(intid);
}

/* Many pending at once, with priorities against their numbers: all come, highest priority first */
static void gic_order(void)
{
    uint32_t ids[32], n = 0, i, wrong = 0;

    for ( i = SGI_FIRST; i < 32 && n < 20; i++ )
        if ( i != timer_virt_intid && i != timer_phys_intid && (i < 16 || cmdline_u64("xen", 0) || i < 25) )
            ids[n++] = i;

    irq_disable();
    order_n = 0;
    for ( i = 0; i < n; i++ )
    {
        irq_set_handler(ids[i], on_ordered, NULL);
        if ( ids[i] >= 16 )
            gic_set_edge(ids[i], true);
        gic_set_priority(ids[i], (uint8_t)(0xe0 - i % 10 * 0x10));
        gic_set_pending(ids[i]);
        gic_enable(ids[i]);
        if ( entered_at_el2 && !gic_is_enabled(ids[i]) )
            ids[i--] = ids[--n];                /* the firmware keeps it to the secure world */
    }
    irq_enable();
    ok(wait_event(order_n >= n, 2000000), "%u interrupts pending at once all come (%u)", n, order_n);
    for ( i = 1; i < order_n && i < NR_ORDER; i++ )
        if ( gic_get_priority(order[i - 1]) > gic_get_priority(order[i]) )
            wrong++;
    expect_eq(wrong, 0, "in the order of their priorities");
    expect_eq(order_n, n, "each once");

    for ( i = 0; i < n; i++ )
    {
        gic_disable(ids[i]);
        gic_set_priority(ids[i], 0xa0);
    }

    /* The priority mask holds back what is not above it */
    hits = 0;
    irq_set_handler(3, on_hit, NULL);
    gic_enable(3);
    write_reg(0x80ul, ICC_PMR_EL1);
    isb();
    gic_send_sgi(3, cpu_id());
    for ( i = 0; i < 1000; i++ )
        isb();
    expect_eq(hits, 0, "an interrupt below the priority mask waits");
    write_reg(0xf8ul, ICC_PMR_EL1);
    isb();
    ok(wait_event(hits == 1, 2000000), "until the mask is opened");
    gic_disable(3);
}

static void gic_enable_sgi3(void *unused)
{
    (void)unused;
    gic_enable(3);
}

static void gic_sgis(void)
{
    unsigned int i, online = smp_up_all();

    irq_set_handler(3, on_hit, NULL);
    hits = 0;
    gic_enable(3);
    gic_send_sgi(3, 0);
    ok(wait_event(hits == 1, 2000000), "SGI to self");
    for ( i = 1; i < nr_cpus; i++ )
    {
        cpu_call(i, gic_enable_sgi3, NULL);
        hits = 0;
        gic_send_sgi(3, i);
        ok(wait_event(hits == 1, 5000000), "SGI to vCPU %u", i);
    }
    hits = 0;
    gic_send_sgi_others(3);
    (void)wait_event(hits >= online - 1, online > 1 ? 5000000 : 1000);
    expect_eq(hits, online - 1, "broadcast reaches the %u others", online - 1);
    gic_disable(3);

    for ( i = 1; i < nr_cpus; i++ )
        cpu_down(i);
}

static void gic_uart(void)
{
    if ( !uart_intid )
    {
        tap_skip("the UART has no interrupt");
        return;
    }

    gic_route_spi(uart_intid, 0);
    expect_eq(mmio_read64(gicd_base + 0x6000 + uart_intid * 8ul) & 0xff00fffffful, cpus[0].mpidr & 0xff00fffffful,
              "the UART's interrupt is routed here");
    gic_set_edge(uart_intid, true);
    gic_bits(uart_intid);
    gic_set_edge(uart_intid, false);
    gic_clear_pending(uart_intid);

    if ( cmdline_u64("input", 0) )
    {
        int c;

        hits = 0;
        irq_set_handler(uart_intid, on_input, NULL);
        printf("basics: waiting for input\n");
        uart_rx_irq(true);
        gic_enable(uart_intid);
        ok(wait_event(hits, 60000000), "the UART's interrupt came");
        gic_disable(uart_intid);
        c = uart_getc();
        ok(c >= 0, "a character came by interrupt: 0x%x", (unsigned int)c);
    }
}

static unsigned int leftovers;

static void leave_something(void *unused)
{
    (void)unused;
    gic_set_active(16, true);
    gic_set_pending(17);
    gic_set_edge(17, true);
}

static void count_leftovers(void *unused)
{
    (void)unused;
    leftovers = gic_is_active(16) + gic_is_pending(17);
}

static void uart_event(void)
{
    mmio_write32(uart_base + UART_IMSC, 0);
    mmio_write32(uart_base + UART_IMSC, UART_TX_IRQ);
}

/* What a vCPU that is off finds when it comes back, and what waits for it */
static void gic_offline(void)
{
    if ( !cmdline_u64("xen", 0) || nr_cpus < 2 || !uart_intid )
    {
        tap_skip("interrupts of a vCPU that is off");
        return;
    }

    cpu_up(1);
    cpu_call(1, leave_something, NULL);
    cpu_down(1);
    cpu_up(1);
    leftovers = 99;
    cpu_call(1, count_leftovers, NULL);
    expect_eq(leftovers, 0, "private interrupts begin anew with CPU_ON");
    cpu_down(1);

    hits = 0;
    irq_set_handler(uart_intid, on_hit, NULL);
    gic_set_edge(uart_intid, true);
    gic_route_spi(uart_intid, 1);
    gic_enable(uart_intid);
    uart_event();
    ok(gic_is_pending(uart_intid), "an event of the UART waits for a vCPU that is off");
    cpu_up(1);
    ok(wait_event(hits == 1, 5000000), "and comes when it is on");
    cpu_down(1);

    mmio_write32(uart_base + UART_IMSC, 0);
    gic_disable(uart_intid);
    gic_route_spi(uart_intid, 0);
    gic_set_edge(uart_intid, false);
    gic_clear_pending(uart_intid);
}

/* Group 0 has its own list: nothing of it comes while it is off, and it hides nothing of group 1 */
static void gic_groups(void)
{
    uintptr_t group = gic_reg(16, 0x80);
    uint32_t was = mmio_read32(group);

    if ( !cmdline_u64("xen", 0) )
        return;

    irq_set_handler(4, on_hit, NULL);
    irq_set_handler(5, on_hit, NULL);
    hits = 0;
    gic_set_priority(4, 0x10);
    mmio_write32(group, was & ~BIT(4));
    gic_enable(4);
    gic_enable(5);
    gic_set_pending(4);
    (void)wait_event(hits, 2000);
    expect_eq(hits, 0, "an interrupt of group 0 does not come while the group is off");
    gic_set_pending(5);
    ok(wait_event(hits == 1, 2000000), "one of group 1 does, below it");
    ok(gic_is_pending(4), "the other one is still pending");
    mmio_write32(group, was);
    ok(wait_event(hits == 2, 2000000), "and comes once it is in group 1");
    gic_set_priority(4, 0xa0);
    gic_disable(4);
    gic_disable(5);
}

static void gic_sre(void)
{
    if ( !cmdline_u64("xen", 0) )
        return;

    write_reg(0ul, ICC_SRE_EL1);
    isb();
    expect_eq(read_reg(ICC_SRE_EL1), 7, "ICC_SRE_EL1 is fixed");
}

/* ---- PSCI, SMCCC ---- */

static void psci_calls(void)
{
    int64_t version = psci(PSCI_VERSION, 0, 0, 0);
    struct smccc r;
    unsigned int i, changed = 0;

    ok(version >= 0x10000, "PSCI version 0x%lx", (unsigned long)version);
    expect_eq(psci(PSCI_FEATURES, PSCI_CPU_ON, 0, 0), 0, "PSCI_FEATURES(CPU_ON)");
    expect_eq(psci(PSCI_FEATURES, 0x84000077, 0, 0), PSCI_NOT_SUPPORTED, "PSCI_FEATURES(nonsense)");
    expect_eq(psci(PSCI_AFFINITY_INFO, cpus[0].mpidr, 0, 0), 0, "this vCPU is on");
    expect_eq(psci(PSCI_AFFINITY_INFO, 0xffffff, 0, 0), PSCI_INVALID_PARAMS, "AFFINITY_INFO of no CPU");
    expect_eq(psci(PSCI_CPU_ON, cpus[0].mpidr, ram_base, 0), PSCI_ALREADY_ON, "CPU_ON of this vCPU");
    expect_eq(psci(PSCI_CPU_ON, 0xffffff, ram_base, 0), PSCI_INVALID_PARAMS, "CPU_ON of no CPU");
    ok(psci(PSCI_MIGRATE_INFO_TYPE, 0, 0, 0) == 2 || psci(PSCI_MIGRATE_INFO_TYPE, 0, 0, 0) == PSCI_NOT_SUPPORTED,
       "no migration is needed");
    expect_eq(psci(0x8400001f, 0, 0, 0), PSCI_NOT_SUPPORTED, "an unknown PSCI function");

    r = (struct smccc){ .x = { SMCCC_VERSION } };
    smccc_call(psci_conduit, &r);
    if ( cmdline_u64("xen", 0) )
        ok((int32_t)r.x[0] >= 0x10002, "SMCCC version 0x%lx", r.x[0]);
    else
        printf("# SMCCC version 0x%lx\n", r.x[0]);

    for ( i = 0; i < 18; i++ )
        r.x[i] = 0x1111111111111111ul * (i & 0xf);
    r.x[0] = 0xc600dead;
    smccc_call(psci_conduit, &r);
    for ( i = 4; i < 18; i++ )
        changed += r.x[i] != 0x1111111111111111ul * (i & 0xf);
    ok((int32_t)r.x[0] == -1, "an unknown SMCCC function answers -1 (0x%lx)", r.x[0]);
    expect_eq(changed, 0, "and leaves x4-x17 alone");

    if ( cmdline_u64("xen", 0) )
        for ( i = 0; i < 2; i++ )
        {
            r = (struct smccc){ .x = { PSCI_VERSION } };
            smccc_call(i ? CONDUIT_SMC : CONDUIT_HVC, &r);
            expect_eq(r.x[0], version, "PSCI_VERSION by %s", i ? "smc" : "hvc");
        }
}

/* ---- FP, WFI, hypercalls ---- */

static void fp(void)
{
    unsigned int i, bad = 0;
    uint64_t t0;

    fp_enable();
    for ( i = 0; i < 16; i++ )
    {
        fp_fill(0x0123456789abcd00ul * (i + 1) + i);
        if ( i & 1 )
            (void)wait_event(false, 3000);              /* another domain may run meanwhile */
        else
            for ( t0 = time_us(); time_us() - t0 < 3000; )
                isb();                                  /* preempted rather than blocked */
        bad += fp_check(0x0123456789abcd00ul * (i + 1) + i);
    }
    expect_eq(bad, 0, "FP registers survive preemption and sleep");
}

static void hypercalls(void)
{
    static char text[1024] __attribute__((aligned(8)));
    int64_t rc;

    if ( !cmdline_u64("xen", 0) )
        return;

    rc = hypercall(HYP_xen_version, 0, 0, 0);
    ok(rc > 0, "xen_version: %lu.%lu", (uint64_t)rc >> 16, (uint64_t)rc & 0xffff);
    rc = hypercall(HYP_xen_version, 1, (uintptr_t)text, 0);
    ok(rc >= 0 && strlen(text) < 16, "extraversion: '%s'", text);
    rc = hypercall(HYP_xen_version, 3, (uintptr_t)text, 0);
    ok(rc >= 0 && strlen(text) > 0 && strlen(text) < 1024, "capabilities: '%s'", text);
    rc = hypercall(HYP_xen_version, 7, 0, 0);
    expect_eq(rc, 4096, "page size");
    expect_eq(hypercall(HYP_xen_version, 99, 0, 0), HYP_ENOSYS, "an unknown sub-operation");
    expect_eq(hypercall(63, 0, 0, 0), HYP_ENOSYS, "an unknown hypercall");
    expect_eq(hypercall(0xffffffffffff0000ul, 0, 0, 0), HYP_ENOSYS, "a hypercall number beyond all tables");
    rc = hypercall(HYP_xen_version, 3, 0x7ffffff000ul, 0);
    ok(rc < 0, "a buffer that is not mapped: %ld", (long)rc);

    /* To a terminal 0x9b is what Esc [ is, also encoded; in a longer character it is not */
    printf("basics: \x9b" "31m \xc2\x9b" "31m \xe2\x9b\x84 \xc3\xa9 \xc2\xb5\n");

    memcpy(text, "basics: by console_io\n", 22);
    expect_eq(hypercall(HYP_console_io, 0, 22, (uintptr_t)text), 0, "console_io write");
    rc = hypercall(HYP_console_io, 1, sizeof(text), (uintptr_t)text);
    ok(rc >= 0, "console_io read: %ld bytes", (long)rc);
    ok(hypercall(HYP_console_io, 0, 22, 0x7ffffff000ul) < 0, "console_io of an unmapped buffer");
}

int program(void)
{
    id_registers();
    exceptions();
    timers();
    gic_bits(4);
    gic_bits(16);
    gic_order();
    gic_sgis();
    gic_uart();
    gic_groups();
    gic_offline();
    gic_sre();
    psci_calls();
    fp();
    hypercalls();
    return 0;
}
