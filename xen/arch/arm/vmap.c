/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Virtual ranges on demand: the vmap area for scattered frames and device
 * registers, and the stacks.
 *
 * In the vmap area a bitmap has one bit per page; a range is placed so that
 * the page before and the page after it stay clear, hence the run of set bits
 * from its start is its size, and an access beyond an end faults.
 *
 * In the stack area every stack has a slot of twice its size, of which it
 * takes the upper half: the lower half is its guard.
 *
 * Locks: vm_lock protects both bitmaps. It is not held while pages are
 * mapped or allocated. Not in interrupt context.
 */
#include <xen/bitmap.h>
#include <xen/init.h>
#include <xen/lib.h>
#include <xen/mm.h>
#include <xen/pfn.h>
#include <xen/spinlock.h>
#include <xen/string.h>
#include <xen/vmap.h>
#include <xen/xmalloc.h>
#include <xen/xvmalloc.h>

#define VM_PAGES      (VMAP_VIRT_SIZE >> PAGE_SHIFT)
#define STACK_SLOT    (2UL * STACK_SIZE)
#define NR_STACKS     (STACKS_VIRT_SIZE / STACK_SLOT)

static DECLARE_BITMAP(vm_bits, VM_PAGES);
static DECLARE_BITMAP(stack_bits, NR_STACKS);
static DEFINE_SPINLOCK(vm_lock);

/* A range of nr pages, first page aligned to align pages. NULL: no room. */
static void *vm_alloc(unsigned int nr, unsigned int align)
{
    unsigned long start = 1, end;

    ASSERT(nr && align && !(align & (align - 1)));

    spin_lock(&vm_lock);
    for ( ; ; )
    {
        start = ROUNDUP(find_next_zero_bit(vm_bits, VM_PAGES, start),
                        (unsigned long)align);
        /* The last page of the area stays clear as the guard behind. */
        if ( start + nr >= VM_PAGES )
        {
            spin_unlock(&vm_lock);
            return NULL;
        }

        if ( test_bit(start - 1, vm_bits) )
        {
            start++;
            continue;
        }

        end = find_next_bit(vm_bits, start + nr + 1, start);
        if ( end > start + nr )
            break;
        start = end + 1;
    }
    bitmap_set(vm_bits, start, nr);
    spin_unlock(&vm_lock);

    return (void *)(VMAP_VIRT_START + (start << PAGE_SHIFT));
}

unsigned int vmap_size(const void *va)
{
    unsigned long first = ((unsigned long)va - VMAP_VIRT_START) >> PAGE_SHIFT;
    unsigned int nr = 0;

    if ( (unsigned long)va < VMAP_VIRT_START || first >= VM_PAGES )
        return 0;

    spin_lock(&vm_lock);
    if ( test_bit(first, vm_bits) && !test_bit(first - 1, vm_bits) )
        nr = find_next_zero_bit(vm_bits, VM_PAGES, first) - first;
    spin_unlock(&vm_lock);

    return nr;
}

static void vm_free(const void *va, unsigned int nr)
{
    unsigned long first = ((unsigned long)va - VMAP_VIRT_START) >> PAGE_SHIFT;

    spin_lock(&vm_lock);
    bitmap_clear(vm_bits, first, nr);
    spin_unlock(&vm_lock);
}

void __init vm_init(void)
{
    BUILD_BUG_ON(VMAP_VIRT_START & (TABLE_SIZE(1) - 1));
    BUILD_BUG_ON(STACKS_VIRT_START & (STACK_SLOT - 1));

    prepare_vmap_tables();
}

void *__vmap(const mfn_t *mfn, unsigned int granularity, unsigned int nr,
             unsigned int align, unsigned long flags)
{
    unsigned long total = (unsigned long)nr * granularity, va, i;
    void *start;

    if ( !total || total >= VM_PAGES )
        return NULL;

    start = vm_alloc(total, align);
    if ( !start )
        return NULL;

    va = (unsigned long)start;
    for ( i = 0; i < nr; i++, va += (unsigned long)granularity << PAGE_SHIFT )
    {
        if ( map_pages_to_xen(va, mfn[i], granularity, flags) )
        {
            destroy_xen_mappings((unsigned long)start,
                                 (unsigned long)start + (total << PAGE_SHIFT));
            vm_free(start, total);
            return NULL;
        }
    }

    return start;
}

void *vmap(const mfn_t *mfn, unsigned int nr)
{
    return __vmap(mfn, 1, nr, 1, PAGE_HYPERVISOR);
}

void vunmap(const void *va)
{
    unsigned int nr = vmap_size(va);

    if ( !nr )
    {
        ASSERT_UNREACHABLE();
        return;
    }

    destroy_xen_mappings((unsigned long)va,
                         (unsigned long)va + ((unsigned long)nr << PAGE_SHIFT));
    vm_free(va, nr);
}

