/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * child: lives in a domain that `lifecycle` and others make, binds bits to sp.notify, and does one thing until it is
 * killed. It has no UART and says nothing unless something is wrong; its maker reads the page of toolstack/child.h. Memory
 * below that page is zero when it comes, and marked: whoever has it next must not see that.
 *
 * Command line: bits=<list> (none), percpu=<list> (none), mode=
 *   wfi (default) sleeps and fetches     call   direct messages all the time    spin  long ones, interrupted and resumed
 *   ring   asks for rings, fetches       mute   rings itself and never fetches  rx    keeps its RX buffer
 *   yield  leaves sp.echo preempted      off    SYSTEM_OFF                      reset SYSTEM_RESET
 *   crash  shuts itself down as crashed  cpus   CPU_OFF of all vCPUs            busy  counts, on every vCPU
 *   noffa  sleeps without any FF-A call          share  lends pages to sp.echo, which uses them
 *   crashes  as crash, on every vCPU at once     first  CPU_OFF of all vCPUs but the first, which sleeps
 *   serve  answers direct messages, until it is told not to, then sleeps
 *   rxput  has something in its RX buffer and gives it back, for ever
 */
#include "ffa_port.h"
#include "../toolstack/child.h"

#define BLOCK           (2ul << 20)
#define SCHED_OP        29
#define SHUTDOWN        2
#define SHUTDOWN_CRASH  3
#define SPIN_US         20000
#define TICK_US         2000
#define PAST_BYTES      (256ul << 10)
#define PAST_MARK       0x7061737470617374ul

static struct child_page *page;
static struct ffa_partition notify, echo;
static uint64_t bound;

#define need(cond, code) do {                                   \
    if ( !(cond) )                                              \
        fail(__LINE__, (int)(code));                            \
} while ( 0 )

static void __attribute__((noreturn)) fail(int line, int code)
{
    printf("child: line %d: %d\n", line, code);
    page->code = code;
    page->error = (uint32_t)line;
    page->state = CHILD_FAILED;
    for ( ; ; )
        (void)wait_event(false, 1000000);
}

static uint64_t count_bits(uint64_t bits)
{
    uint64_t n;

    for ( n = 0; bits; n++ )
        bits &= bits - 1;

    return n;
}

static void find_no_past(void)
{
    volatile uint64_t *p = (uint64_t *)((uintptr_t)page - PAST_BYTES);
    size_t i;

    for ( i = 0; i < PAST_BYTES / sizeof(*p); i++ )
    {
        need(!p[i], i);
        p[i] = PAST_MARK;
    }
}

static void on_get(struct ffa *f, uint16_t vcpu, const struct ffa_bitmaps *got)
{
    uint64_t stray = (got->sp & ~bound) | got->vm;

    (void)f;
    if ( !cpus[vcpu].online )
        __atomic_add_fetch(&page->offline, 1, __ATOMIC_RELAXED);
    __atomic_add_fetch(&page->npis, 1, __ATOMIC_RELAXED);
    __atomic_add_fetch(&page->got, count_bits(got->sp), __ATOMIC_RELAXED);
    if ( stray )
    {
        __atomic_add_fetch(&page->stray, count_bits(stray), __ATOMIC_RELAXED);
        printf("child: stray bits 0x%lx on vcpu %u\n", (unsigned long)stray, vcpu);
    }
}

static void on_bit(struct ffa *f, unsigned int bit, uint16_t vcpu, void *arg)
{
    (void)f;
    (void)bit;
    (void)vcpu;
    (void)arg;
}

static void start_ffa(void)
{
    uint64_t bits = cmdline_bits("bits", 0), percpu = cmdline_bits("percpu", 0);
    unsigned int i;
    int rc;

    rc = ffa_start_all(FFA_VERSION_1_2);
    need(rc == FFA_OK, rc);
    ffa.on_get = on_get;
    page->vm_id = ffa.id;
    ffa_cpus_enable();

    rc = ffa_find(&ffa, &uuid_notify, &notify);
    need(rc == FFA_OK, rc);
    rc = ffa_find(&ffa, &uuid_echo, &echo);
    need(rc == FFA_OK, rc);

    bound = bits;
    for ( i = 0; i < 64 && ffa.npi; i++ )
        if ( bits & BIT(i) )
        {
            rc = ffa_notif_register(&ffa, notify.id, i, percpu & BIT(i) ? FFA_NOTIF_PER_VCPU : 0, on_bit, NULL);
            need(rc == FFA_OK, rc);
        }
}

