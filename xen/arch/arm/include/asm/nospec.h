/* SPDX-License-Identifier: GPL-2.0-only */
/* Barriers against speculation. */
#ifndef ARM_NOSPEC_H
#define ARM_NOSPEC_H

/*
 * @index when it is below @size, else 0, computed without a branch: the
 * comparison leaves its borrow in the carry flag, the mask follows from it.
 */
static inline unsigned long array_index_mask_nospec(unsigned long index,
                                                    unsigned long size)
{
    unsigned long mask;

    __asm__ volatile ( "cmp %1, %2\n\tsbc %0, xzr, xzr"
                       : "=r" (mask) : "r" (index), "Ir" (size) : "cc" );
    /* CSDB: no later instruction may use a guessed value of the mask. */
    __asm__ volatile ( "hint #20" ::: "memory" );

    return mask;
}
#define array_index_mask_nospec array_index_mask_nospec

/* Nothing after this runs before everything before it is certain. */
static inline void block_speculation(void)
{
    __asm__ volatile ( "dsb sy\n\tisb" ::: "memory" );
}

#endif /* ARM_NOSPEC_H */
