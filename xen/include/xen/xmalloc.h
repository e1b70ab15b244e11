/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Allocation of bytes.
 *
 * NULL on failure; array forms refuse a product over UINT_MAX; a size of zero
 * gives ZERO_BLOCK_PTR, which xfree() accepts. From one page up the result is
 * whole, physically contiguous pages. Not in interrupt context.
 */
#ifndef XEN_XMALLOC_H
#define XEN_XMALLOC_H

#include <xen/types.h>
#include <xen/cache.h>
#include <xen/macros.h>
#include <xen/string.h>

#define ZERO_BLOCK_PTR ((void *)-1L)

#define xmalloc(_type) ((_type *)_xmalloc(sizeof(_type), __alignof__(_type)))
#define xzalloc(_type) ((_type *)_xzalloc(sizeof(_type), __alignof__(_type)))

#define xmemdup(ptr) ({                                              \
    typeof(*(ptr)) *p_ = (void *)xmalloc_bytes(sizeof(*p_));         \
    if ( p_ )                                                        \
        memcpy((void *)p_, (ptr), sizeof(*p_));                      \
    p_; })

#define xmalloc_array(_type, _num) \
    ((_type *)_xmalloc_array(sizeof(_type), __alignof__(_type), _num))
#define xzalloc_array(_type, _num) \
    ((_type *)_xzalloc_array(sizeof(_type), __alignof__(_type), _num))

/* A structure whose last member is an array of nr elements. */
#define xmalloc_flex_struct(type, field, nr) \
    ((type *)_xmalloc(offsetof(type, field[nr]), __alignof__(type)))
#define xzalloc_flex_struct(type, field, nr) \
    ((type *)_xzalloc(offsetof(type, field[nr]), __alignof__(type)))

#define xmalloc_bytes(_bytes) _xmalloc(_bytes, SMP_CACHE_BYTES)
#define xzalloc_bytes(_bytes) _xzalloc(_bytes, SMP_CACHE_BYTES)

#define XFREE(p) do {       \
    void *_ptr_ = (p);      \
    (p) = NULL;             \
    xfree(_ptr_);           \
} while ( 0 )

void xfree(void *p);

/* size and align in bytes; align a power of two, at most a page. */
void *_xmalloc(unsigned long size, unsigned long align);
void *_xzalloc(unsigned long size, unsigned long align);

static inline void *_xmalloc_array(unsigned long size, unsigned long align,
                                   unsigned long num)
{
    if ( size && num > UINT_MAX / size )
        return NULL;
    return _xmalloc(size * num, align);
}

static inline void *_xzalloc_array(unsigned long size, unsigned long align,
                                   unsigned long num)
{
    if ( size && num > UINT_MAX / size )
        return NULL;
    return _xzalloc(size * num, align);
}

/* Bytes handed out and not freed, as rounded by the allocator. */
size_t xmalloc_bytes_in_use(void);

#endif /* XEN_XMALLOC_H */
