/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * The rules of a memory transaction: what may be sent to whom with which flags, attributes and permissions, and who may
 * retrieve it how.
 *
 * Pure: descriptors that ffa_mem_desc.c has accepted in, a verdict out. No lock, no domain, no pages. Whether a borrower
 * exists and may be shared with is asked by the caller; whose the pages are is ffa_mem_pages.c's business.
 * Where implementations differ, the strictest reading counts: docs/memory-sharing.md lists them.
 * For memory of SPs the SPMC judges; here is what would be refused in any case, and what to think of its answer.
 * Spec: DEN0077A 1.2, chapter "Memory management", usage of each field by lender and borrower.
 */
#include <xen/string.h>

#include "ffa_mem.h"

#define ATTR_RESERVED                   GENMASK(15, 7)
#define ATTR_TYPE                       GENMASK(5, 4)
#define PERM_RESERVED                   GENMASK(7, 4)

/* Flags of RETRIEVE_REQ that are taken; time slices and alignment hints are not offered. */
#define RETRIEVE_FLAGS                  (FFA_MEM_ZERO | FFA_MEM_ZERO_AFTER | FFA_MEM_TYPE)

/* NS is for the relayer to set. Shareability 1 and memory type 3 are reserved. */
static bool attributes_valid(uint16_t attributes)
{
    return !(attributes & (ATTR_RESERVED | FFA_MEM_NS)) && (attributes & 3) != 1 && ((attributes >> 4) & 3) != 3;
}

/* Is the kind one where the borrower, the only one, says what it wants? */
static bool borrower_decides(enum ffa_mem_kind kind, unsigned int nr_borrowers)
{
    return kind == FFA_MEM_DONATE || (kind == FFA_MEM_LEND && nr_borrowers == 1);
}

/* ---- Sending ---------------------------------------------------------------------------------------------------- */

static ffa_rc_t judge_attributes(enum ffa_mem_kind kind, const struct ffa_mem_desc *desc)
{
    if ( !attributes_valid(desc->attributes) )
        return FFA_INVALID_PARAMETERS;

    if ( borrower_decides(kind, desc->nr_accesses) )
        return desc->attributes ? FFA_INVALID_PARAMETERS : FFA_OK;

    return desc->attributes == FFA_MEM_NORMAL ? FFA_OK : FFA_DENIED;
}

static bool send_access_valid(enum ffa_mem_kind kind, const struct ffa_mem_access *access)
{
    unsigned int data = access->permissions & FFA_MEM_DATA;

    /* What is executable is the borrower's to say, if at all. */
    if ( (access->permissions & (PERM_RESERVED | FFA_MEM_EXEC)) || access->flags )
        return false;

    return kind == FFA_MEM_DONATE ? !data : data == FFA_MEM_RO || data == FFA_MEM_RW;
}

/*
 * ffa_mem_judge_send - may @caller send what @desc says, as far as the descriptor tells?
 * @buf: the descriptor; its ranges are not looked at
 * @deal: what it comes to; the borrowers in its order
 * Returns: OK; INVALID_PARAMETERS: flags, handle, permissions, attributes, a borrower that is the caller or nobody, DONATE to
 * several; DENIED: another sender, memory that is not what we map.
 */
ffa_rc_t ffa_mem_judge_send(uint16_t caller, enum ffa_mem_kind kind, const void *buf, const struct ffa_mem_desc *desc,
                            struct ffa_mem_deal *deal)
{
    struct ffa_mem_access access;
    uint32_t i;
    ffa_rc_t rc;

    if ( desc->sender != caller )
        return FFA_DENIED;

    /* There is nothing to zero in what the sender keeps. */
    if ( (desc->flags & ~FFA_MEM_ZERO) || (desc->flags && kind == FFA_MEM_SHARE) || desc->handle )
        return FFA_INVALID_PARAMETERS;

    if ( kind == FFA_MEM_DONATE && desc->nr_accesses != 1 )
        return FFA_INVALID_PARAMETERS;

