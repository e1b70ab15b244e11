/* SPDX-License-Identifier: BSD-2-Clause */
/* The registers of a call, and the head of a partition's image: what the SPMC and its partitions agree on. */
#ifndef SECURE_REGS_H
#define SECURE_REGS_H

#include <stdint.h>

struct regs {
    uint64_t x[18];
};

/* First bytes of an image. Addresses are the partition's own; each *_end is page aligned but data_end and bss_end. */
struct sp_header {
    uint64_t magic;
    uint16_t id, flags;
    uint32_t properties;
    uint32_t uuid[4];
    uint64_t entry, text_end, rodata_end, data_end, bss_end;
    char name[16];
};
#define SP_MAGIC            0x5053532d50435050UL
#define SP_FLAG_PREEMPTIBLE 1 /* a normal world interrupt ends its turn; else it waits until the partition is done */

#endif /* SECURE_REGS_H */
