/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Loans: memory that an SP has lent to or shared with a VM, which the SPMC gives us on the VM's behalf.
 *
 * Owns a struct ffa_loan of a borrow (ffa_mem_retrieve.c), and the list of what may be lent at all: memory that the device
 * tree reserves for others (/reserved-memory, no-map), so that it is neither a device nor the hypervisor's nor any domain's.
 * Refuses every answer of the SPMC that names other memory, or says other than what was asked for: it is parsed like a
 * guest's descriptor, from a copy. What an SP donates is refused: memory that the hypervisor does not manage cannot become a
 * domain's RAM.
 * Lock: that of our buffers (ffa_spmc.c), per fragment. The record belongs to the vCPU that takes or returns it.
 * Spec: DEN0077A 1.2, chapter "Memory management", retrieve and relinquish at the physical instance.
 */
#include <xen/device_tree.h>
#include <xen/init.h>
#include <xen/libfdt/libfdt.h>
#include <xen/string.h>
#include <xen/xmalloc.h>

#include "ffa_mem.h"

#define MAX_REGIONS                     16U

/* What may be lent; written at boot */
static struct ffa_mem_range __read_mostly regions[MAX_REGIONS];
static unsigned int __read_mostly nr_regions;

/* ---- What may be lent ------------------------------------------------------------------------------------------- */

/* A number of @cells 32-bit words; more than two cannot be an address of ours. */
static uint64_t __init read_cells(const fdt32_t *p, unsigned int cells)
{
    uint64_t v = 0;

    while ( cells-- )
        v = (v << 32) | fdt32_to_cpu(*p++);

    return v;
}

static void __init add_region(uint64_t base, uint64_t bytes)
{
    if ( !bytes || base + bytes < base || !IS_ALIGNED(base | bytes, (uint64_t)FFA_PAGE_SIZE) ||
         bytes / FFA_PAGE_SIZE > UINT32_MAX || nr_regions == MAX_REGIONS )
        return;

    regions[nr_regions++] = (struct ffa_mem_range){ .base = base, .pages = bytes / FFA_PAGE_SIZE };
    printk(XENLOG_INFO "ffa: SPs may lend 0x%"PRIx64"-0x%"PRIx64"\n", base, base + bytes);
}

/* As far as a node is concerned: does boot keep the hypervisor off what it reserves? Not if it is disabled. */
static bool __init may_lend(const void *fdt, int node)
{
    int len;
    const char *status = fdt_getprop(fdt, node, "status", &len);

    return fdt_getprop(fdt, node, "no-map", NULL) &&
           (!status || (len == 3 && !memcmp(status, "ok", 3)) || (len == 5 && !memcmp(status, "okay", 5)));
}

/*
 * ffa_loan_init - what may be lent: addresses of the machine, hence an empty "ranges". Context: boot, CPU0; the SPMC has been
 * probed.
 */
void __init ffa_loan_init(void)
{
    const void *fdt = device_tree_flattened;
    int parent = fdt_path_offset(fdt, "/reserved-memory"), node, len;
    int a = fdt_address_cells(fdt, parent), s = fdt_size_cells(fdt, parent);

    nr_regions = 0;
    if ( !fdt_getprop(fdt, parent, "ranges", &len) || len || a < 1 || a > 2 || s < 1 || s > 2 || !ffa_mem_spmc_lends() )
        return;

    fdt_for_each_subnode ( node, fdt, parent )
    {
        const fdt32_t *reg = fdt_getprop(fdt, node, "reg", &len);

        if ( !reg || !may_lend(fdt, node) )
            continue;

        for ( ; len >= (a + s) * (int)sizeof(*reg); reg += a + s, len -= (a + s) * sizeof(*reg) )
            add_region(read_cells(reg, a), read_cells(reg + a, s));
    }
}

/* ranges are as ffa_mem_parse() accepts them: none wraps */
static bool may_be_lent(const struct ffa_mem_range *r)
{
    unsigned int i;

    for ( i = 0; i < nr_regions; i++ )
        if ( r->base >= regions[i].base && r->pages <= regions[i].pages &&
             (r->base - regions[i].base) / FFA_PAGE_SIZE <= regions[i].pages - r->pages )
            return true;

    return false;
}

/* ffa_mem_spmc_lends - can VMs get memory of SPs, and give it back? */
bool ffa_mem_spmc_lends(void)
{
    return (ffa_spmc_has(FFA_NR_MEM_RETRIEVE_REQ_32) || ffa_spmc_has(FFA_NR_MEM_RETRIEVE_REQ_64)) &&
           ffa_spmc_has(FFA_NR_MEM_RELINQUISH);
}

/* ---- The SPMC's answer ------------------------------------------------------------------------------------------- */

/* @bytes of our RX. False: that cannot be a fragment of this response. */
static bool take_fragment(struct ffa_loan *loan, uint32_t bytes)
{
    bool fine = bytes && IS_ALIGNED(bytes, 16U) && bytes <= FFA_PAGE_SIZE && bytes <= loan->total - loan->have;

    if ( fine )
    {
        memcpy(loan->response + loan->have, ffa_spmc_rx(), bytes);
        loan->have += bytes;
    }

    return fine;
}

