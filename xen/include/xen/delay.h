/* SPDX-License-Identifier: GPL-2.0-only */
#ifndef XEN_DELAY_H
#define XEN_DELAY_H

#include <asm/delay.h>

static inline void mdelay(unsigned long msecs)
{
    while ( msecs-- )
        udelay(1000);
}

#endif /* XEN_DELAY_H */
