/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Allocation of bytes: size classes below a page, whole pages above.
 *
 * A page that serves a class is cut into objects of that size, without any
 * header: what is known about it sits in its page_info. An object's alignment
 * is the largest power of two that divides its size. A page whose objects are
 * all free goes back to the page allocator at once, so that memory in use can
 * be balanced.
 *
 * A free object holds the index of the next one and a mark made of its own
 * address, which catches a second xfree() of it.
 *
 * Locks: xmalloc_lock protects classes, slab pages and the byte count; the
 * page allocator is called without it. Not in interrupt context.
 */
#include <xen/fail_alloc.h>
#include <xen/lib.h>
#include <xen/list.h>
#include <xen/mm.h>
#include <xen/spinlock.h>
#include <xen/string.h>
#include <xen/xmalloc.h>

static const uint16_t class_size[] = {
    16, 32, 48, 64, 96, 128, 192, 256, 384, 512, 768, 1024, 2048
};
#define NR_CLASSES ARRAY_SIZE(class_size)

/* Slab pages with at least one free object. */
static struct list_head partial[NR_CLASSES] = {
#define HEAD(n) LIST_HEAD_INIT(partial[n])
    HEAD(0), HEAD(1), HEAD(2), HEAD(3), HEAD(4), HEAD(5), HEAD(6), HEAD(7),
    HEAD(8), HEAD(9), HEAD(10), HEAD(11), HEAD(12)
#undef HEAD
};
static size_t bytes_in_use;
static DEFINE_SPINLOCK(xmalloc_lock);

/*
 * page_info.u.type_info of our pages. Slab: kind, class, objects in use, index
 * of the first free object. Large: kind and number of pages, on the first.
 */
#define KIND_SLAB        1UL
#define KIND_LARGE       2UL
#define INFO_KIND(i)     ((i) & 0xff)
#define INFO_CLASS(i)    (((i) >> 8) & 0xff)
#define INFO_USED(i)     (((i) >> 16) & 0xffff)
#define INFO_FREE(i)     (((i) >> 32) & 0xffff)
#define INFO_PAGES(i)    ((i) >> 8)
#define SLAB_INFO(class, used, free) \
    (KIND_SLAB | ((unsigned long)(class) << 8) | \
     ((unsigned long)(used) << 16) | ((unsigned long)(free) << 32))
#define NO_FREE          0xffff

struct free_object {
    unsigned long next;
    unsigned long mark;
};

#define FREE_MARK(obj)   ((unsigned long)(obj) ^ 0x66726565f00dbad1UL)

/* Smallest class that fits, or NR_CLASSES. */
static unsigned int find_class(size_t size, size_t align)
{
    unsigned int c;

    for ( c = 0; c < NR_CLASSES; c++ )
        if ( class_size[c] >= size && !(class_size[c] & (align - 1)) )
            break;

    return c;
}

/* Cut a page into free objects. */
static void slab_init(struct page_info *pg, unsigned int c)
{
    unsigned int n = PAGE_SIZE / class_size[c], i;
    char *va = page_to_virt(pg);

    for ( i = 0; i < n; i++ )
    {
        struct free_object *obj = (void *)(va + i * class_size[c]);

        obj->next = i + 1 < n ? i + 1 : NO_FREE;
        obj->mark = FREE_MARK(obj);
    }
    pg->u.type_info = SLAB_INFO(c, 0, 0);
}

static void *slab_alloc(unsigned int c)
{
    struct free_object *obj;
    struct page_info *pg;
    unsigned long info;

    spin_lock(&xmalloc_lock);

    if ( list_empty(&partial[c]) )
    {
        void *va;

        spin_unlock(&xmalloc_lock);
        va = alloc_xenheap_page();
        if ( !va )
            return NULL;
        pg = virt_to_page(va);
        slab_init(pg, c);

        spin_lock(&xmalloc_lock);
        list_add(&pg->list, &partial[c]);
    }

    pg = list_first_entry(&partial[c], struct page_info, list);
    info = pg->u.type_info;
    obj = page_to_virt(pg) + INFO_FREE(info) * class_size[c];
    if ( obj->mark != FREE_MARK(obj) )
        panic("xmalloc: free object %p was written to\n", obj);

    pg->u.type_info = SLAB_INFO(c, INFO_USED(info) + 1, obj->next);
    if ( obj->next == NO_FREE )
        list_del(&pg->list);
    obj->mark = 0;
    bytes_in_use += class_size[c];

    spin_unlock(&xmalloc_lock);

    return obj;
}

