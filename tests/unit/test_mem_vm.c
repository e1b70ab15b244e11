/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * ffa_mem_*.c, ffa_shm.c between VMs: what is lent goes and comes back, what is donated changes its owner, and whoever dies
 * wherever, no page has two owners and no reference is left.
 */
#include "world.h"

#define MAP 0xc4000066U
#define RELEASE 0x84000065U
#define RETRIEVE 0xc4000074U
#define RELINQUISH 0x84000076U
#define RECLAIM 0x84000077U
#define IPA(page) ((uint64_t)(page) << 12)

#define FIRST 16U                       /* the lender's pages */
#define NR 600U
#define LENDER_TX 2U
#define BORROWER_TX 4U
#define AT 0x100000U                    /* where the borrower wants them: a frame */

static const uint32_t fids[] = { 0, 0xc4000073U, 0xc4000072U, 0xc4000071U };
static struct domain *lender, *borrower;
static uint64_t handle;

static unsigned int refs(void) { return shim_refs(FIRST, NR); }

static unsigned int mapped(struct domain *d, uint64_t gfn)
{
    unsigned int i, n = 0;

    for ( i = 0; i < d->p2m.nr; i++ )
        n += d->p2m.map[i].gfn >= gfn && d->p2m.map[i].gfn < gfn + NR && d->p2m.map[i].page;
    return n;
}

/* Frames of the lender that are not where they were */
static unsigned int missing(void)
{
    unsigned int i, n = 0;

    for ( i = 0; i < lender->p2m.nr; i++ )
        n += !lender->p2m.map[i].page || lender->p2m.map[i].page != &shim_page[lender->p2m.map[i].gfn];
    return n;
}

static struct domain *vm(domid_t id, unsigned int tx)
{
    struct domain *d = vm_create(id, 1);

    INIT_LIST_HEAD(&d->page_list);
    d->max_pages = 2 * NR;
    vm_version(d, FFA_VERSION_1_2);
    vm_do(d, MAP, IPA(tx), IPA(tx + 1), 1, 0, 0);
    assert_ffa_ok();
    return d;
}

static int booted(void **state)
{
    unsigned int i;

    world_reset();
    world_boot();
    lender = vm(1, LENDER_TX);
    borrower = vm(2, BORROWER_TX);
    for ( i = FIRST; i < FIRST + NR; i++ )
    {
        shim_page[i].domain = lender;
        list_add_tail(&shim_page[i].list, &lender->page_list);
    }
    lender->tot_pages = NR;
    return 0;
}

static int gone(void **state)
{
    if ( lender )
        vm_destroy(lender);
    if ( borrower )
        vm_destroy(borrower);
    assert_int_equal(refs(), 0);
    return 0;
}

static uint32_t write_desc(unsigned int tx, enum ffa_mem_kind kind, uint16_t to, uint32_t perm, uint64_t h, uint32_t flags,
                           uint64_t gfn, uint32_t nr)
{
    struct ffa_mem_range range = { gfn << 12, nr };
    struct ffa_mem_access access = { to, perm, 0, { 0, 0 } };
    struct ffa_mem_out m = {
        .version = FFA_VERSION_1_2, .access_size = 16, .sender = 2, .attributes = !h && kind == FFA_MEM_SHARE ? 0x2f : 0,
        .flags = flags, .handle = h, .access = &access, .nr_accesses = 1, .ranges = &range, .nr_ranges = 1, .nr_pages = nr,
    };

    return ffa_mem_emit(shim_page[tx].bytes, 4096, &m, 0);
}

static int64_t status(void)
{
    return (uint32_t)call_regs.x[0] == FFA_FID(ERROR) ? (int64_t)call_regs.x[2] : 0;
}

static int64_t send(enum ffa_mem_kind kind, uint32_t flags)
{
    uint32_t bytes = write_desc(LENDER_TX, kind, 3, kind == FFA_MEM_DONATE ? 0 : 2, 0, flags, FIRST, NR);

    vm_do(lender, fids[kind], bytes, bytes, 0, 0, 0);
    handle = call_regs.x[2] | call_regs.x[3] << 32;
    return status();
}

