/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * sp.echo: gives back what it gets; spins, yields, tells who it is, works on memory that the requester has
 * shared, and shares or lends its own.
 * Preemptible by the normal world.
 */
#include "layout.h"
#include "sp.h"

SP_HEADER(SP_ECHO_ID, "sp.echo", SP_FLAG_PREEMPTIBLE,
          FFA_PROP_RECV_DIRECT | FFA_PROP_INDIRECT | FFA_PROP_NOTIFICATIONS | FFA_PROP_AARCH64 | FFA_PROP_RECV_REQ2, SP_ECHO_UUID);

#define SPIN_MAX_US     10000000
#define WORDS_PER_PAGE  512

static void memory(struct command *c)
{
    uint64_t handle = (uint32_t)c->arg[0] | (uint64_t)(uint32_t)c->arg[1] << 32, pages = 0, n, sum = 0, *p;
    uint16_t lender = (uint32_t)c->arg[3] >> 16;

    if ( (uint32_t)c->w3 == ECHO_MEM_MAP )
    {
        c->status = sp_mem_map(handle, lender ? lender : c->requester, (uint32_t)c->arg[2], c->arg[3], &pages);
        c->result[0] = pages;
        return;
    }

    c->status = sp_mem_where(handle, c->requester, &p, &pages);
    if ( c->status )
        return;

    switch ( (uint32_t)c->w3 )
    {
    case ECHO_MEM_SUM:
        for ( n = 0; n < pages * WORDS_PER_PAGE; n++ )
            sum = (sum << 7 | sum >> 57) + ((volatile uint64_t *)p)[n];
        c->result[0] = (uint32_t)sum;
        c->result[1] = sum >> 32;
        break;
    case ECHO_MEM_FILL:
        for ( n = 0; n < pages * WORDS_PER_PAGE; n++ )
            ((volatile uint64_t *)p)[n] = (uint32_t)c->arg[2] + n;
        c->result[0] = n;
        break;
    default:
        c->status = sp_mem_unmap(handle);
        break;
    }
}

/* ---- Memory of its own ------------------------------------------------------------------------------------------- */

static void put(uint8_t *p, uint64_t v, unsigned int bytes)
{
    unsigned int i;

    for ( i = 0; i < bytes; i++, v >>= 8 )
        p[i] = v;
}

static uint64_t own_page(uint64_t n) { return SP_NS_VA + n * PAGE_SIZE; }

/* Of the context that has made this true, which may be stopped meanwhile: others are BUSY. */
static bool lending;
static uint8_t desc[17 * 1024] __attribute__((aligned(16)));

static void lend(struct command *c)
{
    static const uint32_t fids[] = { 0, FFA_MEM_SHARE_64, FFA_MEM_LEND_64, FFA_MEM_DONATE_64 };
    uint16_t to[2] = { (uint32_t)c->arg[0] & 0xffff, (uint32_t)c->arg[0] >> 16 };
    uint32_t first = (uint32_t)c->arg[1] & 0xffff, pages = (uint32_t)c->arg[1] >> 16, how = (uint32_t)c->arg[2] & 0xffff;
    uint32_t kind = how & ECHO_LEND_KIND, nr = to[1] ? 2 : 1, size = how & ECHO_LEND_WIDE ? 32 : 16;
    uint32_t composite = 48 + nr * size, ranges = how & ECHO_LEND_SCATTERED ? pages : 1, bytes, i;
    struct regs r = { { fids[kind] } };

    c->status = FFA_INVALID;
    if ( !kind || !pages || pages > SP_NS_PAGES || first > SP_NS_PAGES - pages )
        return;
    c->status = FFA_BUSY;
    if ( __atomic_exchange_n(&lending, true, __ATOMIC_ACQUIRE) )
        return;
    bytes = composite + 16 + ranges * 16;
    for ( i = 0; i < bytes; i++ )
        desc[i] = 0;
    put(desc, sp_header.id, 2);
    put(desc + 2, kind == 1 || (kind == 2 && nr > 1) ? 0x2f : 0, 2);
    put(desc + 4, how & ECHO_LEND_ZERO ? 1 : 0, 4);
    put(desc + 16, (uint32_t)c->arg[3], 8);
    put(desc + 24, size, 4);
    put(desc + 28, nr, 4);
    put(desc + 32, 48, 4);
    for ( i = 0; i < nr; i++ )
    {
        uint8_t *a = desc + 48 + i * size;

        put(a, to[i], 2);
        a[2] = kind == 3 ? 0 : how & ECHO_LEND_RO ? 1 : 2;
        put(a + 4, composite, 4);
        if ( size == 32 )
        {
            put(a + 8, ECHO_LEND_IMPDEF, 8);
            put(a + 16, ~ECHO_LEND_IMPDEF, 8);
        }
    }
    put(desc + composite, pages, 4);
    put(desc + composite + 4, ranges, 4);
    for ( i = 0; i < ranges; i++ )
    {
        put(desc + composite + 16 + i * 16, own_page(ranges > 1 ? first + pages - 1 - i : first), 8);
        put(desc + composite + 24 + i * 16, ranges > 1 ? 1 : pages, 4);
    }
    r.x[1] = r.x[2] = bytes;
    r.x[3] = (uint64_t)desc;
    r.x[7] = (uint32_t)c->arg[2] >> 16;
    sp_svc(&r);
    __atomic_store_n(&lending, false, __ATOMIC_RELEASE);
    c->status = (uint32_t)r.x[0] == FFA_ERROR ? (int)(uint32_t)r.x[2] : 0;
    c->result[0] = r.x[2];
    c->result[1] = r.x[3];
}

