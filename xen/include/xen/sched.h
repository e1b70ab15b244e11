/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Domains, vCPUs, and the scheduler.
 *
 * Locks, in the order in which they nest:
 *   domctl lock           building, changing, destroying domains (domain_kill.c)
 *   domlist_update_lock   the list and the hash of domains (readers: RCU)
 *   d->domain_lock        core paths of one domain (recursive)
 *   d->shutdown_lock      is_shutting_down, is_shut_down, shutdown_code
 *   d->page_alloc_lock    pages of the domain (page_alloc.c)
 *   run queue of a pCPU   scheduling state of its vCPUs (sched.c), IRQs off
 */
#ifndef XEN_SCHED_H
#define XEN_SCHED_H

#include <xen/atomic.h>
#include <xen/bitmap.h>
#include <xen/cpumask.h>
#include <xen/domain.h>
#include <xen/errno.h>
#include <xen/irq.h>
#include <xen/lib.h>
#include <xen/list.h>
#include <xen/mm.h>
#include <xen/nospec.h>
#include <xen/percpu.h>
#include <xen/rcupdate.h>
#include <xen/rwlock.h>
#include <xen/smp.h>
#include <xen/spinlock.h>
#include <xen/tasklet.h>
#include <xen/time.h>
#include <xen/timer.h>
#include <xen/types.h>

#include <public/domctl.h>
#include <public/sched.h>
#include <public/vcpu.h>
#include <public/xen.h>

#include <asm/current.h>
#include <asm/domain.h>

/* ---- Structures ---------------------------------------------------------- */

struct vcpu {
    /* Fixed at creation. */
    unsigned int vcpu_id;
    struct domain *domain;
    struct vcpu *next_in_list;

    /*
     * The pCPU whose run queue it belongs to. Changes under the locks of both
     * queues, while is_running is false.
     */
    unsigned int processor;

    /* Scheduling, under the lock of processor's run queue. */
    struct list_head runq_link;
    bool queued;                /* waits in the run queue */
    bool boosted;               /* woke up with a part of its slice left */
    s_time_t slice_left;        /* ns until another vCPU gets its turn */
    unsigned long nr_moves;     /* times it changed its pCPU */
    struct vcpu_runstate_info runstate;

    /* pCPUs it may run on; changes while it is paused. */
    cpumask_t cpu_hard_affinity;

    /* Set by its pCPU only; true until its registers are saved. Read anywhere. */
    bool is_running;

    /* Its registers are valid: somebody has set its initial state. */
    bool is_initialised;

    /* The shutdown of the domain has paused it (d->shutdown_lock). */
    bool paused_for_shutdown;

    /* VPF_x bits, changed atomically. It runs only when all are clear... */
    unsigned long pause_flags;

    /* ...and nobody has paused it. */
    atomic_t pause_count;

    /* Memory of the guest that we write to: vcpu_op.c, under area_lock. */
    spinlock_t area_lock;
    struct page_info *info_page;        /* holds its vcpu_info */
    struct page_info *runstate_page[2]; /* its vcpu_runstate_info, in one... */
    unsigned int runstate_offset;       /* ...or two pages, from this byte */

    /* The hypercall under way is to be made again: hypercall.c. */
    bool hcall_continues;

    struct arch_vcpu arch;
};

/* Bits of pause_flags. */
#define _VPF_blocked 0          /* in WFI */
#define VPF_blocked  (1UL << _VPF_blocked)
#define _VPF_down    1          /* PSCI: off */
#define VPF_down     (1UL << _VPF_down)

/* Number of bytes of a guest's line that wait for its end. */
#define DOMAIN_CONSOLE_LINE 512

/* Order of is_dying. */
enum domain_dying {
    DOMDYING_alive,
    DOMDYING_dying,             /* domain_kill() is at work */
    DOMDYING_dead,              /* gone but for its last references */
};

struct domain {
    domid_t domain_id;          /* fixed */
    unsigned int max_vcpus;     /* fixed; entries of vcpu[] */
    struct vcpu **vcpu;         /* written while the domain is built */
    const char *name;           /* of its device tree node, or id_name; fixed */
    char id_name[8];            /* d<id> */
    enum domain_type type;      /* fixed before the first vCPU runs */

    /* Changed by domain_kill() only, in this order. */
    enum domain_dying is_dying;