    rc = judge_attributes(kind, desc);
    if ( !ffa_ok(rc) )
        return rc;

    deal->kind = kind;
    deal->owner = caller;
    deal->attributes = desc->attributes;
    deal->flags = desc->flags;
    deal->tag = desc->tag;
    deal->nr_borrowers = desc->nr_accesses;
    deal->nr_sps = 0;

    for ( i = 0; i < desc->nr_accesses; i++ )
    {
        ffa_mem_access(buf, desc, i, &access);
        if ( !send_access_valid(kind, &access) || access.id == caller || access.id == FFA_ID_HYP )
            return FFA_INVALID_PARAMETERS;

        deal->borrower[i] = (struct ffa_borrower){
            .id = access.id, .permissions = access.permissions, .impdef = { access.impdef[0], access.impdef[1] },
        };
        deal->nr_sps += !!(access.id & FFA_ID_SECURE);
    }

    return FFA_OK;
}

/* ---- Retrieving ------------------------------------------------------------------------------------------------- */

static int find_borrower(const struct ffa_mem_deal *deal, uint16_t id)
{
    unsigned int i;

    for ( i = 0; i < deal->nr_borrowers; i++ )
        if ( deal->borrower[i].id == id )
            return i;

    return -ENOENT;
}

/* The list of borrowers, of which one, @own, is the caller. INVALID_PARAMETERS: it is not, or what it says of them is wrong. */
static ffa_rc_t find_own(uint16_t caller, const void *buf, const struct ffa_mem_desc *desc, struct ffa_mem_access *own,
                         unsigned int *index)
{
    struct ffa_mem_access access;
    bool found = false;
    uint32_t i;

    for ( i = 0; i < desc->nr_accesses; i++ )
    {
        ffa_mem_access(buf, desc, i, &access);
        if ( access.id == caller )
        {
            found = true;
            *own = access;
            *index = i;
            if ( access.flags )
                return FFA_INVALID_PARAMETERS;
        }
        else if ( (access.flags & ~FFA_MEM_NOT_RETRIEVING) || access.composite )
            return FFA_INVALID_PARAMETERS;
    }

    return found ? FFA_OK : FFA_INVALID_PARAMETERS;
}

/* ... is all of them, or with BYPASS the caller alone. */
static ffa_rc_t judge_list(uint16_t caller, bool bypass, const void *buf, const struct ffa_mem_desc *desc,
                           const struct ffa_mem_deal *deal, struct ffa_mem_access *own)
{
    struct ffa_mem_access access;
    unsigned int index;
    uint32_t i;
    ffa_rc_t rc = find_own(caller, buf, desc, own, &index);

    if ( !ffa_ok(rc) )
        return rc;

    if ( bypass ? deal->nr_borrowers == 1 || desc->nr_accesses != 1 : desc->nr_accesses != deal->nr_borrowers )
        return FFA_INVALID_PARAMETERS;

    for ( i = 0; i < desc->nr_accesses; i++ )
    {
        ffa_mem_access(buf, desc, i, &access);
        if ( find_borrower(deal, access.id) < 0 )
            return FFA_DENIED;
    }

    return FFA_OK;
}

static uint32_t known_flags(uint32_t version)
{
    return RETRIEVE_FLAGS | (version >= FFA_VERSION_1_2 ? FFA_MEM_BYPASS : 0);
}

static ffa_rc_t judge_retrieve_flags(uint32_t version, const struct ffa_mem_desc *desc, const struct ffa_mem_deal *deal,
                                     bool writable)
{
    uint32_t type = (desc->flags & FFA_MEM_TYPE) >> FFA_MEM_TYPE_SHIFT;

    if ( (desc->flags & ~known_flags(version)) || (type && type != deal->kind) )
        return FFA_INVALID_PARAMETERS;

    /* What is shared is not the borrower's to zero, what is donated is never given up. */
    if ( (desc->flags & (FFA_MEM_ZERO | FFA_MEM_ZERO_AFTER) && deal->kind == FFA_MEM_SHARE) ||
         (desc->flags & FFA_MEM_ZERO_AFTER && deal->kind == FFA_MEM_DONATE) )
        return FFA_INVALID_PARAMETERS;

    if ( (desc->flags & FFA_MEM_ZERO) && !(deal->flags & FFA_MEM_ZERO) )
        return FFA_DENIED;

    return (desc->flags & (FFA_MEM_ZERO | FFA_MEM_ZERO_AFTER)) && !writable ? FFA_DENIED : FFA_OK;
}

