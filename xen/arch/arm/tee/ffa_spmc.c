/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * The only file that issues SMCs to the secure world, and what it learnt about it at boot.
 *
 * Owns: negotiated version, SPMC id, which physical calls exist, all of it written at boot on CPU0 and read only later;
 * and our one pair of buffers, since the SPMC knows no more than one of the hypervisor.
 * Locks: tx_lock, from filling TX to the end of the SMC that makes the SPMC read it, and, if that fills RX, to the end of
 * RX_RELEASE; nobody holds another one while calling in here. What takes several SMCs lets go of the pair between them. As long
 * as one has it no memory transaction is sent, and no handle given out: ffa_mem_spmc.c makes use of that.
 * Trust: an answer may be anything. SMC32 results are cut to 32 bits here; every user checks ids, counts and lengths.
 */
#include <xen/bitmap.h>
#include <xen/init.h>
#include <xen/softirq.h>

#include <asm/event.h>
#include <asm/smccc.h>

#include "ffa_private.h"

static uint32_t __ro_after_init spmc_version;
static uint16_t __ro_after_init spmc_id;
static DECLARE_BITMAP(spmc_calls, FFA_NR_CALLS);

/* Waiting for it is waiting for one SMC of another CPU: short, and never preempted in the secure world. */
static DEFINE_SPINLOCK(tx_lock);
static void *__read_mostly spmc_tx;     /* one FF-A page; set at boot, then fixed                                    */
static const void *__read_mostly spmc_rx; /* the same                                                                */

/* ffa_spmc_set_buffers - @tx and @rx, a page each, are mapped as ours. Context: boot, CPU0. */
void __init ffa_spmc_set_buffers(void *tx, const void *rx)
{
    spmc_tx = tx;
    spmc_rx = rx;
}

/* ffa_spmc_tx_acquire - our TX, FFA_PAGE_SIZE bytes, to be filled and given back by ffa_spmc_tx_release() after the SMC */
void *ffa_spmc_tx_acquire(void)
{
    spin_lock(&tx_lock);
    return spmc_tx;
}

/* ffa_spmc_rx - our RX, FFA_PAGE_SIZE bytes, for who has the pair. The SPMC may write to it at any time. */
const void *ffa_spmc_rx(void)
{
    return spmc_rx;
}

/* ffa_spmc_tx_release - the SPMC has read what it wanted, and so have we */
void ffa_spmc_tx_release(void)
{
    spin_unlock(&tx_lock);
}

/*
 * ffa_spmc_call - one SMC, x0-x17 both ways
 * @regs: x[0] is the function ID (without the SVE hint), unused registers zero; on return the result, nr is not touched
 * Context: any in which a long stay in the secure world is acceptable; interrupts should be enabled.
 */
void ffa_spmc_call(struct ffa_regs *regs)
{
    ffa_spmc_call_raw(regs);
    ffa_spmc_cut(regs);
}

/* ffa_spmc_cut - the ID of the result decides how wide it is, not the one of the request */
void ffa_spmc_cut(struct ffa_regs *regs)
{
    regs->x[0] = (uint32_t)regs->x[0];
    if ( !(regs->x[0] & FFA_CONV_64) )
    {
        regs->x[1] = (uint32_t)regs->x[1];
        regs->x[2] = (uint32_t)regs->x[2];
        regs->x[3] = (uint32_t)regs->x[3];
        regs->x[4] = (uint32_t)regs->x[4];
        regs->x[5] = (uint32_t)regs->x[5];
        regs->x[6] = (uint32_t)regs->x[6];
        regs->x[7] = (uint32_t)regs->x[7];
    }
}

/*
 * ffa_spmc_call_briefly - an SMC in which an SP may compute for long, and that an interrupt must be able to end
 * @for_guest: it goes on with a request of current, which can take its own interrupts first
 * An interrupt that came just before it would not come again, and who waits for what it brought (timers and the scheduler
 * for their softirq, the guest for its tick) would wait for the SP: the SMC is not made then. One that comes later finds
 * interrupts masked here, so it ends the SP's turn.
 * Returns: false: not made, @regs as they were.   Context: interrupts enabled.
 */
bool ffa_spmc_call_briefly(struct ffa_regs *regs, bool for_guest)
{
    bool made;

    local_irq_disable();
    made = !softirq_pending(smp_processor_id()) && !(for_guest && local_events_need_delivery());
    if ( made )
        ffa_spmc_call(regs);
    local_irq_enable();

    return made;
}

/*
 * ffa_spmc_status - what a result says, if it is only success or error
 * Returns: OK for SUCCESS; the code of FFA_ERROR; NOT_SUPPORTED for a conduit without FF-A (x0 = -1) and for an error
 * with code 0, which some SPMCs send; ABORTED for every other answer.
 */
ffa_rc_t ffa_spmc_status(const struct ffa_regs *res)
{
    uint32_t fid = res->x[0];
    int32_t code = (uint32_t)res->x[2];

    if ( fid == FFA_FID(SUCCESS_32) || fid == FFA_FID(SUCCESS_64) )
        return FFA_OK;

    if ( fid == UINT32_MAX )
        return FFA_NOT_SUPPORTED;

    if ( fid != FFA_FID(ERROR) || code > 0 || code < FFA_NOT_READY.code )
        return FFA_ABORTED;

    return code ? FFA_RC(code) : FFA_NOT_SUPPORTED;
}

