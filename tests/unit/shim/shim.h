/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Stands for the hypervisor when the mediator's files are compiled on the host, unchanged. Every Xen header that the
 * mediator may include (scripts/dropin-allowed.txt) is a file that includes this one, made by the Makefile.
 *
 * It is a model with opinions: locks must not nest into themselves and must not be held over an SMC, references must
 * balance, killed timers stay dead, memory comes from malloc so that the sanitizers see it. One CPU at a time:
 * shim_cpu says which.
 */
#ifndef TESTS_UNIT_SHIM_H
#define TESTS_UNIT_SHIM_H

#include <errno.h>
#include <inttypes.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <libfdt.h>

#ifndef ERESTART
#define ERESTART 85
#endif

/* ---- Compiler, macros ---- */
#define __init
#define __initdata
#define __read_mostly
#define __ro_after_init
#define __used __attribute__((used))
#define __section(s) __attribute__((section(s)))
#define __packed __attribute__((packed))
#define __must_check
#define always_inline inline __attribute__((always_inline))
#define noinline __attribute__((__noinline__))
#define likely(x) (x)
#define unlikely(x) (x)
#define ACCESS_ONCE(x) (*(volatile __typeof__(x) *)&(x))
#define BIT(pos, suffix) (1 ## suffix << (pos))
#define GENMASK(h, l) ((~0UL << (l)) & (~0UL >> (63 - (h))))
#define ARRAY_SIZE(a) (sizeof(a) / sizeof((a)[0]))
#define IS_ALIGNED(v, a) (!((v) & ((a) - 1)))
#define min_t(t, a, b) ((t)(a) < (t)(b) ? (t)(a) : (t)(b))
#define min(a, b) ({ __typeof__(a) a_ = (a); __typeof__(b) b_ = (b); (void)(&a_ == &b_); a_ < b_ ? a_ : b_; })
#define max(a, b) ({ __typeof__(a) a_ = (a); __typeof__(b) b_ = (b); (void)(&a_ == &b_); a_ > b_ ? a_ : b_; })
#define container_of(p, type, field) ((type *)((char *)(p) - offsetof(type, field)))
#define BITS_PER_LONG 64
#define BUILD_BUG_ON(c) _Static_assert(!(c), #c)
#define array_index_nospec(i, n) ((i) < (n) ? (i) : 0)
#define smp_mb() __sync_synchronize()
#define smp_rmb() __sync_synchronize()
#define smp_wmb() __sync_synchronize()
#define TRACE_TIME(event, ...) do { const uint32_t w_[] = { __VA_ARGS__ }; (void)w_; (void)(event); } while ( 0 )
#define barrier() __asm__ volatile("" ::: "memory")
#define cpu_relax() ((void)0)

void shim_reset(void);                  /* a new machine: no timers, no domains, empty log */
void shim_bug(const char *what, const char *file, int line);
#define ASSERT(p) do { if ( !(p) ) shim_bug(#p, __FILE__, __LINE__); } while ( 0 )
#define ASSERT_UNREACHABLE() shim_bug("unreachable", __FILE__, __LINE__)
#define BUG_ON(p) ASSERT(!(p))

/* ---- Types ---- */
typedef uint64_t paddr_t;
#define register_t uint64_t          /* libc has one, signed */
typedef int64_t s_time_t;
typedef uint16_t domid_t;
#define DOMID_XEN 0x7FF2U
#define DOMID_INVALID 0x7FF4U

/* ---- Console, options ---- */
#define XENLOG_ERR ""
#define XENLOG_WARNING ""
#define XENLOG_G_WARNING ""
#define XENLOG_INFO ""
extern char shim_log[16384];            /* everything printed since shim_reset() */
void printk(const char *fmt, ...) __attribute__((format(printf, 1, 2)));
#define guest_printk(d, fmt, ...) printk("d%u " fmt, (d)->domain_id, __VA_ARGS__)
#define panic(...) do { printk(__VA_ARGS__); shim_bug("panic", __FILE__, __LINE__); } while ( 0 )
#define boolean_param(name, var)
#define string_param(name, var)
#define integer_param(name, var) unsigned int *shim_param_##var = &(var)   /* tests reach the option through it */
#define presmp_initcall(fn) int shim_tee_init(void) { return fn(); }
typedef void keyhandler_fn_t(unsigned char key);
extern keyhandler_fn_t *shim_key;
void register_keyhandler(unsigned char key, keyhandler_fn_t *fn, const char *desc, bool diagnostic);