/* To an SP, which retrieves it: the SPMC has no use for the handle any more. */
static void donate_to_sp(void)
{
    uint32_t bytes = write_desc(LENDER_TX, FFA_MEM_DONATE, SP_ECHO, 0, 0, 0, FIRST, NR);

    vm_do(lender, fids[FFA_MEM_DONATE], bytes, bytes, 0, 0, 0);
    assert_ffa_ok();
    handle = call_regs.x[2] | call_regs.x[3] << 32;
    lender->refs = 1;                   /* its pages hold it */
}

static int64_t retrieve(enum ffa_mem_kind kind, uint32_t flags)
{
    uint32_t bytes = write_desc(BORROWER_TX, kind, 3, 2 | (kind == FFA_MEM_SHARE ? 0 : 4), handle, flags, AT, NR);

    vm_do(borrower, RETRIEVE, bytes, bytes, 0, 0, 0);
    return status();
}

static int64_t release(void)
{
    vm_do(borrower, RELEASE, 0, 0, 0, 0, 0);
    return status();
}

static int64_t relinquish(uint32_t flags)
{
    uint8_t *tx = shim_page[BORROWER_TX].bytes;

    ffa_put_le(tx, handle, 8);
    ffa_put_le(tx + 8, flags, 4);
    ffa_put_le(tx + 12, 1, 4);
    ffa_put_le(tx + 16, 3, 2);
    vm_do(borrower, RELINQUISH, 0, 0, 0, 0, 0);
    return status();
}

static int64_t reclaim(void)
{
    vm_do(lender, RECLAIM, (uint32_t)handle, handle >> 32, 0, 0, 0);
    return status();
}

static void lend__there_and_back__every_reference_accounted_for(void **state)
{
    enum ffa_mem_kind kind;

    for ( kind = FFA_MEM_SHARE; kind <= FFA_MEM_LEND; kind++ )
    {
        assert_int_equal(send(kind, 0), 0);
        assert_true(handle >> 63 && ((handle >> 48) & 0x7fff) == 2);
        assert_int_equal(refs(), NR);
        assert_int_equal(missing(), kind == FFA_MEM_LEND ? NR : 0);
        assert_int_equal(retrieve(kind, 0), 0);
        assert_int_equal(call_regs.x[0], FFA_FID(MEM_RETRIEVE_RESP));
        assert_int_equal(mapped(borrower, AT), NR);
        assert_int_equal(refs(), 2 * NR);
        assert_int_equal(retrieve(kind, 0), -6);
        assert_int_equal(release(), 0);
        assert_int_equal(reclaim(), -6);
        assert_int_equal(relinquish(0), 0);
        assert_int_equal(mapped(borrower, AT), 0);
        assert_int_equal(refs(), NR);
        assert_int_equal(reclaim(), 0);
        assert_int_equal(refs() + missing(), 0);
        assert_int_equal(reclaim(), -2);
    }
}

/* Of the pages of the lender: which was cleaned least often since the last time? */
static unsigned int cleaned(void)
{
    unsigned int i, least = ~0U;

    for ( i = FIRST; i < FIRST + NR; i++ )
    {
        least = min(least, shim_page[i].cleaned);
        shim_page[i].cleaned = 0;
        memset(shim_page[i].bytes, 0x5a, sizeof(shim_page[i].bytes));
    }
    return least;
}

/* The next to see the page may do so with caches off. */
static void lend__zeroed_at_each_turn__as_far_as_ram(void **state)
{
    assert_int_equal(cleaned(), 0);
    assert_int_equal(send(FFA_MEM_LEND, 1), 0);
    assert_int_equal(cleaned(), 1);
    assert_int_equal(retrieve(FFA_MEM_LEND, 1), 0);
    assert_int_equal(cleaned(), 1);
    assert_int_equal(release(), 0);
    assert_int_equal(relinquish(1), 0);
    assert_int_equal(cleaned(), 1);
    vm_do(lender, RECLAIM, (uint32_t)handle, handle >> 32, 1, 0, 0);
    assert_int_equal(status(), 0);
    assert_int_equal(cleaned(), 1);
    assert_int_equal(send(FFA_MEM_LEND, 0), 0);
    assert_int_equal(reclaim(), 0);
    assert_int_equal(cleaned(), 0);
}

