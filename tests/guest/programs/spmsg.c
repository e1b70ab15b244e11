/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * spmsg: indirect messages between this VM and sp.echo, both ways: contents, sizes, who owns RX, every error, and a second vCPU that
 * writes to TX while messages go out.
 *
 * Command line: part=all|told (all; told: we send, the SP answers by itself, in its own time),
 * version=1.1|1.2, have=<0|1> (1: the SPMC has them), rounds=<n> (200), vms=<0|1> (0: the policy has other VMs).
 */
#include "ffa_port.h"

#define PATIENCE_US     20000000
#define RETRY_US        500

static unsigned int head;               /* bytes of the header of our version */
static volatile unsigned int full_spm, full_hyp;
static volatile bool stop;

static void on_get(struct ffa *f, uint16_t vcpu, const struct ffa_bitmaps *got)
{
    (void)f;
    (void)vcpu;
    if ( got->spm & 1 )
        __atomic_add_fetch(&full_spm, 1, __ATOMIC_RELAXED);
    if ( got->hyp & 1 )
        __atomic_add_fetch(&full_hyp, 1, __ATOMIC_RELAXED);
    if ( cpu_id() )
        gic_send_sgi(SGI_KICK, 0);
}

static void put32(unsigned int at, uint32_t v) { *(volatile uint32_t *)((uint8_t *)ffa.tx + at) = v; }

static uint32_t fill(uint32_t offset, uint32_t size, uint8_t seed)
{
    uint32_t n, sum = 0;

    for ( n = 0; n < size; n++ )
    {
        ((uint8_t *)ffa.tx)[offset + n] = (uint8_t)(seed + n * 7);
        sum = (sum << 3 | sum >> 29) + (uint8_t)(seed + n * 7);
    }

    return sum;
}

/* Another VM may have sent to it meanwhile, and not asked for it yet. */
static int send_patiently(void)
{
    uint64_t until = time_us() + PATIENCE_US;
    int rc;

    while ( (rc = ffa_send2(&ffa)) == FFA_BUSY && time_us() < until )
        (void)wait_event(false, RETRY_US);

    return rc;
}

static int echo(uint64_t w[5]) { return sp_command(SP_ECHO_ID, w); }

static void there(void)
{
    uint32_t sizes[] = { 1, 100, PAGE_SIZE - 40 };
    unsigned int i;

    for ( i = 0; i < ARRAY_SIZE(sizes); i++ )
    {
        uint32_t sum = fill(head, sizes[i], (uint8_t)i);
        uint64_t w[5] = { ECHO_MSG_GET };

        ffa_send2_header(&ffa, SP_ECHO_ID, head, sizes[i]);
        expect_eq(send_patiently(), FFA_OK, "a message of %u bytes", sizes[i]);
        expect_eq(ffa_send2(&ffa), FFA_BUSY, "another one before it is read");
        ok(echo(w) == FFA_OK && !(int)w[0], "sp.echo was told of it (%d)", (int)w[0]);
        ok(w[1] == ((uint32_t)ffa.id << 16 | SP_ECHO_ID) && w[2] == sizes[i] && w[3] == sum && w[4] == 40,
           "and read it: 0x%lx, %lu bytes, sum 0x%lx", w[1], w[2], w[3]);
    }
}