/* ---- Memory ---- */
#define xzalloc(t) ((t *)calloc(1, sizeof(t)))
#define xzalloc_array(t, n) ((t *)shim_calloc((n), sizeof(t)))
#define xmalloc_array(t, n) ((t *)shim_malloc((n), sizeof(t)))
void *shim_calloc(size_t n, size_t size);
void *shim_malloc(size_t n, size_t size);
extern unsigned int shim_alloc_fails;   /* n: the nth x[mz]alloc_array() from now fails; 0: none does */
#define xfree(p) free(p)
#define XFREE(p) do { free(p); (p) = NULL; } while ( 0 )
#define PAGE_SIZE 4096U
#define PAGE_SHIFT 12
#define clear_page(p) memset(p, 0, PAGE_SIZE)
void *alloc_xenheap_pages(unsigned int order, unsigned int flags);
void free_xenheap_pages(void *p, unsigned int order);
#define __pa(va) ((paddr_t)(uintptr_t)(va))

/* ---- Locks ---- */
typedef struct { bool held; } spinlock_t;
#define DEFINE_SPINLOCK(l) spinlock_t l
extern int shim_locks;
void spin_lock_init(spinlock_t *l);
void spin_lock(spinlock_t *l);
void spin_unlock(spinlock_t *l);
extern void (*shim_unlocked)(void);     /* runs whenever the last lock has been given up: what another CPU may do then */
#define spin_is_locked(l) ((l)->held)

/* ---- Lists ---- */
struct list_head { struct list_head *next, *prev; };
#define LIST_HEAD(name) struct list_head name = { &(name), &(name) }
#define INIT_LIST_HEAD(l) ((void)((l)->next = (l)->prev = (l)))
static inline void list_add_tail(struct list_head *n, struct list_head *head)
{
    n->next = head;
    n->prev = head->prev;
    head->prev->next = n;
    head->prev = n;
}
static inline void list_del(struct list_head *n)
{
    ASSERT(n->next && n->next->prev == n && n->prev->next == n);
    n->next->prev = n->prev;
    n->prev->next = n->next;
    n->next = n->prev = NULL;
}
#define list_entry(p, t, m) ((t *)((char *)(p) - offsetof(t, m)))
#define list_for_each_entry(p, head, m) \
    for ( (p) = list_entry((head)->next, __typeof__(*(p)), m); &(p)->m != (head); \
          (p) = list_entry((p)->m.next, __typeof__(*(p)), m) )
#define list_for_each_entry_safe(p, n, head, m) \
    for ( (p) = list_entry((head)->next, __typeof__(*(p)), m), (n) = list_entry((p)->m.next, __typeof__(*(p)), m); \
          &(p)->m != (head); (p) = (n), (n) = list_entry((n)->m.next, __typeof__(*(n)), m) )

/* ---- Bits, atomics ---- */
#define BITS_TO_LONGS(n) (((n) + 63) / 64)
#define DECLARE_BITMAP(name, n) unsigned long name[BITS_TO_LONGS(n)]
#define set_bit(n, p) ((void)((p)[(n) / 64] |= 1UL << ((n) % 64)))
#define clear_bit(n, p) ((void)((p)[(n) / 64] &= ~(1UL << ((n) % 64))))
#define test_and_clear_bit(n, p) test_and_clear_bit_(n, p)
static inline bool test_and_clear_bit_(unsigned int n, unsigned long *p)
{
    bool old = (p[n / 64] >> (n % 64)) & 1;

    p[n / 64] &= ~(1UL << (n % 64));

    return old;
}
#define test_bit(n, p) (((p)[(n) / 64] >> ((n) % 64)) & 1)
#define bitmap_zero(p, n) memset(p, 0, BITS_TO_LONGS(n) * 8)
#define bitmap_and(to, a, b, n) \
    do { \
        for ( unsigned int i_ = 0; i_ < BITS_TO_LONGS(n); i_++ ) \
            (to)[i_] = (a)[i_] & (b)[i_]; \
    } while ( 0 )
