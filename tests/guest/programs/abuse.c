/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * abuse: does what no guest should, again and again, and expects architectural answers: faults that it can catch, -1, read as
 * zero. It must survive, and nobody else may notice.
 * Command line: rounds=<n> (2), seed=<n>, xen=1 (the memory map of a Portcullis guest: stage-2 faults are expected),
 * flood=<n> (first a line of 500 characters, then that many empty lines on the console).
 */
#include "kernel.h"

static uint64_t rng_state;

static uint64_t rnd(void)
{
    rng_state ^= rng_state << 13;
    rng_state ^= rng_state >> 7;
    rng_state ^= rng_state << 17;
    return rng_state;
}

/*
 * Every MRS of op0 = 2 and 3 into x0, except reads of ICC_IAR0_EL1 and ICC_IAR1_EL1 (they would take an interrupt), and
 * every MSR of op1 = 4 to 7 (EL2, EL3, secure) from x0.
 */
asm(".pushsection .text\n"
    "   .globl  probe_reads\n"
    "probe_reads:\n"
    "   .set    n, 0\n"
    "   .rept   32768\n"
    "   .if     (n != 0x4640) && (n != 0x4660) && (n != 0x464d)\n"
    "   .inst   0xd5300000 + (n << 5)\n"
    "   .endif\n"
    "   .set    n, n + 1\n"
    "   .endr\n"
    "   ret\n"
    "   .globl  probe_writes\n"
    "probe_writes:\n"
    "   mov     x0, xzr\n"
    "   .set    n, 0\n"
    "   .rept   8192\n"
    "   .inst   0xd51c0000 + (n << 5)\n"
    "   .set    n, n + 1\n"
    "   .endr\n"
    "   ret\n"
    "   .globl  probe_sys\n"
    "probe_sys:\n"                              /* AT, TLBI, DC, IC of EL2 and EL3 */
    "   mov     x0, xzr\n"
    "   .set    n, 0\n"
    "   .rept   8192\n"
    "   .inst   0xd50c0000 + (n << 5)\n"
    "   .set    n, n + 1\n"
    "   .endr\n"
    "   ret\n"
    ".popsection\n");

void probe_reads(void);
void probe_writes(void);
void probe_sys(void);

static void undefined(void)
{
    struct trap t;

    trap_begin();
    asm volatile("udf #1\n udf #0xffff\n .inst 0xffffffff\n .inst 0x00000001\n"
                 ".inst 0xd4400000\n"           /* hlt #0 */
                 ".inst 0xd4a00001\n"           /* dcps1 */
                 ".inst 0xd4a00002\n"           /* dcps2 */
                 ".inst 0xd69f03e0 + 0x4000\n"  /* next to eret */
                 ".inst 0xd6bf03e0\n");         /* drps */
    t = trap_end();
    ok(t.count == 9 && ESR_EC(t.esr) == EC_UNKNOWN, "undefined instructions: %u faults, last of class 0x%lx", t.count,
       ESR_EC(t.esr));
}

static void sysregs(void)
{
    struct trap t;
    uint64_t flags = irq_save();

    timer_disarm();
    trap_begin();
    asm volatile("bl probe_reads" ::: "x0", "x1", "x2", "x3", "x4", "x5", "x6", "x7", "x8", "x9", "x10", "x11", "x12",
                 "x13", "x14", "x15", "x16", "x17", "x30", "memory", "cc");
    t = trap_end();
    ok(t.count > 20000, "reads of all system registers: %u refused", t.count);

    trap_begin();
    asm volatile("bl probe_writes" ::: "x0", "x1", "x2", "x3", "x4", "x5", "x6", "x7", "x8", "x9", "x10", "x11", "x12",
                 "x13", "x14", "x15", "x16", "x17", "x30", "memory", "cc");
    t = trap_end();
    ok(t.count > 8000, "writes to registers of higher levels: %u of 8192 refused", t.count);

    trap_begin();
    asm volatile("bl probe_sys" ::: "x0", "x1", "x2", "x3", "x4", "x5", "x6", "x7", "x8", "x9", "x10", "x11", "x12",
                 "x13", "x14", "x15", "x16", "x17", "x30", "memory", "cc");
    t = trap_end();
    ok(t.count > 8000, "maintenance of higher levels: %u of 8192 refused", t.count);
    irq_restore(flags);
}

extern uint64_t mmu_l1[512];

