/* SPDX-License-Identifier: BSD-2-Clause */
/* Borrowers of memory: see desc.h. */
#include "desc.h"

struct borrower *borrower_of(struct borrowers *b, uint16_t id)
{
    unsigned int i;

    for ( i = 0; i < b->nr; i++ )
        if ( b->to[i].id == id )
            return &b->to[i];

    return NULL;
}

unsigned int borrowers_retrieved(const struct borrowers *b)
{
    unsigned int i, n = 0;

    for ( i = 0; i < b->nr; i++ )
        n += b->to[i].retrieved;

    return n;
}

bool borrowers_take(struct borrowers *b, enum kind kind, bool secure, const uint8_t *p, uint32_t size, uint32_t nr,
                    uint32_t composite)
{
    for ( ; nr; nr--, p += size )
    {
        struct borrower new = { .id = get(p, 2), .permissions = p[2] };

        if ( size == 32 )
        {
            new.impdef[0] = get(p + 8, 8);
            new.impdef[1] = get(p + 16, 8);
        }
        if ( p[3] || get(p + size - 8, 8) || get(p + 4, 4) != composite || borrower_of(b, new.id) ||
             (secure ? !sp_find(new.id) : is_secure(new.id) || !new.id) )
            return false;
        if ( kind == DONATE ? new.permissions : new.permissions != 1 && new.permissions != 2 )
            return false;
        b->to[b->nr++] = new;
    }

    return true;
}

int borrower_may(const struct borrower *b, enum kind kind, unsigned int nr, const uint8_t *p, uint32_t size, uint32_t attributes)
{
    /* Who is alone, and not shared with, says that it will not execute what is not secure memory. */
    uint8_t access = p[2] & 3, exec = kind == DONATE || (kind == LEND && nr == 1) ? 4 : 0;

    if ( (p[2] & 0xfc) != exec || !access || access == 3 )
        return FFA_INVALID;
    if ( size == 32 && (get(p + 8, 8) != b->impdef[0] || get(p + 16, 8) != b->impdef[1]) )
        return FFA_INVALID;
    if ( b->retrieved || (access == 2 && kind != DONATE && b->permissions != 2) || (attributes && attributes != ATTRIBUTES) )
        return FFA_DENIED;

    return 0;
}