bool bitmap_empty(const unsigned long *p, unsigned int n);
unsigned int bitmap_weight(const unsigned long *p, unsigned int n);
static inline unsigned int find_next_bit(const unsigned long *p, unsigned int n, unsigned int from)
{
    while ( from < n && !test_bit(from, p) )
        from++;
    return from;
}
#define find_first_bit(p, n) find_next_bit(p, n, 0)
#define hweight64(v) ((unsigned int)__builtin_popcountll(v))
static inline bool test_and_set_bool_(bool *b)
{
    bool old = *b;

    *b = true;
    return old;
}
#define test_and_set_bool(b) test_and_set_bool_(&(b))
#define cmpxchg(p, old, new) __sync_val_compare_and_swap(p, old, new)
typedef struct { int counter; } atomic_t;
#define atomic_read(v) ((v)->counter)
#define atomic_set(v, i) ((void)((v)->counter = (i)))
#define atomic_inc(v) ((void)(v)->counter++)
#define atomic_dec(v) ((void)(v)->counter--)
#define atomic_add(n, v) ((void)((v)->counter += (n)))
#define atomic_add_return(n, v) ((v)->counter += (n))
#define atomic_sub_return(n, v) ((v)->counter -= (n))
#define atomic_inc_return(v) atomic_add_return(1, v)
#define atomic_dec_return(v) atomic_sub_return(1, v)

/* ---- CPUs ---- */
#define SHIM_CPUS 4
extern unsigned int shim_cpu;
#define smp_processor_id() shim_cpu
#define DEFINE_PER_CPU(t, name) __typeof__(t) per_cpu__##name[SHIM_CPUS]
#define per_cpu(name, cpu) per_cpu__##name[cpu]
#define this_cpu(name) per_cpu__##name[shim_cpu]
typedef struct { uint64_t bits; } cpumask_t;
#define cpumask_clear(m) ((void)((m)->bits = 0))
#define cpumask_copy(d, s) ((void)(*(d) = *(s)))
#define cpumask_set_cpu(c, m) ((void)((m)->bits |= 1ULL << (c)))
static inline bool cpumask_test_and_clear_cpu(unsigned int cpu, cpumask_t *m)
{
    bool was = (m->bits >> cpu) & 1;

    m->bits &= ~(1ULL << cpu);
    return was;
}
#define cpumask_clear_cpu(c, m) ((void)((m)->bits &= ~(1ULL << (c))))
#define cpumask_test_cpu(c, m) (((m)->bits >> (c)) & 1)
#define cpumask_empty(m) (!(m)->bits)
#define cpumask_weight(m) ((unsigned int)__builtin_popcountll((m)->bits))
#define nr_cpu_ids SHIM_CPUS
#define NR_CPUS SHIM_CPUS
#define cpu_online(c) cpumask_test_cpu(c, &cpu_online_map)
extern cpumask_t cpu_online_map;
#define num_online_cpus() ((unsigned int)__builtin_popcountll(cpu_online_map.bits))
static inline unsigned int cpumask_cycle(int n, const cpumask_t *m)
{
    do {
        n = (n + 1) % SHIM_CPUS;
    } while ( !((m->bits >> n) & 1) );
    return n;
}
#define for_each_cpu(c, m) for ( (c) = 0; (c) < SHIM_CPUS; (c)++ ) if ( ((m)->bits >> (c)) & 1 )