static void own(struct command *c)
{
    uint32_t first = (uint32_t)c->arg[1] & 0xffff, pages = (uint32_t)c->arg[1] >> 16;
    volatile uint64_t *p = (volatile uint64_t *)own_page(first);
    uint64_t n, sum = 0;

    c->status = FFA_INVALID;
    if ( pages > SP_NS_PAGES || first > SP_NS_PAGES - pages )
        return;
    for ( n = 0; n < (uint64_t)pages * WORDS_PER_PAGE; n++ )
        if ( (uint32_t)c->w3 == ECHO_OWN_FILL )
            p[n] = (uint32_t)c->arg[2] + n;
        else
            sum = (sum << 7 | sum >> 57) + p[n];
    c->status = 0;
    c->result[0] = (uint32_t)sum;
    c->result[1] = sum >> 32;
}

/* ---- indirect messages ---- */

static uint8_t tx[PAGE_SIZE] __attribute__((aligned(PAGE_SIZE))), rx[PAGE_SIZE] __attribute__((aligned(PAGE_SIZE)));

void sp_boot(unsigned int cpu)
{
    if ( !cpu )
        sp_ffa(NULL, FFA_RXTX_MAP_64, (uint64_t)tx, (uint64_t)rx, 1, 0);
}

static uint32_t word(const uint8_t *p) { return p[0] | p[1] << 8 | p[2] << 16 | (uint32_t)p[3] << 24; }

/* Does the framework say that something has come? 0, NO_DATA, or the error of GET */
static int message_there(unsigned int cpu)
{
    struct regs r;
    int ret = sp_ffa(&r, FFA_NOTIFICATION_GET, (uint64_t)cpu << 16 | SP_ECHO_ID, FFA_GET_SPM | FFA_GET_HYP, 0, 0);

    return ret ? ret : r.x[7] != 1 || r.x[6] ? FFA_NO_DATA : 0;
}

static void message_get(struct command *c)
{
    uint32_t offset, size, sum = 0, n;

    c->status = message_there(c->cpu);
    if ( c->status )
        return;
    offset = word(rx + 8);
    size = word(rx + 16);
    for ( n = 0; n < size && offset + n < PAGE_SIZE; n++ )
        sum = (sum << 3 | sum >> 29) + rx[offset + n];
    c->result[0] = word(rx + 12);
    c->result[1] = size;
    c->result[2] = sum;
    c->result[3] = offset;
    c->status = sp_ffa(NULL, FFA_RX_RELEASE, 0, 0, 0, 0);
}

/* The header of a message in TX */
static void message_head(uint16_t to, uint32_t offset, uint32_t size)
{
    unsigned int i;

    for ( i = 0; i < 40; i++ )
        tx[i] = 0;
    put(tx + 8, offset, 4);
    put(tx + 12, (uint32_t)SP_ECHO_ID << 16 | to, 4);
    put(tx + 16, size, 4);
}

static bool answering;

/* With cycles of its own: what has come goes back to who sent it, each byte inverted. */
static void message_answer(unsigned int cpu)
{
    uint32_t offset, size, n;
    uint16_t to;

    if ( !__atomic_load_n(&answering, __ATOMIC_RELAXED) || message_there(cpu) )
        return;
    offset = word(rx + 8);
    size = word(rx + 16);
    to = word(rx + 12) >> 16;
    for ( n = 0; n < size && offset + n < PAGE_SIZE && 40 + n < PAGE_SIZE; n++ )
        tx[40 + n] = ~rx[offset + n];
    message_head(to, 40, n);
    if ( !sp_ffa(NULL, FFA_RX_RELEASE, 0, 0, 0, 0) )
        sp_ffa(NULL, FFA_MSG_SEND2, 0, 0, 0, 0);
}