/* RO or RW, and not both kinds of execution */
static bool wish_valid(const struct ffa_mem_access *own)
{
    unsigned int data = own->permissions & FFA_MEM_DATA;

    return !(own->permissions & PERM_RESERVED) && (data == FFA_MEM_RO || data == FFA_MEM_RW) &&
           (own->permissions & FFA_MEM_EXEC) != FFA_MEM_EXEC;
}

static ffa_rc_t judge_permissions(const struct ffa_mem_access *own, const struct ffa_mem_deal *deal,
                                  const struct ffa_borrower *borrower)
{
    unsigned int data = own->permissions & FFA_MEM_DATA, exec = own->permissions & FFA_MEM_EXEC;

    if ( !wish_valid(own) )
        return FFA_INVALID_PARAMETERS;

    /* With others beside it nobody is asked: it is never executable. */
    if ( borrower_decides(deal->kind, deal->nr_borrowers) != !!exec )
        return FFA_INVALID_PARAMETERS;

    if ( deal->kind == FFA_MEM_DONATE )
        return FFA_OK;

    if ( exec == FFA_MEM_X )
        return FFA_DENIED;

    return data == FFA_MEM_RW && (borrower->permissions & FFA_MEM_DATA) != FFA_MEM_RW ? FFA_DENIED : FFA_OK;
}

/*
 * ffa_mem_judge_retrieve - may @caller have what @deal is about, in the way that @desc asks for it?
 * @version: of the caller   @deal: found by the handle
 * @index: which borrower the caller is   @permissions: what it gets, complete
 * Returns: OK; INVALID_PARAMETERS: not for this caller, another tag or kind, flags, permissions, implementation-defined
 * bytes, list of borrowers; DENIED: another lender or borrower, more than was granted, other attributes.
 */
ffa_rc_t ffa_mem_judge_retrieve(uint16_t caller, uint32_t version, const void *buf, const struct ffa_mem_desc *desc,
                                const struct ffa_mem_deal *deal, unsigned int *index, uint8_t *permissions)
{
    int found = find_borrower(deal, caller);
    const struct ffa_borrower *borrower;
    struct ffa_mem_access own;
    ffa_rc_t rc;

    /* Before anything else: whom it does not concern learns nothing. */
    if ( found < 0 || desc->tag != deal->tag || !attributes_valid(desc->attributes) )
        return FFA_INVALID_PARAMETERS;

    borrower = &deal->borrower[found];
    if ( desc->sender != deal->owner )
        return FFA_DENIED;

    rc = judge_list(caller, version >= FFA_VERSION_1_2 && (desc->flags & FFA_MEM_BYPASS), buf, desc, deal, &own);
    if ( !ffa_ok(rc) )
        return rc;

    rc = judge_permissions(&own, deal, borrower);
    if ( !ffa_ok(rc) )
        return rc;

    rc = judge_retrieve_flags(version, desc, deal, (own.permissions & FFA_MEM_DATA) == FFA_MEM_RW);
    if ( !ffa_ok(rc) )
        return rc;

    /* No type: "tell me" */
    if ( (desc->attributes & ATTR_TYPE) && desc->attributes != FFA_MEM_NORMAL )
        return FFA_DENIED;

    if ( desc->access_size == FFA_MEM_ACCESS_32 && memcmp(own.impdef, borrower->impdef, sizeof(own.impdef)) )
        return FFA_INVALID_PARAMETERS;

    *index = found;
    *permissions = own.permissions & FFA_MEM_EXEC ? own.permissions : own.permissions | FFA_MEM_NX;

    return FFA_OK;
}

