/* SPDX-License-Identifier: GPL-2.0-only */
/* Data cache maintenance by address, and whole pages. Leaf functions: any context. */
#include <asm/config.h>
#include <xen/page-size.h>

/* \op on each line of [x0, x0 + x1); the size in x1 may be 0 */
.macro dcache_by_line op
        cbz     x1, 2f
        mrs     x3, ctr_el0
        ubfx    x3, x3, #16, #4
        mov     x2, #4
        lsl     x2, x2, x3
        add     x1, x0, x1
        sub     x3, x2, #1
        bic     x0, x0, x3
        sub     x3, x1, x0
        cmp     x3, x2, lsl #4
        b.lo    1f
3:                                      /* sixteen lines at a time, while there are as many */
        .rept   16
        dc      \op, x0
        add     x0, x0, x2
        .endr
        sub     x3, x1, x0
        cmp     x3, x2, lsl #4
        b.hs    3b
        cbz     x3, 2f
1:      dc      \op, x0
        add     x0, x0, x2
        cmp     x0, x1
        b.lo    1b
2:      dsb     sy
        ret
.endm

        .section ".text.cache", "ax"

/* void clean_dcache_va_range(const void *p, unsigned long size) */
ENTRY(clean_dcache_va_range)
        dcache_by_line cvac
END(clean_dcache_va_range)

/*
 * void invalidate_dcache_va_range(const void *p, unsigned long size)
 * Lines only partly in the range hold somebody else's data: those are cleaned as well.
 */
ENTRY(invalidate_dcache_va_range)
        cbz     x1, 4f
        mrs     x3, ctr_el0
        ubfx    x3, x3, #16, #4
        mov     x2, #4
        lsl     x2, x2, x3
        add     x1, x0, x1
        sub     x3, x2, #1
        tst     x1, x3
        bic     x1, x1, x3
        b.eq    1f
        dc      civac, x1
1:      tst     x0, x3
        bic     x0, x0, x3
        b.eq    2f
        dc      civac, x0
        add     x0, x0, x2
2:      cmp     x0, x1
        b.hs    4f
3:      dc      ivac, x0
        add     x0, x0, x2
        cmp     x0, x1
        b.lo    3b
4:      dsb     sy
        ret
END(invalidate_dcache_va_range)

/* void clean_and_invalidate_dcache_va_range(const void *p, unsigned long size) */
ENTRY(clean_and_invalidate_dcache_va_range)
        dcache_by_line civac
END(clean_and_invalidate_dcache_va_range)

/* void clear_page(void *page) */
ENTRY(clear_page)
        mrs     x1, dczid_el0
        tbnz    w1, #4, 2f              /* DC ZVA prohibited */
        and     w1, w1, #0xf
        mov     x2, #4
        lsl     x2, x2, x1
        add     x3, x0, #PAGE_SIZE
        cmp     w1, #7
        b.hi    1f                      /* blocks of more than 512 bytes: fewer than eight in a page */
4:
        .rept   8
        dc      zva, x0
        add     x0, x0, x2
        .endr
        cmp     x0, x3
        b.lo    4b
        ret
1:      dc      zva, x0
        add     x0, x0, x2
        cmp     x0, x3
        b.lo    1b
        ret
2:      add     x3, x0, #PAGE_SIZE
3:      stp     xzr, xzr, [x0], #16
        stp     xzr, xzr, [x0], #16
        stp     xzr, xzr, [x0], #16
        stp     xzr, xzr, [x0], #16
        cmp     x0, x3
        b.lo    3b
        ret
END(clear_page)

/* void copy_page(void *to, const void *from) */
ENTRY(copy_page)
        add     x2, x1, #PAGE_SIZE
1:      ldp     x3, x4, [x1], #16
        ldp     x5, x6, [x1], #16
        stp     x3, x4, [x0], #16
        stp     x5, x6, [x0], #16
        cmp     x1, x2
        b.lo    1b
        ret
END(copy_page)
