/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Stage 2 of a domain as a whole: IPA width, VMIDs, the paging pool, TLB maintenance, loading it with a vCPU.
 *
 * Owns: VTCR_EL2, VTTBR_EL2, the VMID bitmap, struct p2m_domain and struct paging_domain.
 *
 * Life: p2m_init -> p2m_set_allocation -> mappings -> (vCPUs stopped) relinquish_p2m_mapping -> p2m_teardown ->
 * p2m_teardown_allocation -> p2m_final_teardown. The last one alone undoes a half-built domain.
 *
 * Locks: p2m lock, then paging lock. vmid_lock is a leaf.
 *
 * TLB: an entry that was valid is first made invalid, then flushed by IPA (or by VMID, if many frames changed), and
 * only then replaced. A VMID is flushed before it goes back to the bitmap, so a new domain never meets old entries.
 * Two vCPUs of a domain may use one ASID for different address spaces: p2m_restore_state() drops this CPU's stage 1
 * entries of the VMID when a sibling ran here before.
 */
#include <xen/bitmap.h>
#include <xen/domain_page.h>
#include <xen/event.h>
#include <xen/init.h>
#include <xen/lib.h>
#include <xen/sched.h>
#include <xen/sections.h>
#include <xen/smp.h>
#include <xen/softirq.h>
#include <asm/cpufeature.h>
#include <asm/processor.h>
#include <asm/sysregs.h>
#include <asm/system.h>

#include "p2m_private.h"

#define VTCR_RES1           (_AC(1, UL) << 31)
#define VTCR_T0SZ(x)        (64UL - (x))
#define VTCR_SL0(x)         ((unsigned long)(x) << 6)
#define VTCR_IRGN0_WBWA     (_AC(1, UL) << 8)
#define VTCR_ORGN0_WBWA     (_AC(1, UL) << 10)
#define VTCR_SH0_IS         (_AC(3, UL) << 12)
#define VTCR_PS(x)          ((unsigned long)(x) << 16)
#define VTCR_VS             (_AC(1, UL) << 19)

#define VTTBR_VMID_SHIFT    48

/* The guest layout ends at 2^40; a wider IPA space would only add a level to every walk */
#define MAX_IPA_BITS        40

#define MAX_VMID_8_BIT      (1U << 8)
#define MAX_VMID_16_BIT     (1U << 16)

/* More frames than this are flushed by VMID */
#define FLUSH_BY_IPA_MAX    32

/* Pages handled between two looks at whether somebody else needs this CPU */
#define PREEMPT_STEP        512

unsigned int __read_mostly p2m_ipa_bits = MAX_IPA_BITS;
unsigned int __read_mostly p2m_root_order;
unsigned int __read_mostly p2m_root_level = 1;

static uint64_t __read_mostly vtcr;
static unsigned int __read_mostly max_vmid = MAX_VMID_8_BIT;

static DEFINE_SPINLOCK(vmid_lock);
static DECLARE_BITMAP(vmids_in_use, MAX_VMID_16_BIT);

/* ---- Boot ------------------------------------------------------------------------------------------------------ */

static void setup_virt_paging_one(void *unused)
{
    WRITE_SYSREG(vtcr, VTCR_EL2);
    WRITE_SYSREG(0, VTTBR_EL2);
    isb();

    /* Whatever ran before us may have left entries of any VMID */
    asm volatile ( "tlbi alle1" ::: "memory" );
    dsb(nsh);
    isb();
}

void __init setup_virt_paging(void)
{
    unsigned int pa_range = id_field(system_cpuinfo.mmfr0, 0);
    unsigned int ps, sl0;

    p2m_ipa_bits = min(cpu_pa_bits(), (unsigned int)MAX_IPA_BITS);
    /* 40 bits are encoded as 2, narrower sizes by smaller numbers */
    ps = min(pa_range, 2U);

    /*
     * A table of level 1 covers 39 bits. Up to four bits more are had by putting up to 16 of them side by side, which
     * saves level 0.
     */
    p2m_root_level = 1;
    p2m_root_order = p2m_ipa_bits > 39 ? p2m_ipa_bits - 39 : 0;
    sl0 = 1;

    vtcr = VTCR_RES1 | VTCR_T0SZ(p2m_ipa_bits) | VTCR_SL0(sl0) | VTCR_IRGN0_WBWA | VTCR_ORGN0_WBWA | VTCR_SH0_IS |
           VTCR_PS(ps);

    if ( cpu_has_vmid16 )
    {
        max_vmid = MAX_VMID_16_BIT;
        vtcr |= VTCR_VS;
    }

    /* Nobody's */
    __set_bit(INVALID_VMID, vmids_in_use);

    printk(XENLOG_INFO "p2m: %u-bit IPA, %u-bit VMID, %u root table(s) at level %u\n", p2m_ipa_bits,
           max_vmid == MAX_VMID_16_BIT ? 16 : 8, 1U << p2m_root_order, p2m_root_level);

    on_each_cpu(setup_virt_paging_one, NULL, 1);
}