static void donate__the_pages_are_the_borrowers(void **state)
{
    unsigned int i;

    borrower->max_pages = NR - 1;
    assert_int_equal(send(FFA_MEM_DONATE, 0), 0);
    assert_int_equal(retrieve(FFA_MEM_DONATE, 0), -3);
    assert_int_equal(borrower->tot_pages, 0);
    assert_int_equal(mapped(borrower, AT), 0);
    borrower->max_pages = NR;
    assert_int_equal(retrieve(FFA_MEM_DONATE, 0), 0);
    assert_int_equal(refs(), 0);
    assert_int_equal(lender->tot_pages, 0);
    assert_int_equal(borrower->tot_pages, NR);
    assert_int_equal(mapped(borrower, AT), NR);
    for ( i = FIRST; i < FIRST + NR; i++ )
        assert_ptr_equal(shim_page[i].domain, borrower);
    assert_int_equal(reclaim(), -2);
    /* The pages hold their owners. */
    lender->refs += 1;
    borrower->refs -= 1;
}

static void lend__a_page_that_somebody_else_has__denied_and_all_is_back(void **state)
{
    shim_page[FIRST + 300].refs++;
    shim_page[FIRST + 300].count_info++;
    assert_int_equal(send(FFA_MEM_LEND, 0), -6);
    assert_int_equal(send(FFA_MEM_DONATE, 0), -6);
    assert_int_equal(missing(), 0);
    assert_int_equal(refs(), 1);
    assert_int_equal(send(FFA_MEM_SHARE, 0), 0);
    assert_int_equal(reclaim(), 0);
    put_page(&shim_page[FIRST + 300]);
}

static void lend__no_table_for_stage_2__undone(void **state)
{
    unsigned int room;

    for ( room = 1; room < NR; room += 37 )
    {
        lender->p2m.room = room;
        assert_int_equal(send(FFA_MEM_LEND, 0), -3);
        lender->p2m.room = 0;
        assert_int_equal(missing() + refs(), 0);
    }
    assert_int_equal(send(FFA_MEM_LEND, 0), 0);
    for ( room = 1; room < NR; room += 37 )
    {
        borrower->p2m.room = room;
        assert_int_equal(retrieve(FFA_MEM_LEND, 0), -3);
        borrower->p2m.room = 0;
        assert_int_equal(mapped(borrower, AT), 0);
        assert_int_equal(refs(), NR);
    }
    assert_int_equal(reclaim(), 0);
}

static void no_memory__anywhere__undone(void **state)
{
    unsigned int n, fails;

    for ( n = 1, fails = 1; fails; n++ )
    {
        shim_alloc_fails = n;
        fails = send(FFA_MEM_LEND, 0) != 0;
        shim_alloc_fails = 0;
        if ( fails )
            assert_int_equal(missing() + refs(), 0);
    }
    for ( n = 1, fails = 1; fails; n++ )
    {
        shim_alloc_fails = n;
        fails = retrieve(FFA_MEM_LEND, 0) != 0;
        shim_alloc_fails = 0;
        if ( fails )
            assert_int_equal(mapped(borrower, AT) + refs(), NR);
    }
    assert_int_equal(relinquish(0) + reclaim(), 0);
}

/* ---- a vCPU that is stopped for ever in the n-th breath ---- */

static jmp_buf stopped;
static unsigned int breaths;

static void breath(void)
{
    if ( !--breaths )
        longjmp(stopped, 1);
}