static void errors(void)
{
    static const struct { unsigned int at; uint32_t value; int rc; const char *what; } row[] = {
        { 0, 1, FFA_INVALID_PARAMETERS, "flags" }, { 4, 1, FFA_INVALID_PARAMETERS, "a reserved word" },
        { 8, 0, FFA_INVALID_PARAMETERS, "no offset" }, { 8, 19, FFA_INVALID_PARAMETERS, "an offset in the header" },
        { 8, 4097, FFA_INVALID_PARAMETERS, "an offset beyond TX" }, { 8, 0xffffffff, FFA_INVALID_PARAMETERS, "an offset that wraps" },
        { 16, 0, FFA_INVALID_PARAMETERS, "no payload" }, { 16, 4096, FFA_INVALID_PARAMETERS, "more than TX" },
        { 16, 0xffffffec, FFA_INVALID_PARAMETERS, "a size that wraps" },
    };
    static const struct { uint16_t to; int rc; } who[] = {
        { 0, FFA_INVALID_PARAMETERS }, { 0x7e00, FFA_INVALID_PARAMETERS }, { 0x8077, FFA_INVALID_PARAMETERS },
        { SPMC_ID, FFA_INVALID_PARAMETERS }, { 0xffff, FFA_INVALID_PARAMETERS }, { SP_NOTIFY_ID, FFA_DENIED },
        { SP_FAULTS_ID, FFA_DENIED },
    };
    struct ffa_regs r;
    unsigned int i;

    for ( i = 0; i < ARRAY_SIZE(row); i++ )
    {
        ffa_send2_header(&ffa, SP_ECHO_ID, head, 16);
        put32(row[i].at, row[i].value);
        expect_eq(ffa_send2(&ffa), row[i].rc, "a header with %s", row[i].what);
    }
    if ( head == 40 )
    {
        ffa_send2_header(&ffa, SP_ECHO_ID, 20, 16);
        expect_eq(ffa_send2(&ffa), FFA_INVALID_PARAMETERS, "the offset of 1.1 in a header of 1.2");
        ffa_send2_header(&ffa, SP_ECHO_ID, 40, 16);
        put32(20, 1);
        expect_eq(ffa_send2(&ffa), FFA_INVALID_PARAMETERS, "the reserved word of 1.2");
    }
    else
    {
        ffa_send2_header(&ffa, SP_ECHO_ID, 20, PAGE_SIZE - 20);
        expect_eq(ffa_send2(&ffa), FFA_NO_MEMORY, "a message that has no room with the header of 1.2");
    }
    for ( i = 0; i < ARRAY_SIZE(who); i++ )
    {
        ffa_send2_header(&ffa, who[i].to, head, 16);
        expect_eq(ffa_send2(&ffa), who[i].rc, "a message to 0x%x", who[i].to);
    }
    ffa_send2_header(&ffa, ffa.id, head, 16);
    expect_eq(ffa_send2(&ffa), FFA_INVALID_PARAMETERS, "a message to oneself");
    ffa_send2_header(&ffa, SP_ECHO_ID, head, 16);
    put32(12, (uint32_t)(ffa.id ^ 1) << 16 | SP_ECHO_ID);
    expect_eq(ffa_send2(&ffa), FFA_INVALID_PARAMETERS, "a message as another VM");
    put32(12, SP_ECHO_ID);
    expect_eq(ffa_send2(&ffa), FFA_INVALID_PARAMETERS, "a message as the hypervisor");
    put32(12, (uint32_t)SP_NOTIFY_ID << 16 | SP_ECHO_ID);
    expect_eq(ffa_send2(&ffa), FFA_INVALID_PARAMETERS, "a message as an SP");
    ffa_send2_header(&ffa, SP_ECHO_ID, head, 16);
    for ( i = 1; i < 8; i++ )
    {
        ffa_call(&ffa, &r, FFA_MSG_SEND2, i == 1, i == 2 ? 2 : 0, i == 3, i == 4, i == 5, i == 6, i == 7);
        expect_eq(ffa_status(&r), FFA_INVALID_PARAMETERS, "register %u is not zero", i);
    }
}

static void back(void)
{
    static const uint32_t sizes[] = { 1, 100, PAGE_SIZE - 40 };
    unsigned int i, n, bad, before;
    uint64_t w[5];

    for ( i = 0; i < ARRAY_SIZE(sizes); i++ )
    {
        const volatile uint8_t *rx = ffa.rx;
        uint32_t offset = i == 1 ? 200 : 40;

        before = full_spm;
        w[0] = ECHO_MSG_SEND, w[1] = 0, w[2] = sizes[i], w[3] = 5 + i, w[4] = (uint64_t)(i == 1 ? 200 : 0) << 16 | (i == 2 ? 2 : 0);
        ok(echo(w) == FFA_OK && !(int)w[0], "sp.echo sends %u bytes (%d)", sizes[i], (int)w[0]);
        ok(wait_event(full_spm != before, PATIENCE_US), "we are told that RX is full");
        ok(((const volatile uint32_t *)rx)[3] == ((uint32_t)SP_ECHO_ID << 16 | ffa.id) && ((const volatile uint32_t *)rx)[4] == sizes[i] &&
           ((const volatile uint32_t *)rx)[2] == offset, "from whom, for us, how much and where");
        for ( n = 0, bad = 0; n < sizes[i]; n++ )
            bad += rx[offset + n] != (uint8_t)(5 + i + n);
        expect_eq(bad, 0, "and all of it");

        w[0] = ECHO_MSG_SEND, w[1] = 0, w[2] = 1, w[3] = 5, w[4] = 0;
        ok(echo(w) == FFA_OK && (int)w[0] == FFA_BUSY, "RX is ours: the next is BUSY (%d)", (int)w[0]);
        expect_eq(ffa_partition_count(&ffa, NULL) > 0, 1, "the number of partitions needs no RX");
        expect_eq(ffa_rxtx_unmap(&ffa), FFA_DENIED, "nor can it be unmapped");
        expect_eq(ffa_rx_release(&ffa), FFA_OK, "until we release it");
        expect_eq(ffa_rx_release(&ffa), FFA_DENIED, "once");
    }

    w[0] = ECHO_MSG_SEND, w[1] = 0, w[2] = PAGE_SIZE - 39, w[3] = 5, w[4] = 0;
    ok(echo(w) == FFA_OK && (int)w[0] == FFA_INVALID_PARAMETERS, "more than its TX (%d)", (int)w[0]);
    w[0] = ECHO_MSG_SEND, w[1] = 0x7e00, w[2] = 1, w[3] = 5, w[4] = 0;
    ok(echo(w) == FFA_OK && (int)w[0] == FFA_INVALID_PARAMETERS, "to a VM that is not there (%d)", (int)w[0]);
    expect_eq(full_hyp, 0, "the hypervisor had nothing to say");
}