/* ---- VMIDs ----------------------------------------------------------------------------------------------------- */

static int alloc_vmid(struct p2m_domain *p2m)
{
    unsigned int vmid;
    int rc = -EBUSY;

    spin_lock(&vmid_lock);

    vmid = find_first_zero_bit(vmids_in_use, max_vmid);
    if ( vmid < max_vmid )
    {
        __set_bit(vmid, vmids_in_use);
        p2m->vmid = vmid;
        rc = 0;
    }

    spin_unlock(&vmid_lock);

    return rc;
}

static void free_vmid(struct p2m_domain *p2m)
{
    spin_lock(&vmid_lock);
    if ( p2m->vmid != INVALID_VMID )
        __clear_bit(p2m->vmid, vmids_in_use);
    p2m->vmid = INVALID_VMID;
    spin_unlock(&vmid_lock);
}

/* ---- TLB ------------------------------------------------------------------------------------------------------- */

/* The TLBI operations on guest entries work on the VMID in VTTBR_EL2: borrow it, IRQs off. */
static void flush_domain_tlb(const struct p2m_domain *p2m, gfn_t start, unsigned long nr)
{
    uint64_t old = READ_SYSREG64(VTTBR_EL2);
    unsigned long flags, i;

    local_irq_save(flags);

    if ( old != p2m->vttbr )
    {
        WRITE_SYSREG64(p2m->vttbr, VTTBR_EL2);
        isb();
    }

    dsb(ishst);
    if ( nr <= FLUSH_BY_IPA_MAX )
    {
        for ( i = 0; i < nr; i++ )
            asm volatile ( "tlbi ipas2e1is, %0" :: "r" (gfn_x(start) + i) : "memory" );
        /* Stage 2 is gone before combined entries are, or these could be made anew from it */
        dsb(ish);
        asm volatile ( "tlbi vmalle1is" ::: "memory" );
    }
    else
        asm volatile ( "tlbi vmalls12e1is" ::: "memory" );
    dsb(ish);
    isb();

    if ( old != p2m->vttbr )
    {
        WRITE_SYSREG64(old, VTTBR_EL2);
        isb();
    }

    local_irq_restore(flags);
}

void p2m_flush_later(struct p2m_domain *p2m, gfn_t gfn, unsigned long nr)
{
    gfn_t end = gfn_add(gfn, nr);

    p2m->flush_start = p2m->need_flush ? gfn_min(p2m->flush_start, gfn) : gfn;
    p2m->flush_end = p2m->need_flush ? gfn_max(p2m->flush_end, end) : end;
    p2m->need_flush = true;
}

void p2m_flush_now(struct p2m_domain *p2m)
{
    if ( !p2m->need_flush )
        return;

    flush_domain_tlb(p2m, p2m->flush_start, gfn_x(p2m->flush_end) - gfn_x(p2m->flush_start));
    p2m->need_flush = false;
}

void p2m_write_unlock(struct p2m_domain *p2m)
{
    p2m_flush_now(p2m);
    write_unlock(&p2m->lock);
}

/* ---- The paging pool ------------------------------------------------------------------------------------------- */

struct page_info *p2m_alloc_table(struct p2m_domain *p2m)
{
    struct paging_domain *paging = &p2m->domain->arch.paging;
    struct page_info *pg;

    spin_lock(&paging->lock);
    pg = page_list_remove_head(&paging->p2m_freelist);
    spin_unlock(&paging->lock);

    if ( !pg )
        return NULL;

    clear_domain_page(page_to_mfn(pg));
    page_list_add(pg, &p2m->pages);

    return pg;
}

void p2m_free_table(struct p2m_domain *p2m, struct page_info *pg)
{
    struct paging_domain *paging = &p2m->domain->arch.paging;

    page_list_del(pg, &p2m->pages);

    spin_lock(&paging->lock);
    page_list_add_tail(pg, &paging->p2m_freelist);
    spin_unlock(&paging->lock);
}

int p2m_set_allocation(struct domain *d, unsigned long pages, bool *preempted)
{
    struct paging_domain *paging = &d->arch.paging;
    struct page_info *pg;
    unsigned long step = 0;

    for ( ; ; )
    {
        bool grow;

        spin_lock(&paging->lock);
        if ( paging->p2m_total_pages == pages )
        {
            spin_unlock(&paging->lock);
            return 0;
        }
        grow = paging->p2m_total_pages < pages;
        pg = grow ? NULL : page_list_remove_head(&paging->p2m_freelist);
        if ( pg )
            paging->p2m_total_pages--;
        spin_unlock(&paging->lock);

        if ( grow )
        {
            pg = alloc_domheap_page(NULL, 0);
            if ( !pg )
                return -ENOMEM;

            spin_lock(&paging->lock);
            page_list_add_tail(pg, &paging->p2m_freelist);
            paging->p2m_total_pages++;
            spin_unlock(&paging->lock);
        }
        else if ( pg )
            free_domheap_page(pg);
        else
            return -ENOMEM;

        if ( preempted && !(++step % PREEMPT_STEP) && general_preempt_check() )
        {
            *preempted = true;
            return -ERESTART;
        }
    }
}