/* All of a transaction up to the n-th breath; true: it ended before. */
static bool transaction(enum ffa_mem_kind kind, unsigned int n)
{
    breaths = n;
    shim_softirq = breath;
    if ( setjmp(stopped) )
    {
        shim_softirq = NULL;
        shim_current = NULL;
        assert_int_equal(shim_locks, 0);
        return false;
    }
    send(kind, kind == FFA_MEM_SHARE ? 0 : 1);
    retrieve(kind, kind == FFA_MEM_LEND ? 4 : 0);
    release();
    relinquish(0);
    reclaim();
    shim_softirq = NULL;

    return true;
}

/* The stage 2 of a dead domain goes, and what it holds */
static void stage_2_goes(struct domain *d)
{
    unsigned int i;

    for ( i = 0; i < d->p2m.nr; i++ )
        if ( d->p2m.map[i].page && !p2m_is_ram(d->p2m.map[i].type) )
        {
            put_page(d->p2m.map[i].page);
            d->p2m.map[i].page = NULL;
        }
}

static void die(struct domain **d)
{
    vm_die(*d);
    vm_gone(*d, SECONDS(20));
    stage_2_goes(*d);
}

static void deaths(enum ffa_mem_kind kind, bool lender_first)
{
    unsigned int n;
    bool ended = false;

    for ( n = 1; !ended; n++ )
    {
        unsigned int i, owned[2] = { 0, 0 };
        struct domain *l, *b;

        ended = transaction(kind, n);
        l = lender;
        b = borrower;
        die(lender_first ? &lender : &borrower);
        /* The other one goes on, as far as it gets. */
        if ( lender_first )
            relinquish(0);
        else
            reclaim();
        die(lender_first ? &borrower : &lender);
        assert_int_equal(refs(), 0);
        for ( i = FIRST; i < FIRST + NR; i++ )
        {
            owned[0] += shim_page[i].domain == l;
            owned[1] += shim_page[i].domain == b;
        }
        assert_int_equal(owned[0] + owned[1], NR);
        assert_int_equal(l->tot_pages, owned[0]);
        assert_int_equal(b->tot_pages, owned[1]);
        l->refs = b->refs = 0;
        vm_bury(l);
        vm_bury(b);
        booted(NULL);
    }
    assert_true(n > 4);
}

static void death__at_every_breath_of_a_share(void **state)
{
    deaths(FFA_MEM_SHARE, true);
    deaths(FFA_MEM_SHARE, false);
}

static void death__at_every_breath_of_a_lend(void **state)
{
    deaths(FFA_MEM_LEND, true);
    deaths(FFA_MEM_LEND, false);
}

static void death__at_every_breath_of_a_donation(void **state)
{
    deaths(FFA_MEM_DONATE, true);
    deaths(FFA_MEM_DONATE, false);
}

/* The borrower dies while pages become its own, the giver lives on: it has no memory with holes, but none of it any more. */
static void death__of_the_receiver_of_half_a_donation__it_is_nobodys(void **state)
{
    unsigned int i, n, its, halves = 0;
    bool ended = false;

    for ( n = 1; !ended; n++ )
    {
        ended = transaction(FFA_MEM_DONATE, n);
        for ( i = FIRST, its = 0; i < FIRST + NR; i++ )
            its += shim_page[i].domain == borrower;
        die(&borrower);
        if ( its && its < NR )
        {
            halves++;
            assert_int_equal(reclaim(), -2);
            assert_int_equal(refs(), 0);
            for ( i = FIRST; i < FIRST + NR; i++ )
                assert_false(shim_page[i].count_info & PGC_allocated);
        }
        else if ( !reclaim() )
            assert_int_equal(missing() + refs(), 0);
        die(&lender);
        assert_int_equal(refs(), 0);
        lender->refs = borrower->refs = 0;
        vm_bury(lender);
        vm_bury(borrower);
        booted(NULL);
    }
    assert_int_equal(halves, 2);                /* after 256 and after 512 */
}

/* ---- what another CPU does between any two steps: where one has given up its locks ---- */

static void (*meanwhile)(void);
static unsigned int unlocks;
static int64_t reclaimed, retrieved, relinquished;