/* One ring of the lowest bound global bit, @delay in units of 100 us, on @cpu (0xff: this one) */
static void ask(unsigned int cpu, unsigned int delay)
{
    uint64_t bit = bound & ~cmdline_bits("percpu", 0);
    uint64_t w[5];
    int rc;

    bit &= -bit;
    w[0] = NOTIFY_RING;
    w[1] = ffa.id;
    w[2] = (uint32_t)bit;
    w[3] = bit >> 32;
    w[4] = cpu << 8 | delay << 16;
    rc = sp_command(notify.id, w);
    need(rc == FFA_OK || rc == FFA_BUSY, rc);
    if ( rc == FFA_OK && !w[0] )
        page->asked++;
    else
        (void)wait_event(false, 1000);          /* no job free */
}

static void mode_call(void)
{
    uint64_t w[5] = { 0x1234, 1, 2, 3, 4 };
    int rc;

    for ( ; ; )
    {
        w[1] = page->calls;
        page->begun++;
        rc = sp_command(echo.id, w);
        need(rc == FFA_OK || rc == FFA_BUSY, rc);
        if ( rc == FFA_OK )
        {
            need(w[0] == 0x1234 && w[1] == (uint32_t)page->calls, w[1]);
            page->calls++;
        }
        else
            page->begun--;
    }
}

/* A timer interrupt every other millisecond ends the SP's turn; it is resumed, and whoever reads the page can see it happen */
static void mode_spin(void)
{
    struct ffa_regs r;

    for ( ; ; )
    {
        page->interrupts = 0;
        timer_arm(TICK_US);
        page->begun++;
        ffa_call(&ffa, &r, FFA_MSG_SEND_DIRECT_REQ_32, (uint32_t)ffa.id << 16 | echo.id, 0, ECHO_SPIN, SPIN_US, 0, 0, 0);
        while ( (uint32_t)r.x[0] == FFA_INTERRUPT )
        {
            page->interrupts++;
            ffa_call(&ffa, &r, FFA_RUN, (uint32_t)r.x[1], 0, 0, 0, 0, 0, 0);
        }
        if ( (uint32_t)r.x[0] == FFA_MSG_SEND_DIRECT_RESP_32 )
            page->calls++;
        else
        {
            need(ffa_status(&r) == FFA_BUSY, ffa_status(&r));
            page->begun--;
            (void)wait_event(false, 500);
        }
    }
}

static void mode_ring(void)
{
    unsigned int turn;

    for ( turn = 0; ; turn++ )
    {
        ask(0xff, turn % 4 ? 3 : 0);
        (void)wait_event(false, 700);
    }
}

static void leave_sp_preempted(void)
{
    struct ffa_regs r;

    do {
        ffa_call(&ffa, &r, FFA_MSG_SEND_DIRECT_REQ_32, (uint32_t)ffa.id << 16 | echo.id, 0, ECHO_YIELD, 1000, 0, 0, 0);
    } while ( ffa_status(&r) == FFA_BUSY && !wait_event(false, 500) );
    page->calls += (uint32_t)r.x[0] == FFA_YIELD || (uint32_t)r.x[0] == FFA_INTERRUPT;
}

/* w3 plus one; CHILD_SERVE_NO_MORE is left unanswered */
static void serve(void)
{
    struct ffa_regs r;
    uint32_t what = ffa_msg_wait(&ffa, &r, 0);

    while ( what == FFA_INTERRUPT || what == FFA_MSG_SEND_DIRECT_REQ_32 )
    {
        if ( what == FFA_INTERRUPT )
        {
            what = ffa_msg_wait(&ffa, &r, 0);
            continue;
        }
        if ( r.x[3] == CHILD_SERVE_NO_MORE )
            return;
        r.x[3]++;
        what = ffa_msg_respond(&ffa, &r);
    }
    need(false, ffa_status(&r));
}

static char lent[4][PAGE_SIZE] __attribute__((aligned(PAGE_SIZE)));