/* ---- Time, timers, tasklets ---- */
#define MICROSECS(n) ((s_time_t)(n) * 1000)
#define MILLISECS(n) ((s_time_t)(n) * 1000000)
#define SECONDS(n) MILLISECS((s_time_t)(n) * 1000)
extern s_time_t shim_now;
#define NOW() (shim_now += 1000)
struct timer {
    void (*fn)(void *);
    void *data;
    s_time_t expires;
    unsigned int cpu;
    bool active, live;
    struct timer *next;
};
void init_timer(struct timer *t, void (*fn)(void *), void *data, unsigned int cpu);
void set_timer(struct timer *t, s_time_t expires);
void stop_timer(struct timer *t);
void kill_timer(struct timer *t);
#define timer_is_active(t) ((t)->active)
void migrate_timer(struct timer *t, unsigned int cpu);
unsigned int shim_run_timers(s_time_t until);   /* returns how many ran */

struct tasklet {
    void (*fn)(void *);
    void *data;
    bool scheduled, dead;
    unsigned int cpu;
};
void tasklet_init(struct tasklet *t, void (*fn)(void *), void *data);
void softirq_tasklet_init(struct tasklet *t, void (*fn)(void *), void *data);
void tasklet_schedule(struct tasklet *t);
void tasklet_schedule_on_cpu(struct tasklet *t, unsigned int cpu);
void tasklet_kill(struct tasklet *t);
void shim_run_tasklets(void);
extern void (*shim_softirq)(void);      /* runs inside each do_softirq(), like other vCPUs */
void do_softirq(void);                  /* a vCPU that nobody has woken in there gets an interrupt */
extern unsigned int shim_processed;     /* process_pending_softirqs() since shim_reset() */
#define process_pending_softirqs() ((void)shim_processed++)
extern unsigned int shim_softirqs;      /* do_softirq() that it takes until nothing is pending */
#define softirq_pending(cpu) ((void)(cpu), shim_softirqs)
extern bool shim_events;                /* current has an interrupt that it can take */
#define local_events_need_delivery() shim_events
#define local_events_need_delivery_nomask() (shim_current->irq)
struct vcpu;
void vcpu_block(void);
extern void (*shim_blocking)(void);     /* runs once, just before current is blocked: what another CPU may do then */
void vcpu_unblock(struct vcpu *v);
#define local_irq_disable() ((void)0)
#define local_irq_enable() ((void)0)

/* ---- Domains ---- */
#define SHIM_VCPUS 130
struct domain;
struct vcpu {
    unsigned int vcpu_id;
    struct domain *domain;
    bool online, is_running;
    bool blocked, irq;                  /* waits as in WFI; has an interrupt, masked or not */
    unsigned int npis, sris;                 /* injected so far */
};
/* Stage 2: page n is at n * 4096, as its type says, unless there is an entry here. */
#define GUEST_MAX_VCPUS 128
#define SHIM_MAPS 2048
struct p2m_domain {
    int locked;                         /* 0, 1 for reading, 2 for writing */
    unsigned int nr, room;              /* entries; p2m_set_entry() fails when room entries more have been made */
    struct { uint64_t gfn; struct page_info *page; int type; } map[SHIM_MAPS];
};
enum domdying { DOMDYING_alive, DOMDYING_dying, DOMDYING_dead };
struct domain {
    domid_t domain_id;
    unsigned int max_vcpus;
    struct vcpu *vcpu[SHIM_VCPUS];
    enum domdying is_dying;
    bool is_shutting_down;
    bool is_32bit;
    int refs;                           /* beyond those of the core */
    struct p2m_domain p2m;
    spinlock_t page_alloc_lock;
    struct list_head page_list;
    unsigned int tot_pages, max_pages;
    struct { void *tee; } arch;
    struct domain *next_in_list;
};
extern struct vcpu *shim_current;
#define current shim_current
extern uint64_t shim_idle;              /* a bit per CPU that is idle whatever current is */
#define is_idle_vcpu(v) ((v) == NULL || ((shim_idle >> shim_cpu) & 1)) /* outside of calls of guests */
#define is_64bit_domain(d) (!(d)->is_32bit)
#define is_vcpu_online(v) ((v)->online)
#define domain_vcpu(d, id) ((id) < (d)->max_vcpus ? (d)->vcpu[id] : NULL)
#define for_each_vcpu(d, v) \
    for ( unsigned int i_ = 0; i_ < (d)->max_vcpus && ((v) = (d)->vcpu[i_]) != NULL; i_++ )