static void step(void)
{
    struct cpu_user_regs regs = call_regs;
    struct vcpu *v = shim_current;

    if ( --unlocks )
        return;
    shim_unlocked = NULL;
    meanwhile();
    shim_current = v;
    call_regs = regs;
}

/* @second after the n-th step of @first; true: that had fewer. */
static bool interleaved(void (*first)(void), void (*second)(void), unsigned int n)
{
    bool fewer;

    meanwhile = second;
    unlocks = n;
    shim_unlocked = step;
    first();
    fewer = shim_unlocked != NULL;
    shim_unlocked = NULL;
    if ( fewer )
        second();

    return fewer;
}

static void goes(struct domain *d)
{
    vm_gone(d, SECONDS(20));
    stage_2_goes(d);
}

static void lender_goes(void) { goes(lender); }
static void lender_dies(void) { die(&lender); }
static void borrower_gives_up(void) { relinquished = relinquish(0); }
static void borrower_takes(void) { retrieved = retrieve(FFA_MEM_DONATE, 0); }
static void lender_reclaims(void) { reclaimed = reclaim(); }

static void next_world(void)
{
    assert_int_equal(refs(), 0);
    lender->refs = borrower->refs = 0;
    vm_bury(lender);
    vm_bury(borrower);
    booted(NULL);
}

/* @dying: @first is the rest of the lender's death. */
static void both_leave(bool dying, void (*first)(void), void (*second)(void))
{
    enum ffa_mem_kind kind;
    unsigned int n;

    for ( kind = FFA_MEM_SHARE; kind <= FFA_MEM_LEND; kind++ )
    {
        bool ended = false;

        for ( n = 1; !ended; n++ )
        {
            relinquished = 0;
            assert_int_equal(send(kind, 0) + retrieve(kind, 0) + release(), 0);
            if ( dying )
                vm_die(lender);
            ended = interleaved(first, second, n);
            assert_int_equal(relinquished, 0);
            assert_int_equal(refs(), 0);
            assert_int_equal(mapped(borrower, AT), 0);
            die(&borrower);
            next_world();
        }
        assert_true(n > 4);
    }
}

static void death__of_the_lender__relinquished_at_every_step(void **state)
{
    both_leave(true, lender_goes, borrower_gives_up);
}

static void relinquish__lender_dies_at_every_step(void **state)
{
    both_leave(false, borrower_gives_up, lender_dies);
}

static void donate__reclaimed_at_every_step_of_a_retrieve__one_has_it_all(void **state)
{
    unsigned int n, i, won = 0;
    bool ended = false;

    for ( n = 1; !ended; n++ )
    {
        assert_int_equal(send(FFA_MEM_DONATE, 0), 0);
        ended = interleaved(borrower_takes, lender_reclaims, n);
        assert_true(!retrieved != !reclaimed);
        won += !reclaimed;
        assert_int_equal(refs(), 0);
        assert_int_equal(missing(), reclaimed ? NR : 0);
        assert_int_equal(mapped(borrower, AT), reclaimed ? NR : 0);
        for ( i = FIRST; i < FIRST + NR; i++ )
            assert_ptr_equal(shim_page[i].domain, reclaimed ? borrower : lender);
        die(&lender);
        die(&borrower);
        next_world();
    }
    assert_true(won && won + 1 < n);
}

static void donate__giver_dies_at_every_step_of_a_retrieve(void **state)
{
    unsigned int n;
    bool ended = false;

    for ( n = 1; !ended; n++ )
    {
        assert_int_equal(send(FFA_MEM_DONATE, 0), 0);
        ended = interleaved(borrower_takes, lender_dies, n);
        assert_int_equal(mapped(borrower, AT), retrieved ? 0 : NR);
        die(&borrower);
        next_world();
    }
}

/* ---- donated to an SP ---- */