    /* The last reference gone: destruction after a grace period. */
    atomic_t refcnt;
    struct rcu_head rcu;
    rcu_read_lock_t rcu_lock;

    /* domlist_update_lock, readers under RCU. */
    struct domain *next_in_list;
    struct domain *next_in_hashbucket;

    rspinlock_t domain_lock;

    /* Pages: page_alloc.c, under page_alloc_lock. */
    rspinlock_t page_alloc_lock;
    struct page_list_head page_list;
    struct page_list_head xenpage_list;
    unsigned int tot_pages;
    unsigned int xenheap_pages;
    unsigned int max_pages;

    /* shutdown_lock. */
    spinlock_t shutdown_lock;
    bool is_shutting_down;
    bool is_shut_down;
    bool has_crashed;           /* its registers have been shown */
#define SHUTDOWN_CODE_INVALID (~0U)
    unsigned int shutdown_code;

    /* Fixed at creation. */
    unsigned int options;       /* XEN_DOMCTL_CDF_x */
    unsigned int cdf;           /* CDF_x */
    bool is_privileged;
    bool is_console;            /* may use the hypervisor's console */
    xen_domain_handle_t handle;

    /* Paused by its builder: 1 from creation to the first unpause. */
    atomic_t pause_count;
    int controller_pause_count; /* domain_lock */
    bool creation_finished;     /* domain_lock; has run once */

    /* domain_kill(): the stages of domain_teardown() that are done. */
    struct {
        unsigned int stage;
        unsigned int vcpu_id;
    } teardown;

    struct ratelimit log_limit; /* what we say about it: printk.c */

    /* The line it is writing to the console: console.c. */
    spinlock_t console_lock;
    unsigned int console_len;
    unsigned int console_lines, console_dropped;    /* since console_window */
    s_time_t console_window;
    uint8_t console_utf8;       /* where it is in a character of several bytes */
    char console_line[DOMAIN_CONSOLE_LINE];

    /* The reaper: domain_kill.c, under its lock. */
    struct list_head reap_link;
    bool reaping;               /* in its list or its hands */
    bool counted_out;           /* domctl lock: no longer one of the living */

    struct arch_domain arch;
};

/* ---- Well-known domains -------------------------------------------------- */

extern struct domain *domain_list;
extern struct domain *dom_xen;          /* owner of the hypervisor's pages */
extern struct domain *dom_io;           /* owner of device memory */
extern struct domain *hardware_domain;  /* NULL: there is none */
extern struct vcpu *idle_vcpu[NR_CPUS];

#define is_idle_domain(d)     ((d)->domain_id == DOMID_IDLE)
#define is_idle_vcpu(v)       (is_idle_domain((v)->domain))
#define is_system_domain(d)   ((d)->domain_id >= DOMID_FIRST_RESERVED)
/* May @s change @t, or see into it? */
#define may_control(s, t)     ((s) == (t) || is_control_domain(s))
#define is_hardware_domain(d) ((d)->cdf & CDF_hardware)
#define is_control_domain(d)  ((d)->is_privileged)
#define is_domain_direct_mapped(d) ((d)->cdf & CDF_directmap)

/* ---- References and look-up ---------------------------------------------- */

/* Set in refcnt when it has reached 0. */
#define DOMAIN_DESTROYED (1U << 31)

/* Last reference gone: see put_domain(). Any context but an interrupt. */
void domain_destroy(struct domain *d);

/* An unbraced if: put braces around the statement. */
#define put_domain(_d) \
    if ( atomic_dec_and_test(&(_d)->refcnt) ) domain_destroy(_d)

/* A reference, unless the last one is gone already. */
static inline bool __must_check get_domain(struct domain *d)
{
    int old = atomic_read(&d->refcnt), seen;

    for ( ; ; )
    {
        if ( (unsigned int)old & DOMAIN_DESTROYED )
            return false;
        seen = atomic_cmpxchg(&d->refcnt, old, old + 1);
        if ( seen == old )
            return true;
        old = seen;
    }
}

/* A reference, where another one is known to exist. */
static inline void get_knownalive_domain(struct domain *d)
{
    atomic_inc(&d->refcnt);
    ASSERT(!((unsigned int)atomic_read(&d->refcnt) & DOMAIN_DESTROYED));
}

extern rcu_read_lock_t domlist_read_lock;

