/* SPDX-License-Identifier: BSD-2-Clause */
/* Bodies of the model in shim.h. Whatever it dislikes ends the test program. */
#include "shim.h"

char shim_log[16384];
char shim_irqs[256];
keyhandler_fn_t *shim_key;
int shim_locks;
unsigned int shim_cpu;
cpumask_t cpu_online_map = { (1 << SHIM_CPUS) - 1 };
s_time_t shim_now;
struct vcpu *shim_current;
struct domain *shim_domains;
struct page_info shim_page[SHIM_PAGES];
void (*shim_sri)(int irq, void *dev);
unsigned int shim_sri_irq;
struct domain *shim_looker;
unsigned int shim_alloc_fails;
void (*shim_softirq)(void);
void (*shim_blocking)(void);
unsigned int shim_softirqs;
unsigned int shim_processed;
bool shim_events;
uint64_t shim_idle;
void (*shim_rcu_unlocked)(struct domain *d);
uint32_t smccc_ver = ARM_SMCCC_VERSION_1_2;

static struct timer *timers;
static struct tasklet *tasklets[1024];
static unsigned int nr_tasklets;

void shim_bug(const char *what, const char *file, int line)
{
    fprintf(stderr, "%s:%d: hypervisor bug: %s\n%s", file, line, what, shim_log);
    abort();
}

void shim_reset(void)
{
    unsigned int i;

    timers = NULL;
    nr_tasklets = 0;
    shim_log[0] = '\0';
    shim_irqs[0] = '\0';
    shim_cpu = 0;
    shim_domains = NULL;
    shim_alloc_fails = 0;
    shim_softirq = shim_unlocked = NULL;
    shim_blocking = NULL;
    shim_softirqs = 0;
    shim_processed = 0;
    shim_events = false;
    shim_idle = 0;
    shim_rcu_unlocked = NULL;
    memset(shim_page, 0, sizeof(shim_page));
    for ( i = 0; i < SHIM_PAGES; i++ )
    {
        shim_page[i].count_info = PGC_allocated | 1;
        shim_page[i].type = p2m_ram_rw;
    }
}

unsigned int shim_refs(unsigned int first, unsigned int nr)
{
    unsigned int i, n = 0;

    for ( i = first; i < first + nr; i++ )
        n += shim_page[i].refs;
    return n;
}

void printk(const char *fmt, ...)
{
    size_t used = strlen(shim_log);
    va_list args;

    va_start(args, fmt);
    vsnprintf(shim_log + used, sizeof(shim_log) - used, fmt, args);
    va_end(args);
}

void register_keyhandler(unsigned char key, keyhandler_fn_t *fn, const char *desc, bool diagnostic)
{
    shim_key = fn;
}

void *alloc_xenheap_pages(unsigned int order, unsigned int flags)
{
    void *p;

    return posix_memalign(&p, PAGE_SIZE, (size_t)PAGE_SIZE << order) ? NULL : p;
}

void free_xenheap_pages(void *p, unsigned int order)
{
    free(p);
}

void (*shim_unlocked)(void);

void spin_lock_init(spinlock_t *l)
{
    l->held = false;
}

void spin_lock(spinlock_t *l)
{
    ASSERT(!l->held);
    l->held = true;
    shim_locks++;
}

void spin_unlock(spinlock_t *l)
{
    ASSERT(l->held);
    l->held = false;
    if ( !--shim_locks && shim_unlocked )
        shim_unlocked();
}

bool bitmap_empty(const unsigned long *p, unsigned int n)
{
    unsigned int i;

    for ( i = 0; i < BITS_TO_LONGS(n); i++ )
        if ( p[i] )
            return false;

    return true;
}

unsigned int bitmap_weight(const unsigned long *p, unsigned int n)
{
    unsigned int i, weight = 0;

    for ( i = 0; i < BITS_TO_LONGS(n); i++ )
        weight += __builtin_popcountl(p[i]);

    return weight;
}

