/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * sp.notify: rings any endpoint on request, now, later, or on another CPU; receives notifications of VMs; keeps the
 * list of VMs it was told about.
 *
 * A delayed ring is a job. Its state says who may touch it: FREE -> CLAIMED (being filled by one CPU) -> ARMED (anybody
 * may cancel it, its CPU may take it) -> RINGING (its CPU only) -> ARMED or FREE. No locks: a context may be preempted.
 */
#include "sp.h"

SP_HEADER(SP_NOTIFY_ID, "sp.notify", 0,
          FFA_PROP_RECV_DIRECT | FFA_PROP_NOTIFICATIONS | FFA_PROP_VM_CREATED | FFA_PROP_VM_DESTROYED |
          FFA_PROP_AARCH64 | FFA_PROP_RECV_REQ2, SP_NOTIFY_UUID);

enum { FREE, CLAIMED, ARMED, RINGING };

static struct job {
    uint32_t state;
    uint32_t cancel;
    unsigned int cpu, count;
    uint16_t receiver, vcpu;
    uint32_t flags;
    bool rotate, row;
    uint64_t bits, delay, next; /* delay and next in counter ticks */
} jobs[NOTIFY_JOBS];

#define RING_FLAGS  (FFA_NOTIF_PER_VCPU | FFA_NOTIF_DELAY_SRI)
#define RING_ROTATE 0x80
#define RING_ROW    0x40
#define RING_HYP    0x20
#define THIS_CPU    0xff
#define DELAY_UNIT  100 /* us */

#define MAX_VMS 128
static struct {
    uint32_t id;        /* 0: unused */
    uint64_t bound;     /* bits of ours that it may ring */
    bool answer;        /* it gets back what it rings */
} vms[MAX_VMS];

static unsigned int answers; /* VMs that do; without, the bits are left to NOTIFY_GET */
static uint64_t runs, run_cpus;         /* turns for their own sake that found something, and on which CPUs */
static uint64_t all_runs, all_run_cpus; /* ... whether they did or not */

static uint64_t sets_good, sets_bad;

static bool swap_state(struct job *j, uint32_t from, uint32_t to)
{
    return __atomic_compare_exchange_n(&j->state, &from, to, false, __ATOMIC_ACQ_REL, __ATOMIC_ACQUIRE);
}

static int ring(const struct job *j)
{
    int ret = sp_ffa(NULL, FFA_NOTIFICATION_SET, (uint64_t)SP_NOTIFY_ID << 16 | j->receiver,
                     j->flags | (uint32_t)j->vcpu << 16, (uint32_t)j->bits, j->bits >> 32);

    __atomic_fetch_add(ret ? &sets_bad : &sets_good, 1, __ATOMIC_RELAXED);

    return ret;
}

/* What changes between the rings of a job */
static void step(struct job *j)
{
    if ( j->rotate )
        j->bits = j->bits << 1 | j->bits >> 63;
    if ( j->row )
        j->receiver++;
}

static int ring_now(struct job *j)
{
    int ret = 0, now;

    for ( ; j->count; j->count--, step(j) )
    {
        now = ring(j);
        if ( !ret )
            ret = now;
    }

    return ret;
}

static int ring_later(const struct job *template)
{
    unsigned int i;
    int ret;

    for ( i = 0; i < NOTIFY_JOBS; i++ )
        if ( swap_state(&jobs[i], FREE, CLAIMED) )
            break;
    if ( i == NOTIFY_JOBS )
        return FFA_NO_MEMORY;

    jobs[i] = *template;
    jobs[i].next = counter() + template->delay;
    __atomic_store_n(&jobs[i].state, ARMED, __ATOMIC_RELEASE);
    ret = sp_service(NULL, SVC_TIMER_AT, template->cpu, jobs[i].next, 0, 0);
    if ( ret )
        swap_state(&jobs[i], ARMED, FREE);

    return ret;
}