/* Each is lent if the SPMC can, and used if the SP can: their refusals are what the maker is after. */
static void lend_memory(void)
{
    struct ffa_mem_range range = { .pages = 1 };
    struct ffa_mem mem = { .receiver = echo.id, .attributes = FFA_MEM_NORMAL, .permissions = FFA_MEM_RW, .ranges = &range,
                           .nr_ranges = 1 };
    uint64_t handle, w[5];
    unsigned int i;

    for ( i = 0; i < ARRAY_SIZE(lent); i++ )
    {
        range.ipa = (uintptr_t)lent[i];
        if ( ffa_mem_share(&ffa, &mem, &handle) != FFA_OK )
            continue;
        w[0] = ECHO_MEM_MAP;
        w[1] = (uint32_t)handle;
        w[2] = handle >> 32;
        w[3] = w[4] = 0;
        page->calls += sp_command(echo.id, w) == FFA_OK && !w[0];
    }
}

static void count_loops(void *unused)
{
    volatile uint64_t *loops = &page->loops[cpu_id() % CHILD_VCPUS];

    (void)unused;
    for ( ; ; )
        ++*loops;
}

static void crash(void *unused)
{
    unsigned int reason = SHUTDOWN_CRASH;

    (void)unused;
    hypercall(SCHED_OP, SHUTDOWN, (uintptr_t)&reason, 0);
}

static bool is(const char *mode, const char *what)
{
    return !strcmp(mode, what);
}

static void act(const char *mode)
{
    struct ffa_regs r;
    unsigned int i;

    if ( is(mode, "call") )
        mode_call();
    else if ( is(mode, "spin") )
        mode_spin();
    else if ( is(mode, "ring") )
        mode_ring();
    else if ( is(mode, "mute") )
    {
        irq_disable();
        ask(0xff, 0);
        for ( ; ; )
            wfi();
    }
    else if ( is(mode, "rx") )
    {
        ffa_call(&ffa, &r, FFA_PARTITION_INFO_GET, 0, 0, 0, 0, 0, 0, 0);
        page->calls += (uint32_t)r.x[0] == FFA_SUCCESS_32;
    }
    else if ( is(mode, "rxput") )
        for ( ; ; )
        {
            ffa_call(&ffa, &r, FFA_PARTITION_INFO_GET, 0, 0, 0, 0, 0, 0, 0);
            ffa_call(&ffa, &r, FFA_RX_RELEASE, 0, 0, 0, 0, 0, 0, 0);
        }
    else if ( is(mode, "serve") )
        serve();
    else if ( is(mode, "yield") )
        leave_sp_preempted();
    else if ( is(mode, "off") )
        system_off();
    else if ( is(mode, "reset") )
        psci(PSCI_SYSTEM_RESET, 0, 0, 0);
    else if ( is(mode, "crash") )
        crash(NULL);
    else if ( is(mode, "crashes") )
    {
        for ( i = 1; i < nr_cpus; i++ )
            cpu_start(i, crash, NULL);
        crash(NULL);
    }
    else if ( is(mode, "cpus") )
    {
        for ( i = 1; i < nr_cpus; i++ )
            cpu_down(i);
        irq_disable();
        psci(PSCI_CPU_OFF, 0, 0, 0);
        need(false, 0);
    }
    else if ( is(mode, "first") )
        for ( i = 1; i < nr_cpus; i++ )
            need(cpu_down(i), i);
    else if ( is(mode, "busy") )
    {
        for ( i = 1; i < nr_cpus; i++ )
            cpu_start(i, count_loops, NULL);
        count_loops(NULL);
    }
}

int program(void)
{
    char mode[8] = "wfi";

    page = (struct child_page *)(ram_base + ram_size - BLOCK - PAGE_SIZE);
    find_no_past();
    page->state = CHILD_BOOTED;
    cmdline_get("mode", mode, sizeof(mode));

    smp_up_all();
    if ( !is(mode, "noffa") && !is(mode, "busy") )
        start_ffa();
    if ( is(mode, "share") )
        lend_memory();
    page->state = CHILD_READY;
    act(mode);

    /* Everything else sleeps */
    for ( ; ; )
        wfi();
}
