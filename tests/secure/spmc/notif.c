/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Notifications: bitmaps, BIND, UNBIND, SET and GET, for VMs that receive from partitions and for partitions that
 * receive from VMs. One bad bit in a bitmap fails the call and changes nothing. Order of checks: flags, ids, bitmap,
 * delay flag, receiver, enabled, binding, pending. Lock: spmc_lock.
 *
 * The ledger: every bit that SET makes pending is later delivered by GET or discarded with its bitmap; DESTROY and
 * UNBIND refuse while bits are pending, so `discarded` stays 0 unless that rule breaks.
 */
#include "spmc.h"
#include "trace.h"

struct ledger ledger;

uint64_t notif_pending(const struct notif *n)
{
    uint64_t all = n->pending;
    unsigned int v;

    for ( v = 0; v < n->vcpus; v++ )
        all |= n->vpending[v];

    return all;
}

static uint64_t bitmap(const struct regs *r) { return (uint32_t)r->x[3] | (uint64_t)(uint32_t)r->x[4] << 32; }

static unsigned int count_bits(uint64_t v)
{
    unsigned int n;

    for ( n = 0; v; n++ )
        v &= v - 1;

    return n;
}

/* The receiver's state, or the error: *known tells an endpoint without notifications from one nobody heard of. */
static struct notif *receiver(uint16_t id, bool *known)
{
    struct vm *vm;
    struct sp *sp;

    if ( is_secure(id) )
    {
        sp = sp_find(id);
        *known = sp;
        return sp && sp->notif.enabled ? &sp->notif : NULL;
    }
    vm = vm_find(id);
    *known = vm;

    return vm && vm->notif.enabled ? &vm->notif : NULL;
}

/* Bits of the bitmap that are bound to this sender. */
static uint64_t bound_to(const struct notif *n, uint16_t sender, uint64_t bits)
{
    unsigned int i;

    bits &= n->bound;
    for ( i = 0; i < 64; i++ )
        if ( (bits & BIT(i)) && n->bound_to[i] != sender )
            bits &= ~BIT(i);

    return bits;
}

static int bind_locked(struct notif *n, uint16_t sender, uint64_t bits, bool per_vcpu)
{
    unsigned int i;

    if ( (n->bound | notif_pending(n)) & bits )
        return FFA_DENIED;
    for ( i = 0; i < 64; i++ )
        if ( bits & BIT(i) )
            n->bound_to[i] = sender;
    n->bound |= bits;
    if ( per_vcpu )
        n->per_vcpu |= bits;

    return 0;
}

static int unbind_locked(struct notif *n, uint16_t sender, uint64_t bits)
{
    if ( bound_to(n, sender, bits) != bits || (notif_pending(n) & bits) )
        return FFA_DENIED;
    n->bound &= ~bits;
    n->per_vcpu &= ~bits;

    return 0;
}

/* w1 = sender, receiver; the caller receives. `secure`: the caller is a partition. */
int notif_bind(uint16_t caller, bool secure, const struct regs *r, bool unbind)
{
    uint16_t sender = (uint32_t)r->x[1] >> 16, recv = r->x[1];
    uint64_t bits = bitmap(r);
    bool per_vcpu = r->x[2] & FFA_NOTIF_PER_VCPU, known;
    struct notif *n;
    int ret;

    if ( unbind ? (uint32_t)r->x[2] : (uint32_t)r->x[2] & ~FFA_NOTIF_PER_VCPU )
        return FFA_INVALID;
    if ( per_vcpu && (info->options & FW_OPT_NO_PER_VCPU) )
        return FFA_INVALID;
    /* The normal world is one caller that speaks for every VM; a partition speaks for itself. */
    if ( secure ? recv != caller || is_secure(sender) : is_secure(recv) || !is_secure(sender) )
        return FFA_INVALID;
    if ( !bits || r->x[5] || r->x[6] || r->x[7] )
        return FFA_INVALID;

    spin_lock(&spmc_lock);
    n = receiver(recv, &known);
    if ( !n )
        ret = known ? FFA_NOT_SUPPORTED : FFA_INVALID;
    else if ( secure ? sender == FFA_ID_INVALID : !sp_find(sender) )
        ret = FFA_INVALID;
    else if ( unbind )
        ret = unbind_locked(n, sender, bits);
    else
        ret = bind_locked(n, sender, bits, per_vcpu);
    spin_unlock(&spmc_lock);

    return ret;
}