/* No request asks it to read: that it does is the framework's work, the cycles are the hypervisor's. */
static void told(unsigned int rounds)
{
    unsigned int i, n, before, bad = 0, sent = 0, heard = 0;
    uint64_t w[5] = { ECHO_MSG_ANSWER, 1 };

    ok(echo(w) == FFA_OK && !(int)w[0], "sp.echo will answer with cycles of its own");
    for ( i = 0; i < rounds; i++ )
    {
        const volatile uint8_t *rx = ffa.rx;
        const volatile uint32_t *header = ffa.rx;
        uint32_t size = 1 + (i * 397) % (PAGE_SIZE - 40);

        before = full_spm;
        (void)fill(head, size, (uint8_t)i);
        ffa_send2_header(&ffa, SP_ECHO_ID, head, size);
        if ( ffa_send2(&ffa) != FFA_OK )
            break;
        sent++;
        if ( !wait_event(full_spm != before, PATIENCE_US) )
            break;
        heard++;
        bad += header[2] != 40 || header[3] != ((uint32_t)SP_ECHO_ID << 16 | ffa.id) || header[4] != size;
        for ( n = 0; n < size && header[4] == size; n++ )
            bad += rx[40 + n] != (uint8_t)~(uint8_t)(i + n * 7);
        bad += ffa_rx_release(&ffa) != FFA_OK;
    }
    expect_eq(sent, rounds, "messages that are sent, each when the last was answered");
    expect_eq(heard, rounds, "each is answered");
    expect_eq(bad, 0, "with what was in it, to us");
    expect_eq(full_spm, rounds, "one notification for each");
    w[0] = ECHO_MSG_ANSWER, w[1] = 0;
    ok(echo(w) == FFA_OK && !(int)w[0], "no more answers");
}

/* A second vCPU writes over the header all the time. What arrives is from us and for sp.echo, or it is refused. */
static void scribble(void *unused)
{
    unsigned int n = 0;

    (void)unused;
    while ( !stop )
    {
        put32(12, (uint32_t)(ffa.id ^ 1) << 16 | SP_NOTIFY_ID);
        put32(12, (uint32_t)ffa.id << 16 | SP_ECHO_ID);
        put32(16, n++ & 1 ? 0xffffffff : 16);
        put32(16, 16);
        put32(8, 1);
        put32(8, head);
    }
}

static void hostile(void)
{
    unsigned int i, rounds = (unsigned int)cmdline_u64("rounds", 200), good = 0, bad = 0;

    if ( nr_cpus < 2 || !cpus[1].online )
        return;

    ffa_send2_header(&ffa, SP_ECHO_ID, head, 16);
    cpu_start(1, scribble, NULL);
    for ( i = 0; i < rounds; i++ )
    {
        uint64_t w[5] = { ECHO_MSG_GET };
        int rc = send_patiently();

        if ( rc == FFA_OK )
        {
            good++;
            bad += echo(w) != FFA_OK || (int)w[0] || w[1] != ((uint32_t)ffa.id << 16 | SP_ECHO_ID) || w[2] != 16;
        }
        else
            bad += rc != FFA_INVALID_PARAMETERS && rc != FFA_DENIED;
    }
    stop = true;
    ok(cpu_wait(1, PATIENCE_US), "the other vCPU has ended");
    expect_eq(bad, 0, "what arrived of %u messages that another vCPU wrote over (%u) was ours", rounds, good);
}

int program(void)
{
    struct ffa_partition p;
    char part[8] = "all";
    bool have = cmdline_u64("have", 1);
    int rc = ffa_start_all(FFA_VERSION_1_2);

    smp_up_all();
    if ( !expect_eq(rc, FFA_OK, "FF-A is there, version %u.%u", ffa.version >> 16, ffa.version & 0xffff) )
        return 1;
    head = ffa_send2_header_bytes(&ffa);
    ffa.on_get = on_get;
    ok(ffa_find(&ffa, &uuid_echo, &p) == FFA_OK, "sp.echo is there");
    expect_eq((p.properties >> 2) & 1, have, "and takes indirect messages, or cannot");
    ok(ffa_find(&ffa, &uuid_notify, &p) == FFA_OK && !((p.properties >> 2) & 1), "sp.notify does not");
    expect_eq(ffa_features(&ffa, FFA_MSG_SEND2, 0, NULL, NULL), have || cmdline_u64("vms", 0) ? FFA_OK : FFA_NOT_SUPPORTED, "FEATURES");
    if ( !have )
    {
        ffa_send2_header(&ffa, SP_ECHO_ID, head, 16);
        expect_eq(ffa_send2(&ffa), FFA_NOT_SUPPORTED, "and so says the call");
        return 0;
    }

    cmdline_get("part", part, sizeof(part));
    if ( !strcmp(part, "told") )
    {
        told(20);
        return 0;
    }
    there();
    errors();
    back();
    hostile();

    return 0;
}
