/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * vmtalk: indirect messages between VMs, with all of their RX and TX. One says, the other repeats: every size up to that of the
 * buffers, each header as its version has it, each message announced by "RX full". Then buffers that come and go under messages.
 *
 * Command line: role=say|repeat|race|sink|pour, peer=<id>, pages=<n> (16), version=1.1|1.2. race: a second vCPU unmaps and maps RX and
 * TX while this one sends; to a sink, which only reads, and to sp.echo. pour: with others to one sink, which has senders=<n> (1)
 * peers from peer= on.
 */
#include "ffa_port.h"

#define PATIENCE_US     60000000
#define RETRY_US        500
#define MAX_PAGES       16
#define POURED          60
#define LAST            0xffffu         /* first half-word of a payload: that was all */

static uint8_t tx[MAX_PAGES * PAGE_SIZE] __attribute__((aligned(4096))), rx[MAX_PAGES * PAGE_SIZE] __attribute__((aligned(4096)));
static uint16_t peer;
static unsigned int head, pages, senders;
static volatile unsigned int full;
static volatile bool stop;

static void on_get(struct ffa *f, uint16_t vcpu, const struct ffa_bitmaps *got)
{
    (void)f;
    (void)vcpu;
    if ( got->hyp & 1 )
        __atomic_add_fetch(&full, 1, __ATOMIC_RELAXED);
    if ( cpu_id() )
        gic_send_sgi(SGI_KICK, 0);
}

static uint32_t get32(unsigned int at) { return *(volatile uint32_t *)(rx + at); }

/* @size bytes for the peer, at @offset; the first two are @word, the others follow from it */
static void write(uint32_t offset, uint32_t size, uint16_t word)
{
    uint32_t i;

    ffa_send2_header(&ffa, peer, offset, size);
    for ( i = 0; i < size; i++ )
        tx[offset + i] = i < 2 ? (uint8_t)(word >> (8 * i)) : (uint8_t)(i * 13 + word);
}

/* The peer may not be there yet (INVALID_PARAMETERS: no buffers), or read the last one still. */
static int send_patiently(void)
{
    uint64_t until = time_us() + PATIENCE_US;
    int rc;

    while ( ((rc = ffa_send2(&ffa)) == FFA_BUSY || rc == FFA_INVALID_PARAMETERS) && time_us() < until )
        (void)wait_event(false, RETRY_US);

    return rc;
}

/* What came: its size and first half-word; 0: nothing did, or it is not what it must be */
static uint32_t receive(unsigned int *seen, uint16_t *word)
{
    uint32_t offset, size, i, bad = 0;

    if ( !wait_event(full != *seen, PATIENCE_US) )
        return 0;
    *seen = full;
    offset = get32(8);
    size = get32(16);
    if ( get32(0) || get32(4) || (uint16_t)get32(12) != ffa.id || (uint16_t)((get32(12) >> 16) - peer) >= senders || offset < head ||
         (uint64_t)offset + size > pages * PAGE_SIZE )
        return 0;
    *word = (uint16_t)(rx[offset] | rx[offset + 1] << 8);
    for ( i = 2; i < size; i++ )
        bad += rx[offset + i] != (uint8_t)(i * 13 + *word);

    return bad ? 0 : size;
}

static void say(void)
{
    uint32_t room = pages * PAGE_SIZE - 40, sizes[] = { 2, 3, 100, PAGE_SIZE - 40, PAGE_SIZE, room - 1, room };
    unsigned int i, seen = 0;
    uint16_t word = 0;

    for ( i = 0; i < ARRAY_SIZE(sizes); i++ )
    {
        uint32_t size = sizes[i] > room ? room : sizes[i];

        write(head, size, (uint16_t)(i + 1));
        expect_eq(send_patiently(), FFA_OK, "%u bytes are said", size);
        ok(receive(&seen, &word) == size && word == i + 1, "and repeated");
        expect_eq(ffa_rxtx_unmap(&ffa), FFA_DENIED, "RX is ours: no UNMAP");
        expect_eq(ffa_rx_release(&ffa), FFA_OK, "and the peer's again");
    }
    write(head, pages * PAGE_SIZE - head + 1, 1);
    expect_eq(ffa_send2(&ffa), FFA_INVALID_PARAMETERS, "a byte more than TX");
}