static void slab_free(struct page_info *pg, void *p)
{
    unsigned long info;
    unsigned int c, index;
    struct free_object *obj = p;
    bool empty;

    spin_lock(&xmalloc_lock);

    info = pg->u.type_info;
    c = INFO_CLASS(info);
    index = PAGE_OFFSET(p) / class_size[c];
    if ( PAGE_OFFSET(p) % class_size[c] || !INFO_USED(info) ||
         obj->mark == FREE_MARK(obj) )
        panic("xfree: %p is not an allocated object\n", p);

    obj->next = INFO_FREE(info);
    obj->mark = FREE_MARK(obj);
    pg->u.type_info = SLAB_INFO(c, INFO_USED(info) - 1, index);
    bytes_in_use -= class_size[c];

    /* It was full, so on no list; or becomes empty, and leaves its list. */
    if ( INFO_FREE(info) == NO_FREE )
        list_add(&pg->list, &partial[c]);
    empty = INFO_USED(info) == 1;
    if ( empty )
        list_del(&pg->list);

    spin_unlock(&xmalloc_lock);

    if ( empty )
        free_xenheap_page(page_to_virt(pg));
}

static void account(long bytes)
{
    spin_lock(&xmalloc_lock);
    bytes_in_use += bytes;
    spin_unlock(&xmalloc_lock);
}

/* Pages, and what the power of two has too much given back. */
static void *large_alloc(size_t size)
{
    unsigned long nr = PFN_UP(size), i;
    unsigned int order = get_order_from_bytes(size);
    char *va = alloc_xenheap_pages(order, 0);

    if ( !va )
        return NULL;

    for ( i = nr; i < 1UL << order; i++ )
        free_xenheap_page(va + (i << PAGE_SHIFT));

    virt_to_page(va)->u.type_info = KIND_LARGE | (nr << 8);
    account(nr << PAGE_SHIFT);

    return va;
}

static void large_free(struct page_info *pg, void *p)
{
    unsigned long nr = INFO_PAGES(pg->u.type_info), i;

    if ( PAGE_OFFSET(p) )
        panic("xfree: %p is not the start of a block\n", p);

    account(-(long)(nr << PAGE_SHIFT));
    for ( i = 0; i < nr; i++ )
        free_xenheap_page((char *)p + (i << PAGE_SHIFT));
}

void *_xmalloc(unsigned long size, unsigned long align)
{
    unsigned int c;

    ASSERT(align && !(align & (align - 1)) && align <= PAGE_SIZE);

    if ( !size )
        return ZERO_BLOCK_PTR;
    if ( size > UINT_MAX || fail_alloc_now() )
        return NULL;

    c = find_class(size, align);

    return c < NR_CLASSES ? slab_alloc(c) : large_alloc(size);
}

void *_xzalloc(unsigned long size, unsigned long align)
{
    void *p = _xmalloc(size, align);

    return p && p != ZERO_BLOCK_PTR ? memset(p, 0, size) : p;
}

void xfree(void *p)
{
    struct page_info *pg;

    if ( !p || p == ZERO_BLOCK_PTR )
        return;

    pg = virt_to_page(p);
    switch ( INFO_KIND(pg->u.type_info) )
    {
    case KIND_SLAB:
        slab_free(pg, p);
        break;

    case KIND_LARGE:
        large_free(pg, p);
        break;

    default:
        panic("xfree: %p was not allocated\n", p);
    }
}

size_t xmalloc_bytes_in_use(void)
{
    return ACCESS_ONCE(bytes_in_use);
}