/* ---- Life of a domain ------------------------------------------------------------------------------------------ */

int p2m_init(struct domain *d)
{
    struct p2m_domain *p2m = p2m_get_hostp2m(d);
    unsigned int cpu, i;
    int rc;

    rwlock_init(&p2m->lock);
    spin_lock_init(&d->arch.paging.lock);
    INIT_PAGE_LIST_HEAD(&d->arch.paging.p2m_freelist);
    INIT_PAGE_LIST_HEAD(&p2m->pages);
    p2m->vmid = INVALID_VMID;
    p2m->domain = d;
    p2m->lowest_mapped_gfn = INVALID_GFN;
    p2m->max_mapped_gfn = _gfn(0);

    for ( cpu = 0; cpu < NR_CPUS; cpu++ )
        p2m->last_vcpu_ran[cpu] = INVALID_VCPU_ID;

    rc = alloc_vmid(p2m);
    if ( rc )
        return rc;

    p2m->root = alloc_domheap_pages(NULL, p2m_root_order, 0);
    if ( !p2m->root )
    {
        free_vmid(p2m);
        return -ENOMEM;
    }

    for ( i = 0; i < (1U << p2m_root_order); i++ )
        clear_domain_page(mfn_add(page_to_mfn(p2m->root), i));

    p2m->vttbr = page_to_maddr(p2m->root) | ((uint64_t)p2m->vmid << VTTBR_VMID_SHIFT);

    return 0;
}

int p2m_teardown(struct domain *d)
{
    struct p2m_domain *p2m = p2m_get_hostp2m(d);
    struct page_info *pg;
    unsigned long step = 0;
    unsigned int i;
    int rc = 0;

    if ( !p2m->root )
        return 0;

    p2m_write_lock(p2m);

    for ( i = 0; i < (1U << p2m_root_order); i++ )
        clear_domain_page(mfn_add(page_to_mfn(p2m->root), i));
    p2m_flush_later(p2m, _gfn(0), 1UL << (p2m_ipa_bits - PAGE_SHIFT));
    p2m_flush_now(p2m);
    p2m->lowest_mapped_gfn = INVALID_GFN;
    p2m->max_mapped_gfn = _gfn(0);
    memset(p2m->mappings, 0, sizeof(p2m->mappings));

    while ( (pg = page_list_empty(&p2m->pages) ? NULL : page_list_first(&p2m->pages)) != NULL )
    {
        p2m_free_table(p2m, pg);

        if ( !(++step % PREEMPT_STEP) && general_preempt_check() )
        {
            rc = -ERESTART;
            break;
        }
    }

    p2m_write_unlock(p2m);

    return rc;
}

int p2m_teardown_allocation(struct domain *d)
{
    bool preempted = false;

    return p2m_set_allocation(d, 0, &preempted);
}

void p2m_final_teardown(struct domain *d)
{
    struct p2m_domain *p2m = p2m_get_hostp2m(d);
    struct page_info *pg;

    /* Never initialised */
    if ( !p2m->domain )
        return;

    if ( p2m->root )
    {
        /* Only a failed creation still has tables, and no vCPU ever walked them */
        while ( (pg = page_list_remove_head(&p2m->pages)) != NULL )
            page_list_add_tail(pg, &d->arch.paging.p2m_freelist);

        flush_domain_tlb(p2m, _gfn(0), ~0UL);
        free_domheap_pages(p2m->root, p2m_root_order);
        p2m->root = NULL;
    }

    while ( (pg = page_list_remove_head(&d->arch.paging.p2m_freelist)) != NULL )
        free_domheap_page(pg);
    d->arch.paging.p2m_total_pages = 0;

    free_vmid(p2m);
    p2m->domain = NULL;
}

/* ---- With the vCPU --------------------------------------------------------------------------------------------- */

void p2m_save_state(struct vcpu *v)
{
    /* From here on no walk may use this domain's tables: they may be freed while this CPU is idle */
    WRITE_SYSREG64(READ_SYSREG64(HCR_EL2) & ~HCR_VM, HCR_EL2);
    WRITE_SYSREG64(0, VTTBR_EL2);
    isb();
}

void p2m_restore_state(struct vcpu *v)
{
    struct p2m_domain *p2m = p2m_get_hostp2m(v->domain);
    uint16_t *last = &p2m->last_vcpu_ran[smp_processor_id()];

    WRITE_SYSREG64(p2m->vttbr, VTTBR_EL2);
    isb();
    WRITE_SYSREG64(v->arch.hcr_el2, HCR_EL2);
    isb();

    if ( *last != INVALID_VCPU_ID && *last != v->vcpu_id )
    {
        asm volatile ( "tlbi vmalle1" ::: "memory" );
        dsb(nsh);
        isb();
    }
    *last = v->vcpu_id;
}