/* Readers: rcu_read_lock(&domlist_read_lock) around it. */
#define for_each_domain(_d)                                             \
    for ( (_d) = rcu_dereference(domain_list); (_d) != NULL;            \
          (_d) = rcu_dereference((_d)->next_in_list) )

/* In order of vcpu_id; _v is NULL after a full walk. */
#define for_each_vcpu(_d, _v)                                           \
    for ( (_v) = (_d)->vcpu ? (_d)->vcpu[0] : NULL; (_v) != NULL;       \
          (_v) = (_v)->next_in_list )

/*
 * rcu_lock_domain_by_id - find a domain and keep it from vanishing
 * Returns NULL when there is none; a dying one is found until its last
 * reference is gone. Any context. Ends with rcu_unlock_domain() on the same
 * CPU, without softirq processing or scheduling in between.
 */
struct domain *rcu_lock_domain_by_id(domid_t dom);

/* DOMID_SELF is the caller's. */
struct domain *rcu_lock_domain_by_any_id(domid_t dom);

/* 0; -ESRCH unknown; -EPERM the caller itself; -EINVAL (live) dying. */
int rcu_lock_remote_domain_by_id(domid_t dom, struct domain **d);
int rcu_lock_live_remote_domain_by_id(domid_t dom, struct domain **d);

/* The current domain needs no lock; it is not worth finding out. */
static inline void rcu_lock_domain(struct domain *d)
{
    rcu_read_lock(&d->rcu_lock);
}

static inline void rcu_unlock_domain(struct domain *d)
{
    rcu_read_unlock(&d->rcu_lock);
}

static inline struct domain *rcu_lock_current_domain(void)
{
    struct domain *d = current->domain;

    rcu_lock_domain(d);

    return d;
}

/* Look-up with a reference: put_domain(). */
struct domain *get_domain_by_id(domid_t dom);

/* The vCPU, or NULL; safe for an index that a guest controls. */
static inline struct vcpu *domain_vcpu(const struct domain *d,
                                       unsigned int vcpu_id)
{
    unsigned int idx = array_index_nospec(vcpu_id, d->max_vcpus);

    return vcpu_id >= d->max_vcpus ? NULL : d->vcpu[idx];
}

#define domain_lock(d)   rspin_lock(&(d)->domain_lock)
#define domain_unlock(d) rspin_unlock(&(d)->domain_lock)

static inline unsigned int domain_tot_pages(const struct domain *d)
{
    return d->tot_pages;
}

/* ---- Life of a domain ---------------------------------------------------- */

/*
 * domain_create - build a domain, not yet runnable (its builder holds a pause)
 * @domid:  below DOMID_FIRST_RESERVED; DOMID_ANY: a free one from 1, such that
 *          an id is used again as late as possible; or one of the system
 *          domains (then config is NULL)
 * @config: what to build; completed on return
 * @flags:  CDF_x
 * Returns the domain or ERR_PTR(): -EINVAL, -EEXIST (a zombie counts), -ENOMEM,
 * ...; then nothing of it is left. Context: boot, or vCPU context with the
 * domctl lock. Inverse: domain_kill().
 */
struct domain *domain_create(domid_t domid,
                             struct xen_domctl_createdomain *config,
                             unsigned int flags);

/*
 * domain_kill - take a domain down
 * Waits until its vCPUs have left the CPUs. 0 (dead, it vanishes with its last
 * reference); -ERESTART: call again; another error: it stays "dying".
 * Context: not of the domain's own vCPUs (-EINVAL), IRQs on; under
 * rcu_lock_domain() or with a reference; domctl lock.
 */
int domain_kill(struct domain *d);

/*
 * The domctl lock. It is only ever tried, by a hypercall that is made again
 * when it fails: its holder may be waiting for the vCPU that wants it.
 */
bool __must_check domctl_lock_acquire(void);
void domctl_lock_release(void);

/* Domains whose memory is not freed yet; those of them that are dead. */
unsigned int domains_in_existence(void);
unsigned int domains_dead(void);

/* Boot domains are built: from now on the end of the last one is ours. */
void domains_boot_done(void);

/* The guest stops: SHUTDOWN_x. Any context but an interrupt. */
int domain_shutdown(struct domain *d, unsigned int reason);

