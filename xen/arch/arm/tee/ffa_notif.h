/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * What the files of the chapter "Notifications" share, ffa_notif*.c, and what they offer the others. Part of ffa_private.h, which
 * has the types.
 */
#ifndef __TEE_FFA_NOTIF_H__
#define __TEE_FFA_NOTIF_H__

/* ffa_may_vms - may the VM do @right to any VM at all? */
static inline bool ffa_may_vms(const struct ffa_ctx *ctx, unsigned int right)
{
    return ctx->policy.vms[right] || ((ctx->policy.others >> right) & 1);
}

/* What a GET brings, set by set */
struct ffa_notif_bits {
    uint64_t sp, vm;
    uint32_t spm, hyp;
};

ffa_rc_t ffa_notif_forward(const struct ffa_regs *in);
ffa_rc_t ffa_notif_get_spmc(const struct ffa_ctx *ctx, uint16_t vcpu, uint32_t flags, struct ffa_notif_bits *bits);

int ffa_notif_init(struct ffa_ctx *ctx);
enum ffa_fini ffa_notif_fini(struct ffa_ctx *ctx);

void ffa_notif_note_new(struct ffa_ctx *ctx, unsigned int sp, uint64_t bits);

/* ffa_notif_note_bound - the VM will ask to bind @bits to the SP of index @sp: in ctx->notif.bound from now on */
static always_inline void ffa_notif_note_bound(struct ffa_ctx *ctx, unsigned int sp, uint64_t bits)
{
    if ( bits & ~ACCESS_ONCE(ctx->notif.bound[sp]) )
        ffa_notif_note_new(ctx, sp, bits);
}

bool ffa_notif_others_wait(const struct ffa_ctx *ctx, unsigned int vcpu);

void ffa_notif_patrol_init(void);
void ffa_notif_patrol(void);
void ffa_notif_mark(struct ffa_ctx *ctx, const uint16_t *vcpus, unsigned int nr);
void ffa_notif_mark_all(struct ffa_ctx *ctx);
void ffa_notif_hint_set(struct ffa_ctx *ctx, unsigned int i, uint32_t sets);
struct ffa_hint ffa_notif_hint_clear(struct ffa_ctx *ctx, unsigned int i, uint32_t sets);
void ffa_notif_hint_restore(struct ffa_ctx *ctx, unsigned int i, const struct ffa_hint *before);
void ffa_notif_hint_others(struct ffa_ctx *ctx, unsigned int vcpu);

ffa_rc_t ffa_notif_own_bind(struct ffa_ctx *ctx, const struct ffa_ctx *from, uint64_t bits, bool per_vcpu);
ffa_rc_t ffa_notif_own_unbind(struct ffa_ctx *ctx, uint16_t sender, uint64_t bits);
uint64_t ffa_notif_own_event(struct ffa_ctx *to, uint64_t bits);
ffa_rc_t ffa_notif_own_set(struct ffa_ctx *to, uint16_t sender, uint32_t flags, uint64_t bits);
void ffa_notif_own_framework(struct ffa_ctx *to, uint32_t bits);
void ffa_notif_own_get(struct ffa_ctx *ctx, unsigned int vcpu, uint32_t flags, struct ffa_notif_bits *bits);
void ffa_notif_own_fini(struct ffa_ctx *ctx);

void ffa_sri_probe(void);
void ffa_sri_init_secondary(void);
bool ffa_notif_works(void);

/* INFO_GET and VM destroyed exclude each other without a lock held over either */
bool ffa_gate_close(void);
void ffa_gate_open(void);

/*
 * One list of an INFO_GET answer. @vcpus has @nr ids (0-3); none means that any vCPU may fetch. @vm is what the SPMC
 * says: an SP, the hypervisor and nonsense come here, too.
 */
typedef void ffa_walk_fn(void *arg, uint16_t vm, const uint16_t *vcpus, unsigned int nr);

struct ffa_walk_result {
    unsigned int lists;                 /* that were handed out                                                      */
    bool more;                          /* the SPMC has further ones                                                 */
    bool malformed;                     /* counts or sizes exceed the registers: the rest was not looked at          */
};

struct ffa_walk_result ffa_notif_walk(const struct ffa_regs *res, ffa_walk_fn *fn, void *arg);

#endif /* __TEE_FFA_NOTIF_H__ */

/*
 * Local variables:
 * mode: C
 * c-file-style: "BSD"
 * c-basic-offset: 4
 * tab-width: 4
 * indent-tabs-mode: nil
 * End:
 */