static int command_ring(const struct command *c)
{
    unsigned int cpu = (c->arg[3] >> 8) & 0xff, count = ((uint32_t)c->w3 >> 16) & 0xffff;
    struct job j = {
        .state = CLAIMED,
        .cpu = cpu == THIS_CPU ? c->cpu : cpu,
        .count = count ? count : 1,
        .receiver = (uint16_t)c->arg[0] || (c->arg[3] & RING_HYP) ? (uint16_t)c->arg[0] : c->requester,
        .vcpu = (uint32_t)c->arg[0] >> 16,
        .flags = c->arg[3] & RING_FLAGS,
        .rotate = c->arg[3] & RING_ROTATE,
        .row = c->arg[3] & RING_ROW,
        .bits = (uint32_t)c->arg[1] | (uint64_t)(uint32_t)c->arg[2] << 32,
        .delay = us_to_ticks(((uint32_t)c->arg[3] >> 16) * DELAY_UNIT),
    };

    if ( !j.delay && j.count > NOTIFY_BURST )
        return FFA_INVALID;
    if ( !j.delay && j.cpu == c->cpu )
        return ring_now(&j);

    return ring_later(&j);
}

/* Rings what is due on this CPU and asks for the next interrupt. */
void sp_interrupt(unsigned int cpu)
{
    uint64_t first = 0;
    unsigned int i;

    for ( i = 0; i < NOTIFY_JOBS; i++ )
    {
        struct job *j = &jobs[i];

        if ( __atomic_load_n(&j->state, __ATOMIC_ACQUIRE) != ARMED || j->cpu != cpu || !swap_state(j, ARMED, RINGING) )
            continue;
        /* The next ring counts from this one: a slow machine gets fewer rings per second, not one that only rings. */
        while ( j->count && j->next <= counter() && !__atomic_load_n(&j->cancel, __ATOMIC_ACQUIRE) )
        {
            ring(j);
            step(j);
            j->count--;
            if ( !j->row )
                j->next = counter() + j->delay;
        }
        if ( j->count && (!first || j->next < first) )
            first = j->next;
        __atomic_store_n(&j->state, j->count ? ARMED : FREE, __ATOMIC_RELEASE);
        if ( __atomic_load_n(&j->cancel, __ATOMIC_ACQUIRE) )
            swap_state(j, ARMED, FREE);
    }
    if ( first )
        sp_service(NULL, SVC_TIMER_AT, cpu, first, 0, 0);
}

/* Fetches what VMs set for us: w4/w5 of the answer. */
static int fetch(unsigned int cpu, uint64_t *lo, uint64_t *hi)
{
    uint64_t bits;
    int ret = sp_fetch(cpu, &bits);

    *lo = (uint32_t)bits;
    *hi = bits >> 32;

    return ret;
}

static void set_answer(unsigned int i, bool on)
{
    if ( __atomic_exchange_n(&vms[i].answer, on, __ATOMIC_RELAXED) != on )
        __atomic_fetch_add(&answers, on ? 1 : -1u, __ATOMIC_RELAXED);
}

/* Cycles: fetch, and ring back with the same bits who wants that. */
void sp_run(unsigned int cpu)
{
    uint64_t bits, own;
    unsigned int i;

    __atomic_fetch_add(&all_runs, 1, __ATOMIC_RELAXED);
    __atomic_fetch_or(&all_run_cpus, BIT(cpu), __ATOMIC_RELAXED);
    if ( !__atomic_load_n(&answers, __ATOMIC_RELAXED) || sp_fetch(cpu, &bits) || !bits )
        return;
    __atomic_fetch_add(&runs, 1, __ATOMIC_RELAXED);
    __atomic_fetch_or(&run_cpus, BIT(cpu), __ATOMIC_RELAXED);
    for ( i = 0; i < MAX_VMS; i++ )
    {
        struct job j = { .receiver = (uint16_t)__atomic_load_n(&vms[i].id, __ATOMIC_ACQUIRE) };

        own = bits & vms[i].bound;
        if ( !j.receiver || !own || !vms[i].answer )
            continue;
        j.bits = own;
        ring(&j);
    }
}

static unsigned int vm_slot(uint16_t vm)
{
    unsigned int i;

    for ( i = 0; i < MAX_VMS && __atomic_load_n(&vms[i].id, __ATOMIC_ACQUIRE) != vm; i++ )
        ;

    return i;
}