static void touch(uintptr_t va)
{
    uint64_t a, b;

    mmio_read8(va + 1);
    mmio_read16(va + 2);
    mmio_read32(va + 4);
    mmio_read64(va + 8);
    mmio_write8(va, 1);
    mmio_write32(va, 1);
    mmio_write64(va, 1);
    /* Without a syndrome that a hypervisor could decode */
    asm volatile("ldp %0, %1, [%2]" : "=&r" (a), "=&r" (b) : "r" (va) : "memory");
    asm volatile("stp xzr, xzr, [%0]" :: "r" (va) : "memory");
    b = va;
    asm volatile("ldr %0, [%1], #0" : "=&r" (a), "+r" (b) :: "memory");
    b = va;
    asm volatile("str xzr, [%0, #8]!" : "+r" (b) :: "memory");
    asm volatile("ldxr %0, [%1]" : "=r" (a) : "r" (va) : "memory");
    asm volatile("ldar %0, [%1]" : "=r" (a) : "r" (va) : "memory");
}

static void stage2(void)
{
    static const uintptr_t holes[] = { 0x30000000, 0x38000000, 0x3f000000, 0x02000000, 0x7e00000000 };
    struct trap t;
    unsigned int i, faults = 0;

    if ( !cmdline_u64("xen", 0) )
    {
        tap_skip("stage-2 faults: unknown memory map");
        return;
    }

    for ( i = 0; i < ARRAY_SIZE(holes); i++ )
    {
        mmu_map(holes[i], PAGE_SIZE, i & 1 ? MEM_NORMAL : MEM_DEVICE);
        trap_begin();
        touch(holes[i]);
        t = trap_end();
        faults += t.count;
        if ( t.count != 13 )
            printf("# at 0x%lx: %u faults\n", holes[i], t.count);
    }
    expect_eq(faults, 13 * ARRAY_SIZE(holes), "each access to nowhere faults");
    ok(ESR_EC(t.esr) == EC_DABORT_SAME, "as a data abort (class 0x%lx)", ESR_EC(t.esr));

    trap_begin();
    mmio_write32(holes[0], 0);
    t = trap_end();
    ok(t.count == 1 && (t.esr & ESR_WNR) && t.far == holes[0], "that of a write says so (ESR 0x%lx)", t.esr);
    trap_begin();
    (void)mmio_read32(holes[0]);
    t = trap_end();
    ok(t.count == 1 && !(t.esr & ESR_WNR), "and that of a read (ESR 0x%lx)", t.esr);

    /* Devices of the guest, with instructions that cannot be emulated: a fault or the value, no hang */
    trap_begin();
    touch(gicd_base + 0x10);
    t = trap_end();
    ok(true, "odd instructions at the distributor: %u faults", t.count);

    /* Cache maintenance and instruction fetch there */
    trap_begin();
    asm volatile("dc civac, %0; dc cvac, %0; ic ivau, %0" :: "r" (holes[1]) : "memory");
    asm volatile("at s1e1r, %0; isb" :: "r" (holes[1]) : "memory");
    ((void (*)(void))holes[1])();
    t = trap_end();
    ok(t.count >= 1, "maintenance and a jump to nowhere: %u faults", t.count);

    /* A translation table that is not there */
    mmu_l1[300] = 0x30000000 | 3;
    dsb(ishst);
    isb();
    trap_begin();
    mmio_read64(300ul << 30);
    t = trap_end();
    mmu_l1[300] = 0;
    dsb(ishst);
    asm volatile("tlbi vmalle1is" ::: "memory");
    dsb(ish);
    isb();
    ok(t.count == 1, "a table walk to nowhere faults (%u, ESR 0x%lx)", t.count, t.esr);
}

/* PSCI functions that would end or stop this VM, and the hypercalls that take pointers */
static bool harmful(uint32_t fid)
{
    uint32_t n = fid & 0xffff;

    return (fid & 0xbfff0000) == 0x84000000 && (n == 1 || n == 2 || n == 3 || n == 8 || n == 9 || (n >= 0xc && n <= 0x12));
}

static void call_with(enum conduit conduit, uint32_t fid, unsigned int *minus_one, unsigned int *other)
{
    struct smccc r;
    unsigned int i;

    for ( i = 1; i < 18; i++ )
        r.x[i] = rnd();
    r.x[0] = fid | (rnd() & 1 ? 0 : rnd() << 32);
    smccc_call(conduit, &r);
    if ( (int32_t)r.x[0] == -1 )
        ++*minus_one;
    else
        ++*other;
}