/* Nobody's, and never anybody's; of the lender nothing is left. */
static void sp_owns_them(void)
{
    unsigned int i;

    for ( i = FIRST; i < FIRST + NR; i++ )
    {
        assert_null(shim_page[i].domain);
        assert_false(shim_page[i].count_info & PGC_allocated);
        assert_int_equal(shim_page[i].count_info & PGC_count_mask, 1);
        assert_int_equal(shim_page[i].refs, 1);
        shim_page[i].refs = 0;
    }
    assert_true(lender->page_list.next == &lender->page_list);
    assert_int_equal(lender->tot_pages, 0);
    assert_int_equal(lender->refs, 0);
    assert_int_equal(ffa_total.given.counter, NR);
    assert_int_equal(ffa_total.share_lost.counter, 0);
    die(&borrower);
    next_world();
}

static void donate__an_sp_has_it__reclaimed_in_vain_and_off_the_books_at_death(void **state)
{
    donate_to_sp();
    spmc_mem.nr_live = 0;
    assert_int_equal(reclaim(), -2);
    assert_int_equal(reclaim(), -2);
    /* It may not have others instead as long as it lives. */
    assert_int_equal(lender->tot_pages, NR);
    assert_int_equal(refs(), NR);
    vm_die(lender);
    assert_true(vm_gone(lender, SECONDS(1)));
    sp_owns_them();
}

static unsigned int relinquished_to;

static void relinquish_memory(void)
{
    for ( unsigned int i = FIRST; i < relinquished_to; i++ )
        put_page_alloc_ref(&shim_page[i]);
}

/* relinquish_memory() in the middle of the clean-up, as far as it gets */
static void donate__an_sp_has_it__giver_dies_without_asking(void **state)
{
    static const unsigned int to[] = { FIRST, FIRST + 300, FIRST + NR };
    unsigned int i, n;

    for ( i = 0; i < ARRAY_SIZE(to); i++ )
    {
        bool ended = false;

        relinquished_to = to[i];
        for ( n = 1; !ended; n++ )
        {
            donate_to_sp();
            spmc_mem.nr_live = 0;
                    vm_die(lender);
            assert_false(vm_gone(lender, MILLISECS(4995)));
            assert_int_equal(lender->tot_pages, NR);
            ended = interleaved(lender_goes, relinquish_memory, n);
            sp_owns_them();
        }
        assert_true(n > 10);
    }
}

static void donate__denied_after_the_givers_death__kept_until_it_is_clear_whose_it_is(void **state)
{
    unsigned int sps;

    for ( sps = 0; sps <= 1; sps++ )
    {
        donate_to_sp();
            spmc_mem.denies = true;
        vm_die(lender);
        assert_false(vm_gone(lender, SECONDS(60)));
        assert_int_equal(refs(), NR);
        assert_int_equal(lender->tot_pages, NR);
        spmc_mem.denies = false;
        if ( sps )
            spmc_mem.nr_live = 0;
        assert_int_equal(vm_gone(lender, SECONDS(2)), sps);
        if ( sps )
            sp_owns_them();
        else
        {
            assert_int_equal(lender->refs, 1);      /* of its pages, which are its own again */
            assert_int_equal(ffa_total.given.counter, 0);
            die(&borrower);
            next_world();
        }
    }
}

/* ---- LOST, while a VM has it, too ---- */

/* Shared with an SP and the borrower */
static void send_to_both(void)
{
    struct ffa_mem_range range = { FIRST << 12, NR };
    struct ffa_mem_access access[2] = { { SP_ECHO, 2, 0, { 0, 0 } }, { 3, 2, 0, { 0, 0 } } };
    struct ffa_mem_out m = {
        .version = FFA_VERSION_1_2, .access_size = 16, .sender = 2, .attributes = 0x2f,
        .access = access, .nr_accesses = 2, .ranges = &range, .nr_ranges = 1, .nr_pages = NR,
    };
    uint32_t bytes = ffa_mem_emit(shim_page[LENDER_TX].bytes, 4096, &m, 0);

    vm_do(lender, fids[FFA_MEM_SHARE], bytes, bytes, 0, 0, 0);
    assert_ffa_ok();
    handle = call_regs.x[2] | call_regs.x[3] << 32;
}