void init_timer(struct timer *t, void (*fn)(void *), void *data, unsigned int cpu)
{
    struct timer *other;

    for ( other = timers; other; other = other->next )
        ASSERT(other != t);
    *t = (struct timer){ .fn = fn, .data = data, .cpu = cpu, .live = true, .next = timers };
    timers = t;
}

void set_timer(struct timer *t, s_time_t expires)
{
    ASSERT(t->live);
    t->expires = expires;
    t->active = true;
}

void stop_timer(struct timer *t)
{
    ASSERT(t->live);
    t->active = false;
}

void kill_timer(struct timer *t)
{
    struct timer **p;

    for ( p = &timers; *p && *p != t; p = &(*p)->next )
        ;
    ASSERT(*p == t);
    *p = t->next;
    t->active = t->live = false;
}

void migrate_timer(struct timer *t, unsigned int cpu)
{
    ASSERT(t->live);
    t->cpu = cpu;
}

unsigned int shim_run_timers(s_time_t until)
{
    unsigned int ran = 0, cpu = shim_cpu;
    struct timer *t, *first;

    for ( ; ; )
    {
        shim_run_tasklets();
        first = NULL;
        for ( t = timers; t; t = t->next )
            if ( t->active && t->expires <= until && (!first || t->expires < first->expires) )
                first = t;
        if ( !first )
            break;

        if ( shim_now < first->expires )
            shim_now = first->expires;
        first->active = false;
        shim_cpu = first->cpu;
        first->fn(first->data);
        shim_cpu = cpu;
        ran++;
    }
    if ( shim_now < until )
        shim_now = until;

    return ran;
}

void tasklet_init(struct tasklet *t, void (*fn)(void *), void *data)
{
    softirq_tasklet_init(t, fn, data);
}

void softirq_tasklet_init(struct tasklet *t, void (*fn)(void *), void *data)
{
    unsigned int i;

    *t = (struct tasklet){ .fn = fn, .data = data };
    for ( i = 0; i < nr_tasklets && tasklets[i] != t; i++ )
        ;
    ASSERT(i < sizeof(tasklets) / sizeof(tasklets[0]));
    if ( i == nr_tasklets )
        tasklets[nr_tasklets++] = t;
}

void tasklet_schedule(struct tasklet *t)
{
    tasklet_schedule_on_cpu(t, shim_cpu);
}

void tasklet_schedule_on_cpu(struct tasklet *t, unsigned int cpu)
{
    if ( t->dead )
        return;
    if ( !t->scheduled )
        t->cpu = cpu;
    t->scheduled = true;
}

void tasklet_kill(struct tasklet *t)
{
    unsigned int i;

    t->dead = true;
    t->scheduled = false;

    /* Its memory may go away. */
    for ( i = 0; i < nr_tasklets && tasklets[i] != t; i++ )
        ;
    if ( i < nr_tasklets )
        tasklets[i] = tasklets[--nr_tasklets];
}

/* After a grace period: in a softirq, which no tasklet is in */
static struct rcu_head *rcu_heads;

void call_rcu(struct rcu_head *head, void (*func)(struct rcu_head *head))
{
    *head = (struct rcu_head){ .next = rcu_heads, .func = func };
    rcu_heads = head;
}

static void run_rcu(void)
{
    struct rcu_head *head;

    while ( (head = rcu_heads) != NULL )
    {
        rcu_heads = head->next;
        head->func(head);
    }
}

void shim_run_tasklets(void)
{
    unsigned int i, cpu = shim_cpu;

    for ( i = 0; i < nr_tasklets; i++ )
        if ( tasklets[i]->scheduled )
        {
            tasklets[i]->scheduled = false;
            shim_cpu = tasklets[i]->cpu;
            tasklets[i]->fn(tasklets[i]->data);
            shim_cpu = cpu;
            i = -1;
        }
    run_rcu();
}

struct domain *rcu_lock_domain_by_id(domid_t id)
{
    struct domain *d;

    for ( d = shim_domains; d && d->domain_id != id; d = d->next_in_list )
        ;