struct domain *rcu_lock_domain_by_id(domid_t id);
void rcu_unlock_domain(struct domain *d);
#define get_knownalive_domain(d) ((void)(d)->refs++)
#define get_domain(d) ((d)->refs++, true)
#define put_domain(d) ((void)(d)->refs--)
extern struct domain *shim_domains;
#define for_each_domain(d) for ( (d) = shim_domains; (d); (d) = (d)->next_in_list )
#define rcu_read_lock(l) ((void)0)
#define rcu_read_unlock(l) ((void)0)
struct rcu_head { struct rcu_head *next; void (*func)(struct rcu_head *head); };
void call_rcu(struct rcu_head *head, void (*func)(struct rcu_head *head)); /* runs when no tasklet does */

struct cpu_user_regs { register_t x[31]; };
#define get_user_reg(r, n) ((r)->x[n])
#define set_user_reg(r, n, v) ((void)((r)->x[n] = (v)))

/* ---- Unaligned access ---- */
#ifndef always_inline
#define always_inline inline __attribute__((always_inline))
#endif
#define SHIM_UNALIGNED(bits) \
    static inline uint##bits##_t get_unaligned_le##bits(const void *p) { uint##bits##_t v; memcpy(&v, p, sizeof(v)); return v; } \
    static inline void put_unaligned_le##bits(uint##bits##_t v, void *p) { memcpy(p, &v, sizeof(v)); }
SHIM_UNALIGNED(16)
SHIM_UNALIGNED(32)
SHIM_UNALIGNED(64)
#ifndef __aligned
#define __aligned(n) __attribute__((aligned(n)))
#endif

/* ---- Guest memory: page n of a domain is at IPA n * 4096, for those that shim_memory() made ---- */
typedef struct { uint64_t gfn; } gfn_t;
typedef struct { uint64_t mfn; } mfn_t;
typedef enum { p2m_invalid, p2m_ram_rw, p2m_ram_ro, p2m_map_foreign_rw, p2m_map_foreign_ro, p2m_mmio_direct_c } p2m_type_t;
typedef enum { p2m_access_n, p2m_access_r, p2m_access_rw, p2m_access_rwx } p2m_access_t;
#define p2m_is_ram(t) ((t) == p2m_ram_rw || (t) == p2m_ram_ro)
#define P2M_ALLOC 0
#define PGC_allocated (1UL << 63)
#define PGC_extra (1UL << 59)
#define PGC_count_mask ((1UL << 54) - 1)
struct page_info {
    uint8_t bytes[4096];
    int refs;                           /* but the owner's */
    unsigned long count_info;           /* as Xen has it: with the owner's */
    p2m_type_t type;
    bool special;
    unsigned int cleaned;               /* as often was all of it written back to RAM, zeroed by then */
    struct domain *foreign;             /* its owner, if not the one that looks it up */
    struct domain *domain;              /* its owner for good */
    struct list_head list;
    uint64_t frame;                     /* 0: contiguous with its neighbours          */
};
#define SHIM_PAGES 1024
void clean_and_invalidate_dcache_va_range(const void *p, unsigned long size);
extern struct page_info shim_page[SHIM_PAGES];   /* from shim_reset() on RAM that may be written */
unsigned int shim_refs(unsigned int first, unsigned int nr);    /* references on these pages that the mediator holds */
/* Memory that is not the hypervisor's, from this address on */
#define SHIM_OUTSIDE 0x4f800000ULL
#define SHIM_OUTSIDE_PAGES 16
extern struct page_info shim_outside[SHIM_OUTSIDE_PAGES];
bool shim_inside(uint64_t mfn);
#define gaddr_to_gfn(a) ((gfn_t){ (a) >> 12 })
#define gfn_x(g) ((g).gfn)
#define _mfn(n) ((mfn_t){ n })
#define mfn_x(m) ((m).mfn)
#define mfn_add(m, n) _mfn((m).mfn + (n))
#define mfn_eq(a, b) ((a).mfn == (b).mfn)
#define INVALID_MFN _mfn(~0ULL)
#define maddr_to_mfn(a) _mfn((a) >> 12)
#define mfn_to_maddr(m) ((m).mfn << 12)
#define mfn_to_page(m) maddr_to_page((m).mfn << 12)
#define mfn_valid(m) shim_inside((m).mfn)
#define p2m_ipa_bits 40
struct page_info *get_page_from_gfn(struct domain *d, unsigned long gfn, p2m_type_t *t, int q);
bool get_page(struct page_info *p, const struct domain *d);
void put_page(struct page_info *p);
void put_page_alloc_ref(struct page_info *p);
#define is_special_page(p) ((p)->special)
extern void (*shim_rcu_unlocked)(struct domain *d); /* runs once, at the end of a section: what another CPU may do then */
extern struct domain *shim_looker;      /* who called get_page_from_gfn() last */
#define page_get_owner(p) ((p)->domain ? (p)->domain : (p)->foreign ? (p)->foreign : shim_looker)
#define page_set_owner(p, d) ((void)((p)->domain = (d)))
paddr_t page_to_maddr(const struct page_info *p);
struct page_info *maddr_to_page(paddr_t pa);
#define __map_domain_page_global(p) ((void *)(p)->bytes)
#define unmap_domain_page_global(p) ((void)(p))
#define __map_domain_page(p) ((void *)(p)->bytes)
#define unmap_domain_page(p) ((void)(p))
#define p2m_get_hostp2m(d) (&(d)->p2m)
void p2m_read_lock(struct p2m_domain *p2m);
void p2m_read_unlock(struct p2m_domain *p2m);
void p2m_write_lock(struct p2m_domain *p2m);
void p2m_write_unlock(struct p2m_domain *p2m);
mfn_t p2m_get_entry(struct p2m_domain *p2m, gfn_t gfn, p2m_type_t *t, p2m_access_t *a, unsigned int *order, bool *valid);
int p2m_set_entry(struct p2m_domain *p2m, gfn_t gfn, unsigned long nr, mfn_t mfn, p2m_type_t t, p2m_access_t a);
#define nrspin_lock spin_lock
#define nrspin_unlock spin_unlock
#define page_list_del(p, head) list_del(&(p)->list)
#define page_list_add_tail(p, head) list_add_tail(&(p)->list, head)
#define domain_tot_pages(d) ((d)->tot_pages)
#define domain_adjust_tot_pages(d, n) ((d)->tot_pages += (n))

