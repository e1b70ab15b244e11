/* SPDX-License-Identifier: GPL-2.0-only */
/* Cycles for Secure Partitions (ffa_cycles.c), and the domain that schedules them (ffa_sched.c). Part of ffa_private.h. */
#ifndef __TEE_FFA_CYCLES_H__
#define __TEE_FFA_CYCLES_H__

/* The lists of an answer to INFO_GET (ffa_notif_info.c) */
#define FFA_INFO_IDS                    20U
struct ffa_info_lists {
    unsigned int max_ids, max_lists;    /* what the form of the call, and the caller, can take                       */
    unsigned int ids, lists;
    uint64_t sizes;                     /* two bits per list                                                         */
    uint16_t id[FFA_INFO_IDS];
};

bool ffa_info_add(struct ffa_info_lists *l, uint16_t id);
bool ffa_info_add_vcpu(struct ffa_info_lists *l, uint16_t id, uint16_t vcpu);

void ffa_cycles_init_cpu(void);
void ffa_cycles_want(uint16_t id, const uint16_t *vcpus, unsigned int nr);
void ffa_cycles_want_all(void);
bool ffa_cycles_make_way(uint16_t id);
bool ffa_cycles_in_turn(uint16_t id);
void ffa_cycles_report(unsigned int domid, unsigned int cpu);
void ffa_cycles_dump(void);

void ffa_sched_reset(void);
void ffa_sched_init(struct ffa_ctx *ctx);
void ffa_sched_fini(struct ffa_ctx *ctx);
bool ffa_sched_list(struct ffa_ctx *ctx, struct ffa_info_lists *lists);
ffa_rc_t ffa_sched_run(struct ffa_ctx *ctx, uint16_t id, uint16_t vcpu, struct ffa_regs *out);

/* ---- Between the two files --------------------------------------------------------------------------------------- */

/* In this time an SP has its budget, and the scheduler goes on with what it began. */
#define FFA_CYCLES_PERIOD               MILLISECS(100)

/* Of one SP. The masks have a bit per vCPU of it, which is the CPU of that number. */
struct ffa_sp_cycles {
    cpumask_t wants;                    /* something pends for this vCPU alone                                       */
    cpumask_t news;                     /* ... and the scheduler was not told                                        */
    cpumask_t begun;                    /* is preempted, or yields, in a turn; of one context, the bit says where    */
    cpumask_t asked;                    /* the scheduler's RUN came on another CPU                                   */
    cpumask_t finished;                 /* ... and this is what it will hear: the turn is over                       */
    atomic_t turning;                   /* turns being made whose end is not booked; not under the lock              */
    bool any, any_news;                 /* wants and news for "any vCPU"                                             */
    unsigned int any_cpu;               /* who looks after that, and                                                 */
    unsigned int passed;                /* ... how many had no time for it                                           */
    s_time_t any_since;                 /* when that began to be wanted                                              */
    bool neglected;                     /* the scheduler has let it wait for too long, and not come back yet         */
    s_time_t run_at;                    /* the scheduler's last RUN of it                                            */
    s_time_t period, used;              /* when the present period began, and the time that went in it               */
};

extern spinlock_t ffa_cycles_lock;      /* covers the records, and who the scheduler is                              */
extern struct ffa_sp_cycles ffa_cycles[FFA_MAX_SPS];

/*
 * What a turn is for: taken from the SP's record before the SMC, since a new list may come during it. One that goes on has
 * fetched already, and what is wanted since is for another.
 */
struct ffa_turn {
    bool want, any;
};

/* What came of a turn: it is over; the SP was cut off or yields; nobody knows yet, later; RUN is refused for good. */
enum ffa_turn_end { FFA_TURN_OVER, FFA_TURN_CUT, FFA_TURN_LATER, FFA_TURN_REFUSED };

/* ffa_cycles_one_context - an SP with one runs anywhere, as its vCPU 0; one with several has one per CPU. */
static inline bool ffa_cycles_one_context(unsigned int sp)
{
    return ffa_splist_sp(sp)->contexts <= 1;
}

/* ffa_cycles_begun - would a RUN of @sp on @cpu go on with a turn that was cut off? */
static inline bool ffa_cycles_begun(unsigned int sp, unsigned int cpu)
{
    const cpumask_t *begun = &ffa_cycles[sp].begun;

    return ffa_cycles_one_context(sp) ? !cpumask_empty(begun) : cpumask_test_cpu(cpu, begun);
}

void ffa_cycles_kick(unsigned int cpu, s_time_t delay);
s_time_t ffa_cycles_oldest(unsigned int sp);
void ffa_cycles_kick_all(const struct ffa_sp_cycles *c);
struct ffa_turn ffa_cycles_take(struct ffa_sp_cycles *c, unsigned int cpu);
enum ffa_turn_end ffa_cycles_turn(unsigned int sp, const struct ffa_turn *turn, bool for_guest, struct ffa_regs *res);

bool ffa_sched_hears(unsigned int sp);
bool ffa_sched_owns(unsigned int sp);
void ffa_sched_tell(void);

#endif /* __TEE_FFA_CYCLES_H__ */

/*
 * Local variables:
 * mode: C
 * c-file-style: "BSD"
 * c-basic-offset: 4
 * tab-width: 4
 * indent-tabs-mode: nil
 * End:
 */