    return d;
}

void rcu_unlock_domain(struct domain *d)
{
    void (*fn)(struct domain *) = shim_rcu_unlocked;

    shim_rcu_unlocked = NULL;
    if ( fn )
        fn(d);
}

static struct page_info *look_up(const struct p2m_domain *p2m, uint64_t gfn, p2m_type_t *t)
{
    unsigned int i;

    for ( i = 0; i < p2m->nr; i++ )
        if ( p2m->map[i].gfn == gfn )
        {
            *t = p2m->map[i].type;
            return p2m->map[i].page;
        }

    *t = gfn < SHIM_PAGES ? shim_page[gfn].type : p2m_invalid;

    return *t == p2m_invalid ? NULL : &shim_page[gfn];
}

struct page_info shim_outside[SHIM_OUTSIDE_PAGES];

static struct page_info *outside(uint64_t mfn)
{
    uint64_t n = mfn - (SHIM_OUTSIDE >> 12);

    if ( n >= SHIM_OUTSIDE_PAGES )
        return NULL;
    shim_outside[n].frame = mfn;

    return &shim_outside[n];
}

bool shim_inside(uint64_t mfn)
{
    return mfn != ~0ULL && !outside(mfn);
}

static void take(struct page_info *p)
{
    p->refs++;
    p->count_info++;
}

struct page_info *get_page_from_gfn(struct domain *d, unsigned long gfn, p2m_type_t *t, int q)
{
    struct page_info *p = look_up(&d->p2m, gfn, t);

    shim_looker = d;
    if ( p && p2m_is_ram(*t) && p->domain && p->domain != d )
        return NULL;
    if ( p )
        take(p);

    return p;
}

bool get_page(struct page_info *p, const struct domain *d)
{
    const struct domain *owner = p->domain ? p->domain : p->foreign;

    if ( owner && owner != d )
        return false;
    shim_looker = (struct domain *)d;
    take(p);

    return true;
}

void put_page(struct page_info *p)
{
    ASSERT(!shim_locks);
    ASSERT(p->refs > 0);
    p->refs--;
    p->count_info--;
}

void put_page_alloc_ref(struct page_info *p)
{
    if ( p->count_info & PGC_allocated )
        p->count_info = (p->count_info & ~PGC_allocated) - 1;
}

/* Guest pages only: nobody cleans anything else here. */
void clean_and_invalidate_dcache_va_range(const void *p, unsigned long size)
{
    size_t offset = (const uint8_t *)p - (const uint8_t *)shim_page;
    struct page_info *page = &shim_page[offset / sizeof(*page)];
    static const uint8_t zeroes[PAGE_SIZE];

    ASSERT(offset < sizeof(shim_page) && offset % sizeof(*page) == 0 && size == PAGE_SIZE);
    page->cleaned += !memcmp(p, zeroes, PAGE_SIZE);
}

void p2m_read_lock(struct p2m_domain *p2m) { ASSERT(!p2m->locked); p2m->locked = 1; }
void p2m_read_unlock(struct p2m_domain *p2m) { ASSERT(p2m->locked == 1); p2m->locked = 0; }
void p2m_write_lock(struct p2m_domain *p2m) { ASSERT(!p2m->locked); p2m->locked = 2; }
void p2m_write_unlock(struct p2m_domain *p2m) { ASSERT(p2m->locked == 2); p2m->locked = 0; }

mfn_t p2m_get_entry(struct p2m_domain *p2m, gfn_t gfn, p2m_type_t *t, p2m_access_t *a, unsigned int *order, bool *valid)
{
    p2m_type_t type;
    struct page_info *p = look_up(p2m, gfn.gfn, &type);

    ASSERT(p2m->locked);
    if ( t )
        *t = type;
    if ( order )
        *order = 0;
    if ( valid )
        *valid = p;

    return p ? maddr_to_mfn(page_to_maddr(p)) : INVALID_MFN;
}