/* BIND and UNBIND of our own bits for a VM; what a known VM holds is remembered, to be taken back when it dies. */
static int bind(uint16_t vm, uint64_t bits, uint32_t flags, bool undo)
{
    unsigned int i = vm_slot(vm);
    int ret = sp_ffa(NULL, undo ? FFA_NOTIFICATION_UNBIND : FFA_NOTIFICATION_BIND, (uint64_t)vm << 16 | SP_NOTIFY_ID,
                     flags, (uint32_t)bits, bits >> 32);

    if ( !ret && vm && i < MAX_VMS )
    {
        if ( undo )
            __atomic_fetch_and(&vms[i].bound, ~bits, __ATOMIC_RELAXED);
        else
            __atomic_fetch_or(&vms[i].bound, bits, __ATOMIC_RELAXED);
    }

    return ret;
}

static unsigned int jobs_in_use(void)
{
    unsigned int i, n = 0;

    for ( i = 0; i < NOTIFY_JOBS; i++ )
        n += __atomic_load_n(&jobs[i].state, __ATOMIC_RELAXED) != FREE;

    return n;
}

bool sp_command(struct command *c)
{
    uint64_t bits = (uint32_t)c->arg[1] | (uint64_t)(uint32_t)c->arg[2] << 32;

    switch ( (uint16_t)c->w3 )
    {
    case NOTIFY_RING:
        c->status = command_ring(c);
        break;
    case NOTIFY_BIND:
        c->status = bind(c->arg[0], bits, c->arg[3], false);
        break;
    case NOTIFY_UNBIND:
        c->status = bind(c->arg[0], bits, 0, true);
        break;
    case NOTIFY_GET:
        c->status = fetch(c->cpu, &c->result[0], &c->result[1]);
        break;
    case NOTIFY_STATS:
        c->result[0] = sets_good;
        c->result[1] = sets_bad;
        c->result[2] = jobs_in_use();
        break;
    case NOTIFY_ANSWER:
        if ( vm_slot(c->requester) < MAX_VMS )
            set_answer(vm_slot(c->requester), c->arg[0]);
        else
            c->status = FFA_INVALID;
        break;
    case NOTIFY_RUNS:
        c->result[0] = __atomic_load_n(&runs, __ATOMIC_RELAXED);
        c->result[1] = __atomic_load_n(&run_cpus, __ATOMIC_RELAXED);
        c->result[2] = __atomic_load_n(&all_runs, __ATOMIC_RELAXED);
        c->result[3] = __atomic_load_n(&all_run_cpus, __ATOMIC_RELAXED);
        break;
    default:
        c->status = FFA_INVALID;
        break;
    }

    return true;
}

int sp_vm_created(uint16_t vm)
{
    unsigned int i;

    if ( vm_slot(vm) < MAX_VMS )
        return FFA_DENIED;
    for ( i = 0; i < MAX_VMS; i++ )
    {
        uint32_t unused = 0;

        if ( __atomic_compare_exchange_n(&vms[i].id, &unused, vm, false, __ATOMIC_ACQ_REL, __ATOMIC_ACQUIRE) )
            return 0;
    }

    return FFA_NO_MEMORY;
}

/* Nothing of a dead VM stays: no jobs that would ring it, no bits that only it may set. */
int sp_vm_destroyed(uint16_t vm, unsigned int cpu)
{
    unsigned int i = vm_slot(vm), k;
    uint64_t lo, hi, bits;

    if ( i == MAX_VMS )
        return FFA_INVALID;
    for ( k = 0; k < NOTIFY_JOBS; k++ )
    {
        if ( jobs[k].receiver != vm )
            continue;
        __atomic_store_n(&jobs[k].cancel, 1, __ATOMIC_RELEASE);
        swap_state(&jobs[k], ARMED, FREE);
    }
    bits = vms[i].bound;
    if ( bits && bind(vm, bits, 0, true) )
    {
        fetch(cpu, &lo, &hi); /* it had rung: UNBIND wants the bits fetched */
        bind(vm, bits, 0, true);
    }
    vms[i].bound = 0;
    set_answer(i, false);
    __atomic_store_n(&vms[i].id, 0, __ATOMIC_RELEASE);

    return 0;
}