static void calls(void)
{
    unsigned int i, minus_one = 0, other = 0;
    struct trap t;

    trap_begin();
    for ( i = 0; i < 2000; i++ )
    {
        uint32_t fid = (uint32_t)rnd();

        switch ( i & 3 )
        {
        case 0:
            break;

        case 1:                                         /* the owners that are served */
            fid = (fid & 0xc000ffff) | 0x80000000 | (fid >> 16 & 7) << 24;
            break;

        case 2:                                         /* PSCI and FF-A numbers */
            fid = (fid & 0x400000ff) | 0x84000000;
            break;

        case 3:
            fid = (fid & 0x40000000) | 0x86000000 | (fid & 0xff);
            break;
        }
        if ( !harmful(fid) )
            call_with(i & 4 ? CONDUIT_SMC : CONDUIT_HVC, fid, &minus_one, &other);
    }
    t = trap_end();
    ok(minus_one + other > 1000 || t.count > 100, "random function ids: %u times -1, %u other answers, %u faults", minus_one,
       other, t.count);

    trap_begin();
    asm volatile("mov x0, #0x84000000\n hvc #1\n hvc #0xea0\n hvc #0xea2\n hvc #0xffff\n"
                 "smc #1\n smc #0x8000\n smc #0xffff\n"
                 ::: "x0", "x1", "x2", "x3", "x4", "x5", "x6", "x7", "x8", "x9", "x10", "x11", "x12", "x13", "x14", "x15",
                 "x16", "x17", "memory");
    t = trap_end();
    ok(t.count <= 7 && (t.count == 7 || !cmdline_u64("xen", 0)), "HVC and SMC with other immediates: %u of 7 are undefined",
       t.count);

    if ( cmdline_u64("xen", 0) )
    {
        unsigned int odd = 0;

        for ( i = 0; i < 200; i++ )
        {
            uint64_t nr = i < 64 ? i : rnd();

            if ( nr != HYP_xen_version && nr != HYP_console_io && hypercall(nr, rnd(), rnd(), rnd()) >= 0 )
                odd++;
        }
        for ( i = 0; i < 50; i++ )
        {
            /* Pointers outside everything that is mapped */
            if ( hypercall(HYP_xen_version, rnd() % 16 + 1, 0x4000000000ul + rnd() % 0x100000000, 0) > 0x7fffffff )
                odd++;
            if ( hypercall(HYP_console_io, rnd() % 4 ? 0 : 1 + rnd() % 100, rnd(), 0xffff000000000000ul | rnd()) > 0 )
                odd++;
        }
        expect_eq(odd, 0, "hypercalls with nonsense");
    }
}

static void psci_nonsense(void)
{
    unsigned int i, accepted = 0;

    for ( i = 0; i < 200; i++ )
    {
        if ( psci(PSCI_CPU_ON, rnd() | 0x80000000, rnd(), rnd()) == 0 )
            accepted++;
        if ( psci(PSCI_AFFINITY_INFO, rnd() | 0x80000000, 0, 0) >= 0 )
            accepted++;
        psci(PSCI_AFFINITY_INFO, cpus[0].mpidr, rnd() % 8, 0);
        psci(PSCI_FEATURES, rnd(), rnd(), rnd());
    }
    expect_eq(accepted, 0, "PSCI with arguments that make no sense");
    ok(psci(PSCI_CPU_ON, cpus[0].mpidr, 1, 0) < 0, "CPU_ON of oneself at an odd address");
    if ( nr_cpus > 1 && cmdline_u64("xen", 0) )
    {
        int64_t rc = psci(PSCI_CPU_ON, cpus[1].mpidr, ram_base + 2, 0);

        ok(rc == PSCI_INVALID_ADDRESS || rc == PSCI_INVALID_PARAMS, "CPU_ON at an odd address: %ld", (long)rc);
        ok(cpu_up(1) && cpu_down(1), "the vCPU can still be used");
    }
}

static void gic_reads(uintptr_t base, uintptr_t size)
{
    uintptr_t off;

    for ( off = 0; off < size; off += off < 0x1000 || off >= size - 0x100 ? 4 : 0x74 )
    {
        mmio_read32(base + off);
        mmio_read8(base + off + (off >> 2) % 4);
        mmio_read16(base + off + 2);
        mmio_read64(base + (off & ~7ul));
    }
    for ( off = 0; off < 64; off++ )
        mmio_read64(base + off * 4 + 4);
}

