/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Allocation of bytes that need not be physically contiguous: the family to
 * prefer. Below a page it is xmalloc(); above, pages mapped one by one.
 * Everything from here is freed with xvfree().
 */
#ifndef XEN_XVMALLOC_H
#define XEN_XVMALLOC_H

#include <xen/xmalloc.h>

#define xvmalloc(_type) ((typeof(_type) *)_xvmalloc(sizeof(_type), __alignof__(_type)))
#define xvzalloc(_type) ((typeof(_type) *)_xvzalloc(sizeof(_type), __alignof__(_type)))

#define xvmemdup(ptr) ({                                             \
    typeof(*(ptr)) *p_ = (void *)_xvmalloc(sizeof(*p_),              \
                                           __alignof__(*p_));        \
    if ( p_ )                                                        \
        memcpy((void *)p_, (ptr), sizeof(*p_));                      \
    p_; })

#define xvmalloc_array(_type, _num) \
    ((typeof(_type) *)_xvmalloc_array(sizeof(_type), __alignof__(_type), _num))
#define xvzalloc_array(_type, _num) \
    ((typeof(_type) *)_xvzalloc_array(sizeof(_type), __alignof__(_type), _num))

#define xvmalloc_flex_struct(type, field, nr) \
    ((type *)_xvmalloc(offsetof(type, field[nr]), __alignof__(type)))
#define xvzalloc_flex_struct(type, field, nr) \
    ((type *)_xvzalloc(offsetof(type, field[nr]), __alignof__(type)))

#define xvmalloc_bytes(_bytes) _xvmalloc(_bytes, SMP_CACHE_BYTES)
#define xvzalloc_bytes(_bytes) _xvzalloc(_bytes, SMP_CACHE_BYTES)

#define XVFREE(p) do {      \
    void *_ptr_ = (p);      \
    (p) = NULL;             \
    xvfree(_ptr_);          \
} while ( 0 )

void xvfree(void *va);

void *_xvmalloc(size_t size, unsigned int align);
void *_xvzalloc(size_t size, unsigned int align);

static inline void *_xvmalloc_array(size_t size, unsigned int align,
                                    unsigned long num)
{
    if ( size && num > UINT_MAX / size )
        return NULL;
    return _xvmalloc(size * num, align);
}

static inline void *_xvzalloc_array(size_t size, unsigned int align,
                                    unsigned long num)
{
    if ( size && num > UINT_MAX / size )
        return NULL;
    return _xvzalloc(size * num, align);
}

#endif /* XEN_XVMALLOC_H */