void *vmalloc(size_t size)
{
    unsigned int nr = PFN_UP(size), i;
    mfn_t *mfn;
    void *va;

    if ( !nr || PFN_UP(size) >= VM_PAGES )
        return NULL;

    mfn = xmalloc_array(mfn_t, nr);
    if ( !mfn )
        return NULL;

    for ( i = 0; i < nr; i++ )
    {
        struct page_info *pg = alloc_domheap_page(NULL, 0);

        if ( !pg )
            goto fail;
        mfn[i] = page_to_mfn(pg);
    }

    va = vmap(mfn, nr);
    if ( !va )
        goto fail;

    xfree(mfn);
    return va;

 fail:
    while ( i-- )
        free_domheap_page(mfn_to_page(mfn[i]));
    xfree(mfn);
    return NULL;
}

void *vzalloc(size_t size)
{
    /* Its pages come zeroed. */
    return vmalloc(size);
}

void vfree(void *va)
{
    unsigned int nr, i;
    PAGE_LIST_HEAD(pages);
    struct page_info *pg;

    if ( !va )
        return;

    nr = vmap_size(va);
    ASSERT(nr);

    for ( i = 0; i < nr; i++ )
        page_list_add(virt_to_page((char *)va + ((unsigned long)i << PAGE_SHIFT)),
                      &pages);

    vunmap(va);

    while ( (pg = page_list_remove_head(&pages)) != NULL )
        free_domheap_page(pg);
}

void *ioremap(paddr_t pa, size_t len)
{
    mfn_t mfn = maddr_to_mfn(pa);
    unsigned int offset = pa & ~PAGE_MASK;
    unsigned int nr = PFN_UP(offset + len);
    char *va;

    if ( !len || PFN_UP(offset + len) >= VM_PAGES )
        return NULL;

    va = __vmap(&mfn, nr, 1, 1, PAGE_HYPERVISOR_NOCACHE);

    return va ? va + offset : NULL;
}

void *ioremap_nocache(paddr_t pa, size_t len)
{
    return ioremap(pa, len);
}

/*
 * The frames of a stack need not be contiguous, but taking them as one block
 * makes freeing them one call.
 */
void *alloc_vcpu_stack(void)
{
    struct page_info *pg = alloc_domheap_pages(NULL, STACK_ORDER, 0);
    unsigned long slot, va;

    if ( !pg )
        return NULL;

    spin_lock(&vm_lock);
    slot = find_first_zero_bit(stack_bits, NR_STACKS);
    if ( slot < NR_STACKS )
        __set_bit(slot, stack_bits);
    spin_unlock(&vm_lock);
    if ( slot >= NR_STACKS )
        goto fail;

    va = STACKS_VIRT_START + slot * STACK_SLOT + STACK_SIZE;
    if ( map_pages_to_xen(va, page_to_mfn(pg), 1U << STACK_ORDER,
                          PAGE_HYPERVISOR_RW) )
    {
        destroy_xen_mappings(va, va + STACK_SIZE);
        spin_lock(&vm_lock);
        __clear_bit(slot, stack_bits);
        spin_unlock(&vm_lock);
        goto fail;
    }

    return (void *)va;

 fail:
    free_domheap_pages(pg, STACK_ORDER);
    return NULL;
}

void free_vcpu_stack(void *stack)
{
    unsigned long va = (unsigned long)stack;
    unsigned long slot = (va - STACKS_VIRT_START) / STACK_SLOT;
    struct page_info *pg;

    if ( !stack )
        return;

    ASSERT(va == STACKS_VIRT_START + slot * STACK_SLOT + STACK_SIZE);

    pg = virt_to_page(stack);
    destroy_xen_mappings(va, va + STACK_SIZE);

    spin_lock(&vm_lock);
    __clear_bit(slot, stack_bits);
    spin_unlock(&vm_lock);

    free_domheap_pages(pg, STACK_ORDER);
}

void *_xvmalloc(size_t size, unsigned int align)
{
    ASSERT(align <= PAGE_SIZE);
    return size <= PAGE_SIZE ? _xmalloc(size, align) : vmalloc(size);
}

void *_xvzalloc(size_t size, unsigned int align)
{
    ASSERT(align <= PAGE_SIZE);
    return size <= PAGE_SIZE ? _xzalloc(size, align) : vzalloc(size);
}

void xvfree(void *va)
{
    unsigned long addr = (unsigned long)va;

    if ( addr >= VMAP_VIRT_START && addr < VMAP_VIRT_START + VMAP_VIRT_SIZE )
        vfree(va);
    else
        xfree(va);
}