/* w1 = sender, receiver; the caller sends. *fresh: the bits that were not pending before. Raises no SRI itself. */
int notif_set(uint16_t caller, bool secure, const struct regs *r, uint64_t *fresh)
{
    uint16_t sender = (uint32_t)r->x[1] >> 16, recv = r->x[1];
    uint32_t flags = r->x[2];
    unsigned int vcpu = flags >> 16;
    uint64_t bits = bitmap(r), *pending;
    bool per_vcpu = flags & FFA_NOTIF_PER_VCPU, known;
    struct notif *n;
    int ret = 0;

    *fresh = 0;
    if ( (flags & 0xfffc) || (!per_vcpu && vcpu) )
        return FFA_INVALID;
    if ( secure ? sender != caller || is_secure(recv)
                : is_secure(sender) || sender == FFA_ID_INVALID || !is_secure(recv) )
        return FFA_INVALID;
    if ( !bits || r->x[5] || r->x[6] || r->x[7] )
        return FFA_INVALID;
    if ( !secure && (flags & FFA_NOTIF_DELAY_SRI) )
        return FFA_INVALID;

    spin_lock(&spmc_lock);
    n = receiver(recv, &known);
    if ( !n )
        ret = known ? FFA_DENIED : FFA_INVALID;
    else if ( vcpu >= n->vcpus )
        ret = FFA_INVALID;
    else if ( bound_to(n, sender, bits) != bits )
        ret = FFA_DENIED;
    else if ( (n->per_vcpu & bits) != (per_vcpu ? bits : 0) )
        ret = FFA_INVALID;
    else
    {
        pending = per_vcpu ? &n->vpending[vcpu] : &n->pending;
        *fresh = bits & ~*pending;
        *pending |= bits;
        n->news = true;
        ledger.set += count_bits(*fresh);
        ledger.sp_set += is_secure(recv) ? count_bits(*fresh) : 0;
        ledger.merged += count_bits(bits & ~*fresh);
    }
    spin_unlock(&spmc_lock);
    if ( !ret )
        trace(this_cpu()->index, TRC_FW_SET, r->x[1], flags, bits, bits >> 32);

    return ret;
}

/* w1 = vCPU, receiver; flags are checked by the caller of this. Fetches global bits and that vCPU's. */
int notif_get(uint16_t caller, bool secure, const struct regs *r, uint64_t *bits, uint64_t *framework)
{
    uint16_t vcpu = (uint32_t)r->x[1] >> 16, recv = r->x[1];
    struct notif *n;
    bool known;
    int ret = 0;

    *bits = *framework = 0;
    if ( (secure ? recv != caller : is_secure(recv)) || (r->x[2] & 0xfffffff0) )
        return FFA_INVALID;
    if ( r->x[3] || r->x[4] || r->x[5] || r->x[6] || r->x[7] )
        return FFA_INVALID;

    spin_lock(&spmc_lock);
    n = receiver(recv, &known);
    if ( !n || vcpu >= n->vcpus )
        ret = FFA_INVALID;
    else
        *framework = n->framework & ((r->x[2] & FFA_GET_SPM ? 0xffffffffUL : 0) | (r->x[2] & FFA_GET_HYP ? ~0xffffffffUL : 0));
    if ( *framework )
    {
        n->framework &= ~*framework;
        n->framework_reported &= n->framework;
    }
    if ( !ret && (r->x[2] & (secure ? FFA_GET_VM : FFA_GET_SP)) )
    {
        *bits = n->pending | n->vpending[vcpu];
        /* A bit is bound as global or per-vCPU, so the two sets are disjoint and each counts once. */
        ledger.delivered += count_bits(n->pending) + count_bits(n->vpending[vcpu]);
        ledger.sp_delivered += is_secure(recv) ? count_bits(n->pending) + count_bits(n->vpending[vcpu]) : 0;
        n->pending = n->reported = 0;
        n->vpending[vcpu] = n->vreported[vcpu] = 0;
    }
    spin_unlock(&spmc_lock);

    return ret;
}