/* ffa_spmc_simple - a call with up to four arguments; @res, if not NULL, gets the whole result. */
ffa_rc_t ffa_spmc_simple(uint32_t fid, uint64_t a1, uint64_t a2, uint64_t a3, uint64_t a4, struct ffa_regs *res)
{
    struct ffa_regs local;

    if ( !res )
        res = &local;

    ffa_regs_set(res, fid, a1, a2, a3, a4);
    ffa_spmc_call(res);

    return ffa_spmc_status(res);
}

/* ffa_spmc_version - agreed at boot; 0 = no FF-A. */
uint32_t ffa_spmc_version(void)
{
    return spmc_version;
}

/* ffa_spmc_id - endpoint id of the SPMC, usually 0x8000. */
uint16_t ffa_spmc_id(void)
{
    return spmc_id;
}

/* ffa_spmc_has - does the physical call @nr exist, as far as FEATURES told at boot? */
bool ffa_spmc_has(enum ffa_call_nr nr)
{
    return test_bit(nr, spmc_calls);
}

/* ffa_spmc_feature - ask FEATURES about feature @id; true: @value is what it said. */
bool __init ffa_spmc_feature(uint32_t id, uint32_t *value)
{
    struct ffa_regs res;

    if ( !ffa_ok(ffa_spmc_simple(FFA_FID(FEATURES), id, 0, 0, 0, &res)) )
        return false;

    *value = res.x[2];
    return true;
}

/*
 * The firmware's version of FF-A, or 0. VERSION is the first thing said: any other call may close the negotiation. What
 * boot firmware agreed on may stick, hence lower versions when a higher one is refused; a callee that names a lower one
 * is asked for that, so that it knows what we speak.
 */
static uint32_t __init negotiate(void)
{
    uint32_t ask = FFA_MY_VERSION, got;
    struct ffa_regs regs;

    while ( ask >= FFA_VERSION_1_0 )
    {
        regs = (struct ffa_regs){ .x = { FFA_FID(VERSION), ask } };
        ffa_spmc_call(&regs);
        got = regs.x[0];

        if ( got & FFA_VERSION_MBZ )
            ask--;
        else if ( FFA_VERSION_MAJOR(got) != FFA_VERSION_MAJOR(ask) )
            return 0;
        else if ( got >= ask )
            return ask;
        else
            ask = got;
    }

    return 0;
}

/* Does the guest or the hypervisor ever need this physical call? */
static bool __init worth_asking(const struct ffa_call_desc *desc)
{
    return desc->from == FFA_FROM_VM || desc->from == FFA_FROM_HYP;
}

/*
 * ffa_spmc_probe - VERSION, then every physical call through FEATURES, then the SPMC's id
 * Returns: false if there is no FF-A firmware we can talk to (one line says so).   Context: boot, CPU0.
 * Note: FEATURES is asked by exact ID, the 64-bit forms separately: H knows only those of RXTX_MAP and INFO_GET.
 */
bool __init ffa_spmc_probe(void)
{
    struct ffa_regs res;
    unsigned int i;

    spmc_version = negotiate();
    if ( !spmc_version )
    {
        printk(XENLOG_INFO "ffa: no FF-A firmware\n");
        return false;
    }

    bitmap_zero(spmc_calls, FFA_NR_CALLS);
    for ( i = 0; i < FFA_NR_CALLS; i++ )
        if ( worth_asking(&ffa_table[i]) && ffa_table[i].since <= spmc_version &&
             ffa_ok(ffa_spmc_simple(FFA_FID(FEATURES), ffa_table[i].fid, 0, 0, 0, NULL)) )
            set_bit(i, spmc_calls);

    /* H up to 2.14 denies RX_ACQUIRE in FEATURES and has it. Of a VM that there is none of, so nothing happens. */
    if ( ffa_spmc_has(FFA_NR_MSG_SEND2) && !ffa_spmc_has(FFA_NR_RX_ACQUIRE) &&
         !ffa_is(ffa_spmc_simple(FFA_FID(RX_ACQUIRE), FFA_ID_SECURE - 2, 0, 0, 0, NULL), FFA_NOT_SUPPORTED) )
        set_bit(FFA_NR_RX_ACQUIRE, spmc_calls);

    spmc_id = FFA_ID_SPMC_DEFAULT;
    if ( ffa_spmc_has(FFA_NR_SPM_ID_GET) && ffa_ok(ffa_spmc_simple(FFA_FID(SPM_ID_GET), 0, 0, 0, 0, &res)) &&
         (res.x[2] & FFA_ID_SECURE) )
        spmc_id = res.x[2];

    return true;
}

/*
 * ffa_spmc_probe_set - does NOTIFICATION_SET exist? O says so in FEATURES and denies it when called
 * @sp: any partition; the call names no bits, so nobody is rung.   Context: boot, CPU0.
 */
void __init ffa_spmc_probe_set(uint16_t sp)
{
    if ( ffa_spmc_has(FFA_NR_NOTIF_SET) &&
         ffa_is(ffa_spmc_simple(FFA_FID(NOTIF_SET), ((uint32_t)FFA_ID_HYP << 16) | sp, 0, 0, 0, NULL), FFA_NOT_SUPPORTED) )
        clear_bit(FFA_NR_NOTIF_SET, spmc_calls);
}

/* ffa_spmc_forget - undo of ffa_spmc_probe(): nothing below exists any more. */
void __init ffa_spmc_forget(void)
{
    spmc_version = 0;
    bitmap_zero(spmc_calls, FFA_NR_CALLS);
}

/*
 * Local variables:
 * mode: C
 * c-file-style: "BSD"
 * c-basic-offset: 4
 * tab-width: 4
 * indent-tabs-mode: nil
 * End:
 */