static void message_send(struct command *c)
{
    uint16_t to = c->arg[0] ? c->arg[0] : c->requester;
    uint32_t size = c->arg[1], offset = (uint32_t)c->arg[3] >> 16 ? (uint32_t)c->arg[3] >> 16 : 40, n;

    message_head(to, offset, size);
    for ( n = 0; n < size && offset + n < PAGE_SIZE; n++ )
        tx[offset + n] = (uint32_t)c->arg[2] + n;
    c->status = sp_ffa(NULL, FFA_MSG_SEND2, 0, c->arg[3] & FFA_NOTIF_DELAY_SRI, 0, 0);
}

/* ---- Cycles of its own ------------------------------------------------------------------------------------------- */

static uint64_t run_spin_us;

static void spin(uint64_t us)
{
    uint64_t end = counter() + us_to_ticks(us < SPIN_MAX_US ? us : SPIN_MAX_US);

    while ( counter() < end )
        ;
}

/* Cycles: answer a message, fetch what VMs rang, and keep the CPU for as long as was asked. */
void sp_run(unsigned int cpu)
{
    uint64_t bits;

    message_answer(cpu);
    sp_fetch(cpu, &bits);
    if ( bits )
        spin(__atomic_load_n(&run_spin_us, __ATOMIC_RELAXED));
}

bool sp_command(struct command *c)
{
    uint64_t i;

    switch ( (uint32_t)c->w3 )
    {
    case ECHO_SPIN:
        spin(c->arg[0]);
        break;
    case ECHO_BIND:
    case ECHO_UNBIND:
        c->status = sp_ffa(NULL, (uint32_t)c->w3 == ECHO_BIND ? FFA_NOTIFICATION_BIND : FFA_NOTIFICATION_UNBIND,
                           (uint64_t)c->requester << 16 | SP_ECHO_ID, 0, (uint32_t)c->arg[0], (uint32_t)c->arg[1]);
        break;
    case ECHO_RUN_SPIN:
        __atomic_store_n(&run_spin_us, (uint32_t)c->arg[0], __ATOMIC_RELAXED);
        break;
    case ECHO_YIELD:
        for ( i = 0; i < (uint32_t)c->arg[0]; i++ )
            sp_ffa(NULL, FFA_YIELD, 0, 0, 0, 0);
        c->result[0] = c->arg[0];
        break;
    case ECHO_WHOAMI:
        c->result[0] = sp_header.id;
        c->result[1] = c->requester;
        c->result[2] = c->cpu;
        break;
    case ECHO_READ:
        for ( i = 0; i < (uint32_t)c->arg[2]; i++ )
            sp_ffa(NULL, FFA_YIELD, 0, 0, 0, 0);
        c->result[0] = *(volatile uint8_t *)((uint32_t)c->arg[0] | (uint64_t)(uint32_t)c->arg[1] << 32);
        break;
    case ECHO_MSG_GET:
        message_get(c);
        break;
    case ECHO_MSG_SEND:
        message_send(c);
        break;
    case ECHO_MSG_ANSWER:
        __atomic_store_n(&answering, c->arg[0] & 1, __ATOMIC_RELAXED);
        break;
    case ECHO_MEM_MAP:
    case ECHO_MEM_SUM:
    case ECHO_MEM_FILL:
    case ECHO_MEM_UNMAP:
        memory(c);
        break;
    case ECHO_LEND:
        lend(c);
        break;
    case ECHO_LEND_RECLAIM:
        c->status = sp_ffa(NULL, FFA_MEM_RECLAIM, c->arg[0], c->arg[1], 0, 0);
        break;
    case ECHO_OWN_SUM:
    case ECHO_OWN_FILL:
        own(c);
        break;
    default:
        return false;
    }

    return true;
}

void sp_interrupt(unsigned int cpu) { (void)cpu; }

/* Not subscribed: the SPMC never delivers these. */
int sp_vm_created(uint16_t vm) { (void)vm; return FFA_NOT_SUPPORTED; }
int sp_vm_destroyed(uint16_t vm, unsigned int cpu) { (void)vm; (void)cpu; return FFA_NOT_SUPPORTED; }
