/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * The only door to guest memory: copies by guest virtual address of the current vCPU, or by guest physical address of
 * any domain. Page by page, each page referenced while it is touched; a guest may unmap it meanwhile and loses nothing
 * but its own view.
 *
 * Refuses: unmapped pages, what is not ordinary RAM, writes to read-only RAM. Locks: the p2m read lock per page.
 */
#include <xen/domain_page.h>
#include <xen/lib.h>
#include <xen/sched.h>
#include <asm/current.h>
#include <asm/guest_access.h>
#include <asm/hsr.h>
#include <asm/p2m.h>
#include <asm/page.h>
#include <asm/processor.h>

enum copy_kind {
    COPY_FROM_GUEST,
    COPY_TO_GUEST,
    COPY_TO_GUEST_FLUSH,    /* clean to PoC: the guest may read it with caches off */
    CLEAR_GUEST,
};

/*
 * The guest has its MMU walk tables that it has not been to itself (its loader or an SP wrote them), and AT cannot go there:
 * stage 2 has no access flag for them. Touch what the current vCPU's stage 1 has on the way to @va. Nothing is believed that
 * is read here: AT decides afterwards. At most five levels, a block of 2 MiB each.
 */
static void touch_tables(vaddr_t va)
{
    static const uint8_t page_bits[2][4] = { { 12, 16, 14, 0 }, { 0, 14, 12, 16 } };   /* TCR_EL1.TG0, TG1 */
    bool upper = va & (1UL << 55);
    uint64_t tcr = READ_SYSREG64(TCR_EL1), e = upper ? READ_SYSREG64(TTBR1_EL1) : READ_SYSREG64(TTBR0_EL1);
    unsigned int bits = 64 - ((upper ? tcr >> 16 : tcr) & 0x3f), page = page_bits[upper][tcr >> (upper ? 30 : 14) & 3];
    unsigned int stride = page - 3, shift, i;
    paddr_t base = e & (PAR_PA_MASK | 0xffe);       /* of the root, which may be smaller than a page */
    struct domain *d = current->domain;

    if ( !page || bits <= page || bits > 52 )
        return;

    va &= (1UL << bits) - 1;
    for ( shift = page + (bits - page - 1) / stride * stride; ; shift -= stride )
    {
        paddr_t at = base + (va >> shift) * sizeof(e);

        for ( i = 0; i < 8 && !p2m_touch(p2m_get_hostp2m(d), gaddr_to_gfn(at)); i++ )
            ;
        if ( shift == page || access_guest_memory_by_gpa(d, at, &e, sizeof(e), false) || (e & 3) != 3 )
            return;
        base = e & PAR_PA_MASK;
        va &= (1UL << shift) - 1;
    }
}

int gvirt_to_gpa(vaddr_t va, bool is_write, paddr_t *gpa)
{
    uint64_t par = gva_to_ipa_par(va, is_write);

    if ( unlikely((par & (PAR_F | PAR_S)) == (PAR_F | PAR_S)) && (PAR_FST(par) & FSC_TYPE_MASK) == FSC_FLT_ACCESS )
    {
        touch_tables(va);
        par = gva_to_ipa_par(va, is_write);
    }

    if ( par & PAR_F )
        return -EFAULT;

    *gpa = (par & PAR_PA_MASK) | (va & ~PAGE_MASK);

    return 0;
}

/* @len bytes of one page of @d at @gpa; false: not accessible */
static bool copy_one_page(struct domain *d, paddr_t gpa, void *buf, unsigned int len, enum copy_kind kind)
{
    struct page_info *page;
    p2m_type_t t;
    void *p;

    page = get_page_from_gfn(d, gfn_x(gaddr_to_gfn(gpa)), &t, P2M_ALLOC);
    if ( !page )
        return false;

    if ( !p2m_is_ram(t) || (kind != COPY_FROM_GUEST && t != p2m_ram_rw) )
    {
        put_page(page);
        return false;
    }

    p = __map_domain_page(page) + (gpa & ~PAGE_MASK);

    switch ( kind )
    {
    case COPY_FROM_GUEST:
        memcpy(buf, p, len);
        break;

    case CLEAR_GUEST:
        memset(p, 0, len);
        break;

    case COPY_TO_GUEST:
    case COPY_TO_GUEST_FLUSH:
        memcpy(p, buf, len);
        if ( kind == COPY_TO_GUEST_FLUSH )
            clean_dcache_va_range(p, len);
        break;
    }

    unmap_domain_page(p);
    put_page(page);

    return true;
}

/* Bytes left of @len at guest physical @gpa */
static unsigned long copy_phys(struct domain *d, paddr_t gpa, void *buf, unsigned long len, enum copy_kind kind)
{
    while ( len )
    {
        unsigned int size = min(len, (unsigned long)(PAGE_SIZE - (gpa & ~PAGE_MASK)));

        if ( !copy_one_page(d, gpa, buf, size, kind) )
            break;

        gpa += size;
        buf += size;
        len -= size;
    }

    return len;
}

/* Bytes left of @len at address @va of the current vCPU */
static unsigned long copy_virt(vaddr_t va, void *buf, unsigned long len, enum copy_kind kind)
{
    struct domain *d = current->domain;

    while ( len )
    {
        unsigned int size = min(len, (unsigned long)(PAGE_SIZE - (va & ~PAGE_MASK)));
        paddr_t gpa;

        if ( gvirt_to_gpa(va, kind != COPY_FROM_GUEST, &gpa) || !copy_one_page(d, gpa, buf, size, kind) )
            break;

        va += size;
        buf += size;
        len -= size;
    }

    return len;
}

unsigned long raw_copy_to_guest(void *to, const void *from, unsigned int len)
{
    return copy_virt((vaddr_t)to, (void *)from, len, COPY_TO_GUEST);
}

unsigned long raw_copy_from_guest(void *to, const void *from, unsigned int len)
{
    return copy_virt((vaddr_t)from, to, len, COPY_FROM_GUEST);
}

unsigned long copy_to_guest_phys_flush_dcache(struct domain *d, paddr_t gpa, const void *buf, unsigned long len)
{
    return copy_phys(d, gpa, (void *)buf, len, COPY_TO_GUEST_FLUSH);
}

int access_guest_memory_by_gpa(struct domain *d, paddr_t gpa, void *buf, uint32_t size, bool is_write)
{
    if ( gpa + size < gpa )
        return -EINVAL;

    return copy_phys(d, gpa, buf, size, is_write ? COPY_TO_GUEST : COPY_FROM_GUEST) ? -EINVAL : 0;
}
