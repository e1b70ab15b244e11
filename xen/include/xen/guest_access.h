/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Typed copies between us and a guest handle (a guest virtual address in a public structure) of the current vCPU.
 * All return the number of elements/bytes NOT copied, as Xen's do.
 */
#ifndef XEN_GUEST_ACCESS_H
#define XEN_GUEST_ACCESS_H

#include <asm/guest_access.h>

#define guest_handle_is_null(hnd)       ((hnd).p == NULL)
#define guest_handle_add_offset(hnd, nr) ((hnd).p += (nr))
#define guest_handle_cast(hnd, type)    ((XEN_GUEST_HANDLE_PARAM(type)){ (void *)(hnd).p })
#define guest_handle_from_ptr(ptr, type) ((XEN_GUEST_HANDLE_PARAM(type)){ (type *)(ptr) })

#define copy_to_guest_offset(hnd, off, ptr, nr) ({                              \
    const typeof(*(ptr)) *s_ = (ptr);                                           \
    raw_copy_to_guest((hnd).p + (off), s_, sizeof(*s_) * (nr));                 \
})

#define copy_from_guest_offset(ptr, hnd, off, nr) ({                            \
    typeof(*(ptr)) *d_ = (ptr);                                                 \
    raw_copy_from_guest(d_, (hnd).p + (off), sizeof(*d_) * (nr));               \
})

#define copy_to_guest(hnd, ptr, nr)     copy_to_guest_offset(hnd, 0, ptr, nr)
#define copy_from_guest(ptr, hnd, nr)   copy_from_guest_offset(ptr, hnd, 0, nr)
#define __copy_to_guest(hnd, ptr, nr)   copy_to_guest_offset(hnd, 0, ptr, nr)
#define __copy_from_guest(ptr, hnd, nr) copy_from_guest_offset(ptr, hnd, 0, nr)

#endif /* XEN_GUEST_ACCESS_H */