void call_bind(struct regs *r) { ret_status(r, notif_bind(0, false, r, false)); }
void call_unbind(struct regs *r) { ret_status(r, notif_bind(0, false, r, true)); }

/* A VM rings a partition: the scheduler must hear of it as of any other. */
void call_set(struct regs *r)
{
    uint64_t fresh;
    int ret = notif_set(0, false, r, &fresh);

    if ( !ret )
        this_cpu()->delayed_sri = true;
    ret_status(r, ret);
}

void call_get(struct regs *r)
{
    uint64_t bits, framework;
    int ret;

    if ( r->x[2] & (FFA_GET_VM | FFA_GET_HYP) )
        ret = FFA_INVALID;
    else
        ret = notif_get(0, false, r, &bits, &framework);

    if ( ret )
        ret_status(r, ret);
    else
    {
        ret_regs(r, FFA_SUCCESS_32, 0, (uint32_t)bits, bits >> 32);
        r->x[6] = (uint32_t)framework;
    }
}

void call_bitmap_create(struct regs *r)
{
    uint64_t vcpus = r->x[2];
    struct vm *vm;
    int ret = 0;

    if ( r->x[1] >> 15 || r->x[1] == FFA_ID_INVALID || (!r->x[1] && (info->options & FW_OPT_NO_HYP_NOTIF)) || !vcpus ||
         vcpus > MAX_VCPUS || r->x[3] || r->x[4] || r->x[5] || r->x[6] || r->x[7] )
    {
        ret_status(r, FFA_INVALID);
        return;
    }
    spin_lock(&spmc_lock);
    vm = vm_get(r->x[1]);
    if ( !vm )
        ret = FFA_NO_MEMORY;
    else if ( vm->notif.enabled )
        ret = FFA_DENIED;
    else
        vm->notif = (struct notif){ .enabled = true, .vcpus = vcpus };
    spin_unlock(&spmc_lock);
    ret_status(r, ret);
}

void call_bitmap_destroy(struct regs *r)
{
    struct vm *vm;
    int ret = 0;

    if ( r->x[1] >> 15 || r->x[1] == FFA_ID_INVALID || r->x[2] || r->x[3] || r->x[4] || r->x[5] || r->x[6] || r->x[7] )
    {
        ret_status(r, FFA_INVALID);
        return;
    }
    spin_lock(&spmc_lock);
    vm = vm_find(r->x[1]);
    if ( !vm || !vm->notif.enabled || notif_pending(&vm->notif) || vm->notif.framework ||
         ((info->options & FW_OPT_DESTROY_BOUND) && vm->notif.bound) )
        ret = FFA_DENIED;
    else
    {
        vm->notif.enabled = false;
        vm_put(vm);
    }
    spin_unlock(&spmc_lock);
    ret_status(r, ret);
}

/* The line that tests check at power off. Bitmaps, bindings, buffers: of VMs, the hypervisor's own are not counted. */
void notif_balance(void)
{
    unsigned int bitmaps = 0, bound = 0, announced = 0, rxtx = 0, memory, i;
    struct ledger l;
    uint64_t owned;

    spin_lock(&spmc_lock);
    l = ledger;
    for ( i = 0; i < ARRAY_SIZE(vms); i++ )
    {
        if ( !vms[i].used )
            continue;
        bitmaps += i && vms[i].notif.enabled;
        bound += i && vms[i].notif.enabled ? count_bits(vms[i].notif.bound) : 0;
        announced += vms[i].announced;
        rxtx += i && vms[i].buf.mapped;
    }
    memory = mem_shares(&owned) + lend_loans();
    spin_unlock(&spmc_lock);
    log_line("spmc", "balance: set %lu delivered %lu discarded %lu merged %lu spset %lu spgot %lu bitmaps %u bound %u vms %u "
             "rxtx %u shares %u owned %lu", l.set, l.delivered, l.discarded, l.merged, l.sp_set, l.sp_delivered, bitmaps, bound,
             announced, rxtx, memory, owned);
}
