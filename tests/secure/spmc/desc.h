/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Descriptors of memory transactions, whoever sends the memory: what is where, and the borrowers. Fields are read a byte at a time,
 * for a descriptor may lie at any address.
 */
#ifndef SECURE_SPMC_DESC_H
#define SECURE_SPMC_DESC_H

#include "spmc.h"

#define HEADER_1_0          32u
#define HEADER_1_1          48u
#define COMPOSITE_HEADER    16u
#define RANGE_SIZE          16u
#define ATTRIBUTES          0x2f
#define ATTR_NS             0x40
#define FLAG_ZERO           1u
#define FLAG_ZERO_AFTER     4u
#define FLAG_TYPE           0x18u
#define FLAG_BYPASS         0x400u

#define MAX_BORROWERS       4
_Static_assert(SP_COUNT <= MAX_BORROWERS, "each partition may be one");

enum kind { SHARE = 1, LEND, DONATE };

struct borrowers {
    unsigned int nr;
    struct borrower {
        uint16_t id;
        uint8_t permissions;            /* as the sender gave them */
        uint64_t impdef[2];
        bool retrieved;
        /* A partition (mem.c) */
        uint64_t va;                    /* where it is mapped in its address space */
        /* A VM (lend.c) */
        bool zero_after;
        uint8_t granted;
        uint32_t size;                  /* of the access in the response */
        uint32_t sent;                  /* bytes of the response */
    } to[MAX_BORROWERS];
};

static inline uint64_t get(const uint8_t *p, unsigned int bytes)
{
    uint64_t v = 0;

    while ( bytes-- )
        v = v << 8 | p[bytes];

    return v;
}

static inline void put(uint8_t *p, uint64_t v, unsigned int bytes)
{
    for ( ; bytes--; v >>= 8 )
        *p++ = v;
}

/* @nr accesses of the sender at @p, @size bytes each, that name @composite: false if one is wrong, or not for such a borrower. */
bool borrowers_take(struct borrowers *b, enum kind kind, bool secure, const uint8_t *p, uint32_t size, uint32_t nr,
                    uint32_t composite);
struct borrower *borrower_of(struct borrowers *b, uint16_t id); /* NULL: not one of them */
/* May @b, one of @nr, retrieve with the access at @p, of @size bytes, and @attributes (0: any)? */
int borrower_may(const struct borrower *b, enum kind kind, unsigned int nr, const uint8_t *p, uint32_t size, uint32_t attributes);
unsigned int borrowers_retrieved(const struct borrowers *b);

#endif /* SECURE_SPMC_DESC_H */