/* ---- Retrieving from SPs: the deal is the SPMC's to know ------------------------------------------------------------- */

/*
 * ffa_mem_judge_wish - may the request @desc of @caller, of @version, for memory of an SP go to the SPMC?
 * @wish: the request as it goes there
 * Returns: OK; INVALID_PARAMETERS: list of borrowers, flags, permissions, attributes; DENIED: what we would not map even if
 * the SP wanted it: executable, other attributes, donations; clearing of what is read-only.
 */
ffa_rc_t ffa_mem_judge_wish(uint16_t caller, uint32_t version, const void *buf, const struct ffa_mem_desc *desc,
                            struct ffa_mem_wish *wish)
{
    struct ffa_mem_access own;
    ffa_rc_t rc = find_own(caller, buf, desc, &own, &wish->own);
    uint32_t i;

    if ( !ffa_ok(rc) )
        return rc;

    if ( !attributes_valid(desc->attributes) || (desc->flags & ~known_flags(version)) || !wish_valid(&own) )
        return FFA_INVALID_PARAMETERS;

    if ( (own.permissions & FFA_MEM_X) || ((desc->attributes & ATTR_TYPE) && desc->attributes != FFA_MEM_NORMAL) ||
         (desc->flags & FFA_MEM_TYPE) >> FFA_MEM_TYPE_SHIFT == FFA_MEM_DONATE )
        return FFA_DENIED;

    if ( (desc->flags & (FFA_MEM_ZERO | FFA_MEM_ZERO_AFTER)) && (own.permissions & FFA_MEM_DATA) != FFA_MEM_RW )
        return FFA_DENIED;

    /* Whose request it is the SPMC learns from the list: it cannot tell from the call. */
    wish->desc = *desc;
    for ( i = 0; i < desc->nr_accesses; i++ )
    {
        ffa_mem_access(buf, desc, i, &wish->access[i]);
        wish->access[i].flags = i == wish->own ? 0 : FFA_MEM_NOT_RETRIEVING;
    }

    return FFA_OK;
}

/*
 * ffa_mem_judge_response - is @desc what an SPMC of @version may answer to @wish, for memory of this @kind?
 * @granted: what the VM gets, complete
 * Returns: OK; DENIED: memory of the secure world, or not normal memory; ABORTED: another lender, handle, tag, kind, no or a
 * greater access, flags.
 */
ffa_rc_t ffa_mem_judge_response(const struct ffa_mem_wish *wish, enum ffa_mem_kind kind, uint32_t version, const void *buf,
                                const struct ffa_mem_desc *desc, struct ffa_mem_access *granted)
{
    const struct ffa_mem_access *own = &wish->access[wish->own];
    uint16_t attributes = FFA_MEM_NORMAL | (version >= FFA_VERSION_1_1 ? FFA_MEM_NS : 0);
    bool found = false;
    uint32_t i;

    /* Some leave the tag out. */
    if ( desc->sender != wish->desc.sender || desc->handle != wish->desc.handle || (desc->tag && desc->tag != wish->desc.tag) ||
         (desc->flags & ~FFA_MEM_ZERO) != kind << FFA_MEM_TYPE_SHIFT )
        return FFA_ABORTED;

    for ( i = 0; i < desc->nr_accesses && !found; i++ )
    {
        ffa_mem_access(buf, desc, i, granted);
        found = granted->id == own->id;
    }
    if ( !found || !wish_valid(granted) || (granted->permissions & FFA_MEM_X) ||
         ((granted->permissions & FFA_MEM_DATA) == FFA_MEM_RW && (own->permissions & FFA_MEM_DATA) != FFA_MEM_RW) )
        return FFA_ABORTED;

    granted->permissions |= FFA_MEM_NX;

    return desc->attributes == attributes ? FFA_OK : FFA_DENIED;
}

/*
 * Local variables:
 * mode: C
 * c-file-style: "BSD"
 * c-basic-offset: 4
 * tab-width: 4
 * indent-tabs-mode: nil
 * End:
 */