static void gic_writes(uintptr_t base, uintptr_t size)
{
    uintptr_t off;

    for ( off = 0; off < size; off += off < 0x1000 || off >= size - 0x100 ? 4 : 0x74 )
    {
        uint64_t val = rnd() % 4 ? rnd() : ~0ul;

        mmio_write32(base + off, (uint32_t)val);
        mmio_write8(base + off + (off >> 2) % 4, (uint8_t)val);
        asm volatile("strh %w0, [%1]" :: "r" (val), "r" (base + off + 2) : "memory");
        mmio_write64(base + (off & ~7ul), val);
    }
}

static void gic_clean(void)
{
    unsigned int i;

    /* All that could exist: QEMU has 32 more than GICD_TYPER says */
    for ( i = 0; i < 1020; i += 32 )
    {
        mmio_write32(gic_reg(i, 0x180 + i / 8), ~0u);
        mmio_write32(gic_reg(i, 0x280 + i / 8), ~0u);
        mmio_write32(gic_reg(i, 0x380 + i / 8), ~0u);
    }
    for ( i = 16; i < 32; i++ )
        gic_set_edge(i, false);
    for ( i = 0; i < nr_cpus; i++ )
        mmio_write32(gicr_base + i * 0x20000ul, 0);     /* GICR_CTLR: a real one may have LPIs now */
    gic_init();
    gic_cpu_init();
    timer_cpu_init();
    gic_enable(SGI_KICK);
    gic_enable(SGI_CALL);
}

static void gic(void)
{
    uint64_t flags = irq_save(), span = nr_cpus * 0x20000ul > gicr_size ? gicr_size : nr_cpus * 0x20000ul;
    struct trap t;
    unsigned int i;

    timer_disarm();
    mmu_map(gicr_base, span, MEM_DEVICE);

    trap_begin();
    gic_reads(gicd_base, 0x10000);
    for ( i = 0; i * 0x10000ul < span; i++ )
        gic_reads(gicr_base + i * 0x10000ul, 0x10000);
    t = trap_end();
    ok(true, "reads of the GIC at all sizes: %u faults", t.count);

    trap_begin();
    gic_writes(gicd_base, 0x10000);
    for ( i = 0; i * 0x10000ul < span; i++ )
        gic_writes(gicr_base + i * 0x10000ul, 0x10000);
    t = trap_end();
    ok(true, "writes to the GIC at all sizes: %u faults", t.count);

    trap_begin();
    for ( i = 0; i < 2000; i++ )
    {
        write_reg(rnd() & ~(0xful << 24), ICC_SGI1R_EL1);       /* SGI 0 (harmless) to random targets */
        write_reg(rnd() & 0x00ff00ff00fffffful, S3_0_C12_C11_6);        /* ICC_ASGI1R_EL1 */
        write_reg(rnd() & 0x3ff, S3_0_C12_C11_1);               /* ICC_DIR_EL1 */
        write_reg(rnd() & 0xffffff, ICC_EOIR1_EL1);
        write_reg(rnd(), ICC_CTLR_EL1);
    }
    t = trap_end();
    ok(true, "GIC system registers with nonsense: %u faults", t.count);

    /* Whatever is active or pending now is the price of this: clean up as after a reset */
    trap_begin();
    gic_clean();
    trap_end();
    irq_restore(flags);

    /* More than once: somebody else's time may pass between the deadline's choice and the wait for it */
    for ( i = 0; i < 100 && !timer_fired[cpu_id()]; i++ )
        (void)wait_event(false, 3000);
    ok(timer_fired[cpu_id()], "the timer interrupts after all this");
}

static void flood(uint64_t lines)
{
    static char text[4096];
    uint64_t n;

    memset(text, 'l', 500);
    text[500] = '\n';
    hypercall(HYP_console_io, 0, 501, (uintptr_t)text);

    memset(text, '\n', sizeof(text));
    for ( ; lines; lines -= n )
    {
        n = lines < sizeof(text) ? lines : sizeof(text);
        hypercall(HYP_console_io, 0, n, (uintptr_t)text);
    }
    (void)wait_event(false, 1500000);
    printf("abuse: the flood is over\n");
}

int program(void)
{
    unsigned int round, rounds = (unsigned int)cmdline_u64("rounds", 2);

    rng_state = cmdline_u64("seed", 88172645463325252ul) | 1;

    if ( cmdline_u64("flood", 0) )
        flood(cmdline_u64("flood", 0));

    for ( round = 0; round < rounds; round++ )
    {
        timer_fired[0] = 0;
        undefined();
        sysregs();
        stage2();
        calls();
        psci_nonsense();
        gic();
    }

    printf("abuse: survived %u rounds\n", rounds);
    return 0;
}
