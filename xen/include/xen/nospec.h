/* SPDX-License-Identifier: GPL-2.0-only */
/* Bounding indices that a guest controls, also under speculation. */
#ifndef XEN_NOSPEC_H
#define XEN_NOSPEC_H

#include <asm/nospec.h>

/* @index if below @size, else 0; even when a branch before it was mispredicted. */
#define array_index_nospec(index, size) ({                              \
    typeof(index) ain_index_ = (index);                                 \
    typeof(size) ain_size_ = (size);                                    \
    (typeof(ain_index_))(ain_index_ &                                   \
        array_index_mask_nospec(ain_index_, ain_size_)); })

#define array_access_nospec(array, index) \
    (array)[array_index_nospec(index, ARRAY_SIZE(array))]

#endif /* XEN_NOSPEC_H */