/* After any answer but an error there may be something in our RX, which the next one needs; the SPMC knows. */
static void release_rx(const struct ffa_regs *answer)
{
    if ( answer->x[0] != FFA_FID(ERROR) && answer->x[0] != UINT32_MAX )
        ffa_spmc_simple(FFA_FID(RX_RELEASE), 0, 0, 0, 0, NULL);
}

/* RETRIEVE_REQ. ABORTED: an answer without sense; the SPMC's error: it holds nothing against the VM. */
static ffa_rc_t request(struct ffa_loan *loan, const struct ffa_mem_out *m)
{
    uint32_t bytes = ffa_mem_emit_size(m);
    struct ffa_regs regs;
    bool fine = false;

    ffa_mem_emit(ffa_spmc_tx_acquire(), FFA_PAGE_SIZE, m, 0);
    ffa_regs_set(&regs, ffa_spmc_has(FFA_NR_MEM_RETRIEVE_REQ_64) ? FFA_FID(MEM_RETRIEVE_REQ_64)
                                                                 : FFA_FID(MEM_RETRIEVE_REQ_32), bytes, bytes, 0, 0);
    loan->at_spmc = true;
    ffa_spmc_call(&regs);
    if ( regs.x[0] == FFA_FID(MEM_RETRIEVE_RESP) )
    {
        loan->total = regs.x[1];
        fine = take_fragment(loan, regs.x[2]);
    }
    release_rx(&regs);
    ffa_spmc_tx_release();

    if ( regs.x[0] == FFA_FID(ERROR) || regs.x[0] == UINT32_MAX )
    {
        loan->at_spmc = false;
        return ffa_spmc_status(&regs);
    }

    return fine ? FFA_OK : FFA_ABORTED;
}

/* The next fragment of the response */
static bool more(struct ffa_ctx *ctx, struct ffa_loan *loan)
{
    struct ffa_regs regs;
    bool fine = false;

    ffa_spmc_tx_acquire();
    ffa_regs_set(&regs, FFA_FID(MEM_FRAG_RX), (uint32_t)loan->handle, loan->handle >> 32, loan->have,
                 (uint32_t)ctx->vm_id << 16);
    ffa_spmc_call(&regs);
    if ( regs.x[0] == FFA_FID(MEM_FRAG_TX) )
        fine = take_fragment(loan, regs.x[3]) && ffa_mem_handle(&regs, 1) == loan->handle;
    release_rx(&regs);
    ffa_spmc_tx_release();

    return fine;
}

/* All of the response, which is at most as long as a descriptor of a VM */
static ffa_rc_t collect(struct ffa_ctx *ctx, struct ffa_loan *loan, const struct ffa_mem_out *m)
{
    uint8_t *whole;
    ffa_rc_t rc;

    loan->response = xmalloc_array(uint8_t, FFA_PAGE_SIZE);
    if ( !loan->response )
        return FFA_NO_MEMORY;

    rc = request(loan, m);
    if ( !ffa_ok(rc) || loan->total == loan->have )
        return rc;

    if ( loan->total > ffa_mem_max_bytes() || !ffa_spmc_has(FFA_NR_MEM_FRAG_RX) )
        return FFA_ABORTED;

    if ( loan->total > FFA_PAGE_SIZE )
    {
        whole = xmalloc_array(uint8_t, loan->total);
        if ( !whole )
            return FFA_NO_MEMORY;
        memcpy(whole, loan->response, loan->have);
        xfree(loan->response);
        loan->response = whole;
    }

    while ( loan->have < loan->total )
    {
        /* On the record: this vCPU may be stopped for ever. */
        ffa_mem_breathe();
        if ( !more(ctx, loan) )
            return FFA_ABORTED;
    }

    return FFA_OK;
}

/* The ranges of a response that has been judged. DENIED: not memory that may be lent. */
static ffa_rc_t take_ranges(struct ffa_loan *loan, const struct ffa_mem_desc *desc)
{
    struct ffa_mem_range *ranges = xmalloc_array(struct ffa_mem_range, desc->nr_ranges);
    ffa_rc_t rc = FFA_OK;
    uint32_t i;

    if ( !ranges )
        return FFA_NO_MEMORY;

    for ( i = 0; i < desc->nr_ranges; i++ )
    {
        ffa_mem_range(loan->response, desc, i, &ranges[i]);
        if ( !may_be_lent(&ranges[i]) )
            rc = FFA_DENIED;
    }
    loan->pages = (struct ffa_mem_pages){
        .ranges = ranges, .nr_ranges = desc->nr_ranges, .max_ranges = desc->nr_ranges, .nr_pages = desc->nr_pages,
    };

    return rc;
}