/* The SPMC does not know the handle of a dead VM. What the SP may still use has a reference that is never put. */
static void lender_dies_and_loses(void)
{
    spmc_mem.nr_live = 0;
    die(&lender);
    assert_int_equal(ffa_total.share_lost.counter, 1);
}

static void lost_pages_stay(void)
{
    unsigned int i;

    assert_int_equal(mapped(borrower, AT), 0);
    for ( i = FIRST; i < FIRST + NR; i++ )
    {
        assert_int_equal(shim_page[i].refs, 1);
        shim_page[i].refs = 0;
    }
    if ( borrower->is_dying == DOMDYING_alive )
        die(&borrower);
    next_world();
}

static void lost__while_a_vm_has_it__never_put(void **state)
{
    unsigned int n, flags;
    bool ended = false;

    for ( flags = 0; flags <= 1; flags++ )
    {
        send_to_both();
        assert_int_equal(retrieve(FFA_MEM_SHARE, FFA_MEM_BYPASS), 0);
        lender_dies_and_loses();
        assert_int_equal(refs(), 2 * NR);
        if ( flags )
            die(&borrower);
        else
            assert_int_equal(relinquish(0), 0);
        lost_pages_stay();
    }

    for ( n = 1; !ended; n++ )
    {
        send_to_both();
        assert_int_equal(retrieve(FFA_MEM_SHARE, FFA_MEM_BYPASS), 0);
        spmc_mem.nr_live = 0;
        vm_die(lender);
        vm_gone(lender, MILLISECS(4995));       /* the last time that it is asked for in vain, but for one */
        assert_int_equal(ffa_total.share_lost.counter, 0);
        ended = interleaved(lender_goes, borrower_gives_up, n);
        assert_int_equal(ffa_total.share_lost.counter, 1);
        assert_int_equal(relinquished, 0);
        lost_pages_stay();
    }
}

/* The same while the borrower is about to map it */
static void lost__while_a_vm_takes_it__never_put(void **state)
{
    unsigned int n;

    for ( n = 1; n <= 2; n++ )
    {
        send_to_both();
        breaths = n;
        shim_softirq = breath;
        if ( !setjmp(stopped) )
            retrieve(FFA_MEM_SHARE, FFA_MEM_BYPASS);
        shim_softirq = NULL;
        shim_current = NULL;
        assert_int_equal(mapped(borrower, AT), 256 * n);
        lender_dies_and_loses();
        assert_int_equal(refs(), NR + 256 * n);
        die(&borrower);
        lost_pages_stay();
    }
}

int main(void)
{
#define T(name) cmocka_unit_test_setup_teardown(name, booted, gone)
    const struct CMUnitTest tests[] = {
        T(lend__there_and_back__every_reference_accounted_for),
        T(lend__zeroed_at_each_turn__as_far_as_ram),
        T(donate__the_pages_are_the_borrowers),
        T(lend__a_page_that_somebody_else_has__denied_and_all_is_back),
        T(lend__no_table_for_stage_2__undone),
        T(no_memory__anywhere__undone),
        T(death__at_every_breath_of_a_share),
        T(death__at_every_breath_of_a_lend),
        T(death__at_every_breath_of_a_donation),
        T(death__of_the_receiver_of_half_a_donation__it_is_nobodys),
        T(death__of_the_lender__relinquished_at_every_step),
        T(relinquish__lender_dies_at_every_step),
        T(donate__reclaimed_at_every_step_of_a_retrieve__one_has_it_all),
        T(donate__giver_dies_at_every_step_of_a_retrieve),
        T(donate__an_sp_has_it__reclaimed_in_vain_and_off_the_books_at_death),
        T(donate__an_sp_has_it__giver_dies_without_asking),
        T(donate__denied_after_the_givers_death__kept_until_it_is_clear_whose_it_is),
        T(lost__while_a_vm_has_it__never_put),
        T(lost__while_a_vm_takes_it__never_put),
    };

    return cmocka_run_group_tests_name("memory between VMs", tests, NULL, NULL);
}
