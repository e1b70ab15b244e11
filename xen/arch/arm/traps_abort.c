/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Aborts of a guest that reach EL2: emulated devices, races with changes of stage 2, and addresses with nothing there.
 *
 * Refuses: accesses the syndrome does not describe (ISV = 0: pairs, write-back, exclusives, vectors) and addresses
 * nobody owns; the guest takes an external abort. Locks: the p2m read lock, the one of the MMIO table (io.c).
 * Spec: Arm ARM DDI 0487, ESR_EL2 (ISS of aborts), HPFAR_EL2.
 */
#include <xen/lib.h>
#include <xen/sched.h>
#include <asm/current.h>
#include <asm/guest_access.h>
#include <asm/mmio.h>
#include <asm/p2m.h>
#include <asm/sysregs.h>
#include <asm/traps.h>

/* HPFAR_EL2.FIPA is bits 47:12 of the address, in bits 39:4 */
#define HPFAR_FIPA_MASK 0x000000fffffffff0UL

/*
 * Guest physical address of an abort. HPFAR_EL2 holds it for translation and access flag faults and for faults on a
 * stage 1 walk; for permission faults of the access itself stage 1 is walked again, which a guest that changes its
 * tables meanwhile can make fail: it then just tries the instruction again.
 */
static bool abort_gpa(unsigned int fsc, bool s1ptw, vaddr_t gva, bool is_write, paddr_t *gpa)
{
    unsigned int type = fsc & FSC_TYPE_MASK;

    if ( s1ptw || type == FSC_FLT_TRANS || type == FSC_FLT_ACCESS )
    {
        *gpa = ((READ_SYSREG(HPFAR_EL2) & HPFAR_FIPA_MASK) << 8) | (s1ptw ? 0 : gva & ~PAGE_MASK);
        return true;
    }

    return gvirt_to_gpa(gva, is_write, gpa) == 0;
}

/*
 * Does stage 2 allow the access by now? True when it was the first to that memory (@fsc says access flag), or when another
 * CPU was in the middle of replacing the entry (break before make) as the guest came along: it only has to try again.
 */
static bool p2m_allows(unsigned int fsc, paddr_t gpa, bool is_write, bool is_exec)
{
    struct p2m_domain *p2m = p2m_get_hostp2m(current->domain);
    p2m_access_t a;

    if ( (fsc & FSC_TYPE_MASK) == FSC_FLT_ACCESS )
        (void)p2m_touch(p2m, gaddr_to_gfn(gpa));

    p2m_read_lock(p2m);
    p2m_get_entry(p2m, gaddr_to_gfn(gpa), NULL, &a, NULL, NULL);
    p2m_read_unlock(p2m);

    return a & (is_exec ? p2m_access_x : is_write ? p2m_access_w : p2m_access_r);
}

static bool is_stage2_fault(unsigned int fsc)
{
    switch ( fsc & FSC_TYPE_MASK )
    {
    case FSC_FLT_TRANS:
    case FSC_FLT_ACCESS:
    case FSC_FLT_PERM:
        return true;
    default:
        return false;
    }
}

void do_trap_data_abort(struct cpu_user_regs *regs, const union hsr hsr)
{
    vaddr_t gva = READ_SYSREG(FAR_EL2);
    paddr_t gpa;

    /* Address size, external, alignment, ... : nothing to emulate behind it */
    if ( !is_stage2_fault(hsr.dabt.dfsc) )
        goto inject;

    if ( !abort_gpa(hsr.dabt.dfsc, hsr.dabt.s1ptw, gva, hsr.dabt.write && !hsr.dabt.cache, &gpa) )
        return;

    /* The walk itself needs to write only for hardware updates of descriptors, and reports it */
    if ( p2m_allows(hsr.dabt.dfsc, gpa, hsr.dabt.write && !hsr.dabt.cache, false) )
        return;

    if ( !hsr.dabt.s1ptw )
    {
        switch ( try_handle_mmio(regs, hsr, gpa) )
        {
        case IO_HANDLED:
            advance_pc(regs, hsr);
            return;

        case IO_ABORT:
        case IO_UNHANDLED:
            break;
        }
    }

    guest_trap_debug("data abort: %s of guest physical %#lx at pc %#lx, syndrome %#lx\n",
            hsr.dabt.write ? "write" : "read", (unsigned long)gpa, (unsigned long)regs->pc,
            (unsigned long)hsr.bits);
 inject:
    inject_dabt_exception(regs, gva);
}

void do_trap_instr_abort(struct cpu_user_regs *regs, const union hsr hsr)
{
    vaddr_t gva = READ_SYSREG(FAR_EL2);
    paddr_t gpa;

    if ( is_stage2_fault(hsr.iabt.ifsc) )
    {
        if ( !abort_gpa(hsr.iabt.ifsc, hsr.iabt.s1ptw, gva, false, &gpa) ||
             p2m_allows(hsr.iabt.ifsc, gpa, false, !hsr.iabt.s1ptw) )
            return;

        guest_trap_debug("instruction abort: guest physical %#lx, syndrome %#lx\n", (unsigned long)gpa,
                (unsigned long)hsr.bits);
    }

    inject_iabt_exception(regs, gva);
}