int p2m_set_entry(struct p2m_domain *p2m, gfn_t gfn, unsigned long nr, mfn_t mfn, p2m_type_t t, p2m_access_t a)
{
    p2m_type_t before;
    struct page_info *p;
    unsigned int i;

    ASSERT(p2m->locked == 2);
    for ( ; nr; nr--, gfn.gfn++ )
    {
        p = look_up(p2m, gfn.gfn, &before);
        if ( p2m->room && !--p2m->room )
            return -ENOMEM;
        for ( i = 0; i < p2m->nr && p2m->map[i].gfn != gfn.gfn; i++ )
            ;
        ASSERT(i < SHIM_MAPS);
        p2m->nr += i == p2m->nr;
        p2m->map[i].gfn = gfn.gfn;
        p2m->map[i].page = mfn_eq(mfn, INVALID_MFN) ? NULL : mfn_to_page(mfn);
        p2m->map[i].type = mfn_eq(mfn, INVALID_MFN) ? p2m_invalid : t;
        if ( p && !p2m_is_ram(before) && before != p2m_mmio_direct_c )
            put_page(p);
        if ( !mfn_eq(mfn, INVALID_MFN) )
            mfn = mfn_add(mfn, 1);
    }

    return 0;
}

/* Not where the domain sees it, so that the two cannot be mixed up */
paddr_t page_to_maddr(const struct page_info *p)
{
    return (p->frame ? p->frame : 0x880000ULL + (p - shim_page)) << 12;
}

struct page_info *maddr_to_page(paddr_t pa)
{
    unsigned int i;

    if ( outside(pa >> 12) )
        return outside(pa >> 12);

    for ( i = 0; i < SHIM_PAGES; i++ )
        if ( page_to_maddr(&shim_page[i]) == pa )
            return &shim_page[i];

    shim_bug("no such page", __FILE__, __LINE__);
    return NULL;
}

void do_softirq(void)
{
    ASSERT(!shim_locks);
    shim_softirqs -= !!shim_softirqs;
    if ( shim_softirq )
        shim_softirq();
    if ( shim_current && shim_current->blocked )
    {
        shim_current->irq = true;
        shim_current->blocked = false;
    }
}

void vcpu_block(void)
{
    struct vcpu *v = shim_current;
    void (*fn)(void) = shim_blocking;

    ASSERT(v);
    shim_blocking = NULL;
    if ( fn )
        fn();
    shim_current = v;
    shim_current->blocked = !shim_current->irq;
}

void vcpu_unblock(struct vcpu *v)
{
    v->blocked = false;
}

void *shim_calloc(size_t n, size_t size)
{
    return shim_alloc_fails && !--shim_alloc_fails ? NULL : calloc(n, size);
}

void *shim_malloc(size_t n, size_t size)
{
    return shim_alloc_fails && !--shim_alloc_fails ? NULL : malloc(n * size + 1);
}

int request_irq(unsigned int irq, unsigned int flags, void (*h)(int, void *), const char *name, void *dev)
{
    size_t used = strlen(shim_irqs);

    shim_sri = h;
    shim_sri_irq = irq;
    snprintf(shim_irqs + used, sizeof(shim_irqs) - used, "request %u on %u, ", irq, shim_cpu);
    return 0;
}

int irq_set_type(unsigned int irq, unsigned int type)
{
    size_t used = strlen(shim_irqs);

    snprintf(shim_irqs + used, sizeof(shim_irqs) - used, "type %u, ", irq);
    return 0;
}

void (*shim_on_npi)(struct vcpu *v);

void vgic_inject_irq(struct domain *d, struct vcpu *v, unsigned int virq, bool level)
{
    ASSERT(level && v->domain == d && v->online);
    if ( virq == GUEST_FFA_SCHEDULE_RECV_INTR_ID )
        v->sris++;
    else
    {
        ASSERT(virq == GUEST_FFA_NOTIF_PEND_INTR_ID);
        v->npis++;
        if ( shim_on_npi )
            shim_on_npi(v);
    }
}