/* One try: the memory is of this @kind */
static ffa_rc_t try_kind(struct ffa_ctx *ctx, struct ffa_loan *loan, const struct ffa_mem_wish *wish, enum ffa_mem_kind kind,
                         struct ffa_mem_access *granted)
{
    struct ffa_mem_out m = {
        .version = ffa_spmc_version(),
        .access_size = wish->wide ? FFA_MEM_ACCESS_32 : FFA_MEM_ACCESS_16,
        .sender = wish->desc.sender, .attributes = wish->desc.attributes,
        .flags = (wish->desc.flags & ~FFA_MEM_TYPE) | (kind << FFA_MEM_TYPE_SHIFT),
        .handle = wish->desc.handle, .tag = wish->desc.tag,
        .access = wish->access, .nr_accesses = wish->desc.nr_accesses,
    };
    struct ffa_mem_desc desc;
    ffa_rc_t rc = collect(ctx, loan, &m);

    if ( ffa_ok(rc) && !ffa_mem_parse(loan->response, loan->total, ffa_spmc_version(), &desc) )
        rc = FFA_ABORTED;
    if ( ffa_ok(rc) )
        rc = ffa_mem_judge_response(wish, kind, ffa_spmc_version(), loan->response, &desc, granted);
    if ( ffa_ok(rc) )
        rc = take_ranges(loan, &desc);
    XFREE(loan->response);
    loan->total = loan->have = 0;

    return rc;
}

/*
 * ffa_loan_take - ask the SPMC for what @wish names, a request of the VM that ffa_mem_judge_wish() has accepted
 * @kind, @granted: what it is. With ->pages it is the caller's then, until ffa_loan_return().
 * Returns: OK; the SPMC's error; NOT_SUPPORTED: it cannot; DENIED: memory that is not to be lent, or not such memory; ABORTED:
 * an answer without sense. After an error ->at_spmc says whether ffa_loan_return() is due.
 * Context: trap of a vCPU, no lock held; other vCPUs may run meanwhile.
 */
ffa_rc_t ffa_loan_take(struct ffa_ctx *ctx, struct ffa_loan *loan, struct ffa_mem_wish *wish, enum ffa_mem_kind *kind,
                       struct ffa_mem_access *granted)
{
    enum ffa_mem_kind said = (wish->desc.flags & FFA_MEM_TYPE) >> FFA_MEM_TYPE_SHIFT;
    ffa_rc_t rc;
    uint32_t i;

    if ( !ffa_mem_spmc_lends() )
        return FFA_NOT_SUPPORTED;

    wish->wide = wish->desc.access_size == FFA_MEM_ACCESS_32 && ffa_spmc_version() >= FFA_VERSION_1_2;
    for ( i = 0; i < wish->desc.nr_accesses && !wish->wide; i++ )
        if ( wish->access[i].impdef[0] || wish->access[i].impdef[1] )
            return FFA_NOT_SUPPORTED;

    /* Who does not say what it is shall not get a donation. */
    loan->handle = wish->desc.handle;
    *kind = said ?: FFA_MEM_SHARE;
    rc = try_kind(ctx, loan, wish, *kind, granted);
    if ( !said && ffa_is(rc, FFA_INVALID_PARAMETERS) )
    {
        *kind = FFA_MEM_LEND;
        rc = try_kind(ctx, loan, wish, *kind, granted);
    }
    if ( ffa_is(rc, FFA_ABORTED) )
        FFA_COUNT(ctx, loan_bad);

    return rc;
}

/*
 * ffa_loan_return - RELINQUISH: the VM has it no more
 * @flags: FFA_MEM_ZERO, or 0
 * Returns: OK, also if the SPMC does not know it: it has let go by itself. Anything else: it refuses, again later.
 * Context: no lock held; the memory is not mapped.
 */
ffa_rc_t ffa_loan_return(struct ffa_ctx *ctx, struct ffa_loan *loan, uint32_t flags)
{
    uint8_t *tx;
    ffa_rc_t rc;

    if ( !loan->at_spmc )
        return FFA_OK;

    tx = ffa_spmc_tx_acquire();
    memset(tx, 0, FFA_MEM_RELINQUISH_BYTES);
    ffa_put_le(tx, loan->handle, 8);
    ffa_put_le(tx + 8, flags, 4);
    ffa_put_le(tx + 12, 1, 4);
    ffa_put_le(tx + 16, ctx->vm_id, 2);
    rc = ffa_spmc_simple(FFA_FID(MEM_RELINQUISH), 0, 0, 0, 0, NULL);
    ffa_spmc_tx_release();

    if ( ffa_is(rc, FFA_INVALID_PARAMETERS) )
        rc = FFA_OK;
    if ( ffa_ok(rc) )
        loan->at_spmc = false;
    else
        FFA_COUNT(ctx, loan_kept);

    return rc;
}

/* ffa_loan_free - what belongs to the record. Its memory is neither mapped nor held, or nobody wants it back. */
void ffa_loan_free(struct ffa_loan *loan)
{
    xfree(loan->response);
    xfree(loan->pages.ranges);
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