/* ---- The boot device tree ---- */
extern const void *device_tree_flattened;

/* ---- Interrupts ---- */
#define NR_GIC_SGI 16
#define NR_LOCAL_IRQS 32
#define GIC_SGI_STATIC_MAX 3
#define IRQ_TYPE_EDGE_RISING 1
extern void (*shim_sri)(int irq, void *dev);
extern unsigned int shim_sri_irq;
extern char shim_irqs[256];              /* what was done about them since shim_reset() */
int request_irq(unsigned int irq, unsigned int flags, void (*h)(int, void *), const char *name, void *dev);
int irq_set_type(unsigned int irq, unsigned int type);
extern void (*shim_on_npi)(struct vcpu *v);     /* called by it */
void vgic_inject_irq(struct domain *d, struct vcpu *v, unsigned int virq, bool level);

/* ---- Public constants, SMCCC ---- */
#define GUEST_FFA_NOTIF_PEND_INTR_ID 8
#define GUEST_FFA_SCHEDULE_RECV_INTR_ID 9
#define XEN_DOMCTL_CONFIG_TEE_NONE 0
#define XEN_DOMCTL_CONFIG_TEE_FFA 2
#define ARM_SMCCC_FUNC_MASK 0xffffU
#define ARM_SMCCC_VERSION_1_2 0x10002U
extern uint32_t smccc_ver;
struct arm_smccc_1_2_regs {
    unsigned long a0, a1, a2, a3, a4, a5, a6, a7, a8, a9, a10, a11, a12, a13, a14, a15, a16, a17;
};
void arm_smccc_1_2_smc(const struct arm_smccc_1_2_regs *args, struct arm_smccc_1_2_regs *res);

#endif /* TESTS_UNIT_SHIM_H */