static inline bool domain_shutdown_completed(const struct domain *d)
{
    return d->is_shut_down;
}

static inline bool domain_shutting_down(const struct domain *d)
{
    return d->is_shutting_down;
}

/*
 * Shut it down as crashed; an optional format says why. Returns: the effect
 * comes with the exit to the guest.
 */
void __domain_crash(struct domain *d);
#define domain_crash(d, ...) do {                                       \
    if ( count_args(__VA_ARGS__) == 0 )                                 \
        printk(XENLOG_ERR "domain_crash called from %s:%d\n",           \
               __FILE__, __LINE__);                                     \
    else                                                                \
        printk(XENLOG_ERR __VA_ARGS__);                                 \
    __domain_crash(d);                                                  \
} while ( 0 )

void domain_pause(struct domain *d);
void domain_pause_nosync(struct domain *d);
void domain_unpause(struct domain *d);

/* A toolstack's own pauses, counted: 0; -ERANGE too many; -EINVAL none. */
int domain_pause_by_systemcontroller(struct domain *d);
int domain_unpause_by_systemcontroller(struct domain *d);

void getdomaininfo(struct domain *d, struct xen_domctl_getdomaininfo *info);

/* dom_xen, dom_io. Boot. */
void setup_system_domains(void);

/* ---- vCPUs --------------------------------------------------------------- */

static inline bool vcpu_runnable(const struct vcpu *v)
{
    return !(read_atomic(&v->pause_flags) || atomic_read(&v->pause_count) ||
             atomic_read(&v->domain->pause_count));
}

static inline bool is_vcpu_online(const struct vcpu *v)
{
    return !test_bit(_VPF_down, &v->pause_flags);
}

/*
 * Counted pauses. The plain form waits until v has left its CPU: not from v
 * itself, IRQs on, no lock that v may want.
 */
void vcpu_pause(struct vcpu *v);
void vcpu_pause_nosync(struct vcpu *v);
void vcpu_unpause(struct vcpu *v);

/* Look again whether v may run: any context, after its flags have changed. */
void vcpu_wake(struct vcpu *v);
void vcpu_sleep_nosync(struct vcpu *v);
void vcpu_sleep_sync(struct vcpu *v);

/*
 * Current waits until vcpu_unblock() or an interrupt; returns at once, and the
 * CPU goes to somebody else at the exit to the guest. No wake-up is lost: an
 * interrupt that is pending already ends the wait here.
 */
void vcpu_block(void);
void vcpu_unblock(struct vcpu *v);

/* Wake v, and make it leave the guest if it runs elsewhere. Any context. */
void vcpu_kick(struct vcpu *v);

/* Current lets others run first. */
long vcpu_yield(void);

/*
 * vcpu_set_hard_affinity - the pCPUs that @v may run on
 * 0; -EINVAL: none of them is online; -EBUSY: @v is not paused.
 */
int vcpu_set_hard_affinity(struct vcpu *v, const cpumask_t *affinity);

/* Memory of the guest: what it sees of v's state; let go of all of it. */
void vcpu_runstate_publish(struct vcpu *v);
void vcpu_areas_release(struct domain *d);

void vcpu_runstate_get(const struct vcpu *v,
                       struct vcpu_runstate_info *runstate);
uint64_t get_cpu_idle_time(unsigned int cpu);

/* ---- Scheduler ----------------------------------------------------------- */

/* Boot CPU: run queues, the idle domain, the idle vCPU of CPU 0. */
void scheduler_init(void);

/* A vCPU comes and goes; sched_init_vcpu() chooses its pCPU. 0 or -errno. */
int sched_init_vcpu(struct vcpu *v);
void sched_destroy_vcpu(struct vcpu *v);

/* The architecture has switched: @prev's registers are saved, IRQs are on. */
void sched_context_switched(struct vcpu *prev, struct vcpu *next);

/* The console keys. */
void dump_runq(unsigned char key);

/* Should a long loop of a hypercall stop? Of building a domain? */
#define hypercall_preempt_check()                                       \
    (unlikely(softirq_pending(smp_processor_id()) ||                    \
              local_events_need_delivery()))
#define general_preempt_check()                                         \
    (unlikely(softirq_pending(smp_processor_id()) ||                    \
              (!is_idle_vcpu(current) && local_events_need_delivery())))

#endif /* XEN_SCHED_H */