/* More than the receiver, who has others as well, takes at once */
static void pour(void)
{
    unsigned int i, sent = 0;

    for ( i = 0; i < POURED; i++ )
    {
        write(head, 2 + i * 97, (uint16_t)(i + 1));
        sent += send_patiently() == FFA_OK;
    }
    expect_eq(sent, POURED, "all were taken, one after the other");
}

/* @back: say it again */
static void repeat(bool back)
{
    unsigned int seen = 0, n = 0, ends = 0;
    uint16_t word = 0;
    uint32_t size;

    while ( (size = receive(&seen, &word)) != 0 && (word != LAST || ++ends < senders) )
    {
        if ( ffa_rx_release(&ffa) != FFA_OK )
            ok(false, "a message of %u bytes is read", size);
        n += word != LAST;
        if ( !back )
            continue;
        write(40, size, word);
        expect_eq(send_patiently(), FFA_OK, "a message of %u bytes is repeated", size);
    }
    ok(size && (n || !back), "%u messages, then the last one", n);   /* of a race perhaps none */
    if ( senders > 1 )
        expect_eq(n, senders * POURED, "as many as were sent");
    ffa_rx_release(&ffa);
}

/* RXTX_MAP and UNMAP as fast as they go, beside SEND2 of another vCPU */
static void remap(void *unused)
{
    struct ffa_regs r;

    (void)unused;
    while ( !stop )
    {
        ffa_call(&ffa, &r, FFA_RXTX_UNMAP, 0, 0, 0, 0, 0, 0, 0);
        ffa_call(&ffa, &r, FFA_RXTX_MAP_64, (uintptr_t)tx, (uintptr_t)rx, pages, 0, 0, 0, 0);
    }
}

static void race(void)
{
    unsigned int i, bad = 0, good = 0;
    uint16_t to = peer;
    int strange = FFA_OK;

    if ( nr_cpus < 2 || !cpus[1].online )
        return;

    write(head, 16, 0x123);
    expect_eq(send_patiently(), FFA_OK, "the peer has buffers");
    cpu_start(1, remap, NULL);
    for ( i = 0; i < 600; i++ )
    {
        int rc;

        peer = i & 1 ? SP_ECHO_ID : to;
        write(head, 16, 0x123);
        rc = ffa_send2(&ffa);
        good += rc == FFA_OK;
        if ( rc != FFA_OK && rc != FFA_BUSY && rc != FFA_DENIED && !bad++ )
            strange = rc;
    }
    peer = to;
    stop = true;
    ok(cpu_wait(1, PATIENCE_US), "the other vCPU has ended");
    expect_eq(bad, 0, "messages with and without buffers (%u with), no code but BUSY and DENIED: %d", good, strange);
    (void)ffa_rxtx_map(&ffa, tx, rx, pages);
    expect_eq(ffa_rxtx_unmap(&ffa), FFA_OK, "the buffers can be unmapped at the end");
    expect_eq(ffa_send2(&ffa), FFA_DENIED, "nothing is sent without");
    expect_eq(ffa_rxtx_map(&ffa, tx, rx, pages), FFA_OK, "and mapped again");
}

int program(void)
{
    char role[16] = "say";
    int rc = ffa_start_without_buffers(FFA_VERSION_1_2);

    smp_up_all();
    ffa_cpus_enable();                  /* "RX full" may come to any */
    cmdline_get("role", role, sizeof(role));
    peer = (uint16_t)cmdline_u64("peer", 3);
    pages = (unsigned int)cmdline_u64("pages", MAX_PAGES);
    senders = (unsigned int)cmdline_u64("senders", 1);
    if ( !expect_eq(rc, FFA_OK, "FF-A is there, version %u.%u", ffa.version >> 16, ffa.version & 0xffff) )
        return 1;
    head = ffa_send2_header_bytes(&ffa);
    ffa.on_get = on_get;
    /* From here on the peer can send. */
    if ( !expect_eq(ffa_rxtx_map(&ffa, tx, rx, pages), FFA_OK, "buffers of %u pages come", pages) )
        return 1;

    if ( !strcmp(role, "repeat") || !strcmp(role, "sink") )
    {
        repeat(!strcmp(role, "repeat"));
        return 0;
    }
    if ( !strcmp(role, "race") )
        race();
    else if ( !strcmp(role, "pour") )
        pour();
    else
        say();
    write(head, 2, LAST);
    expect_eq(send_patiently(), FFA_OK, "the peer hears that this was all");

    return 0;
}
