/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * The partitions behind the SPMC: read once at boot, sorted, then constant.
 *
 * Owns the list; our own RX and TX go to ffa_spmc.c. Refuses ids that are no SP's, entries beyond the buffer, more than
 * FFA_MAX_SP_ENTRIES. Locks: none; written on CPU0 before the other CPUs run. An SPMC of version 1.0, whose list has no
 * UUIDs, is asked again later, with the lock of our buffers.
 * Spec: DEN0077A 1.2, FFA_PARTITION_INFO_GET at the physical instance.
 */
#include <xen/bitmap.h>
#include <xen/init.h>
#include <xen/string.h>

#include <asm/page.h>

#include "ffa_private.h"

/* Sorted by id; one entry per (partition, UUID), those of one partition in the order of the SPMC */
static struct ffa_part_info entries[FFA_MAX_SP_ENTRIES];
static unsigned int nr_entries;

/* Entry with which each partition begins: "SP index" is a position in here */
static uint8_t first[FFA_MAX_SPS];
static unsigned int nr_sps;

/* SP index + 1, at the low byte of the id or, if others are there, at the next places; 0: end of the search */
static uint8_t by_id[256];

/* ffa_splist_entries - how many (partition, UUID) entries there are */
unsigned int ffa_splist_entries(void)
{
    return nr_entries;
}

/* ffa_splist_entry - entry @i, below ffa_splist_entries() */
const struct ffa_part_info *ffa_splist_entry(unsigned int i)
{
    return &entries[i];
}

/* ffa_splist_sps - how many partitions there are */
unsigned int ffa_splist_sps(void)
{
    return nr_sps;
}

/* ffa_splist_sp - first entry of partition @index, below ffa_splist_sps() */
const struct ffa_part_info *ffa_splist_sp(unsigned int index)
{
    return &entries[first[index]];
}

/* ffa_splist_index - SP index of the partition @id, or -ESRCH. On the way of calls: one step, if ids are near each other. */
int ffa_splist_index(uint16_t id)
{
    uint8_t i;

    BUILD_BUG_ON(FFA_MAX_SPS >= ARRAY_SIZE(by_id));

    for ( i = id; by_id[i]; i++ )
        if ( entries[first[by_id[i] - 1]].id == id )
            return by_id[i] - 1;

    return -ESRCH;
}

/* Mark the partitions that an SPMC of version 1.0 names for @uuid. */
static ffa_rc_t ask_by_uuid(const struct ffa_uuid *uuid, unsigned long *listed)
{
    struct ffa_regs res = {
        .x = { FFA_FID(PARTITION_INFO_GET), (uint32_t)uuid->lo, uuid->lo >> 32, (uint32_t)uuid->hi, uuid->hi >> 32 },
    };
    struct ffa_part_info info;
    unsigned int i;
    ffa_rc_t rc;

    ffa_spmc_tx_acquire();
    ffa_spmc_call(&res);
    rc = ffa_spmc_status(&res);
    for ( i = 0; ffa_ok(rc) && i < res.x[2] && ffa_desc_parse(ffa_spmc_rx(), FFA_PAGE_SIZE, FFA_DESC_SIZE_1_0, i, &info);
          i++ )
    {
        int sp = ffa_splist_index(info.id);

        if ( sp >= 0 )
            set_bit(first[sp], listed);
    }
    if ( ffa_ok(rc) )
        ffa_spmc_simple(FFA_FID(RX_RELEASE), 0, 0, 0, 0, NULL);
    ffa_spmc_tx_release();

    return rc;
}

/*
 * ffa_splist_find - which entries have @uuid? nil: all
 * @listed: FFA_MAX_SP_ENTRIES bits, written
 * Returns: OK, also when there is none; below an SPMC of version 1.0 what it says.
 * Context: trap of a vCPU, no lock held.
 */
ffa_rc_t ffa_splist_find(const struct ffa_uuid *uuid, unsigned long *listed)
{
    unsigned int i;

    bitmap_zero(listed, FFA_MAX_SP_ENTRIES);
    if ( !ffa_uuid_nil(uuid) && ffa_spmc_version() < FFA_VERSION_1_1 )
        return ask_by_uuid(uuid, listed);

    for ( i = 0; i < nr_entries; i++ )
        if ( ffa_uuid_nil(uuid) || (entries[i].uuid.lo == uuid->lo && entries[i].uuid.hi == uuid->hi) )
            set_bit(i, listed);

    return FFA_OK;
}

/* Keep the list sorted; equal ids stay in order. */
static void __init insert(const struct ffa_part_info *info)
{
    unsigned int i = nr_entries++;

    for ( ; i && entries[i - 1].id > info->id; i-- )
        entries[i] = entries[i - 1];

    entries[i] = *info;
}

static void __init forget_index(void)
{
    nr_sps = 0;
    memset(by_id, 0, sizeof(by_id));
}

static int __init index_sps(void)
{
    unsigned int i;

    forget_index();
    for ( i = 0; i < nr_entries; i++ )
    {
        uint8_t at = entries[i].id;

        if ( i && entries[i].id == entries[i - 1].id )
            continue;

        if ( nr_sps == FFA_MAX_SPS )
            return -ENOSPC;

        while ( by_id[at] )
            at++;
        first[nr_sps++] = i;
        by_id[at] = nr_sps;
    }

    return 0;
}

/* @count descriptors of @stride bytes lie in @rx. */
static int __init take(const void *rx, uint32_t count, uint32_t stride)
{
    struct ffa_part_info info;
    uint32_t i;

    BUILD_BUG_ON(FFA_MAX_SP_ENTRIES > UINT8_MAX);

    if ( count > FFA_MAX_SP_ENTRIES )
        return -ENOSPC;

    nr_entries = 0;
    for ( i = 0; i < count; i++ )
    {
        if ( !ffa_desc_parse(rx, FFA_PAGE_SIZE, stride, i, &info) )
            return -EINVAL;

        if ( !(info.id & FFA_ID_SECURE) || info.id == ffa_spmc_id() || info.id == FFA_ID_SPMD )
        {
            printk(XENLOG_WARNING "ffa: the SPMC lists a partition 0x%04x: ignored\n", info.id);
            continue;
        }

        insert(&info);
    }

    return index_sps();
}

/*
 * ffa_splist_init - read the list through our own RX/TX pair, which stays mapped: O needs it for VM created
 * Returns: 0; -errno with the pair unmapped, the list empty, and a line that says why.   Context: boot, CPU0.
 */
int __init ffa_splist_init(void)
{
    void *tx = alloc_xenheap_pages(0, 0), *rx = alloc_xenheap_pages(0, 0);
    struct ffa_regs res;
    const char *what = "no memory for buffers";
    ffa_rc_t frc = FFA_OK;
    int rc = -ENOMEM;

    if ( !tx || !rx )
        goto err_free;

    /* The secure world may read all of it. */
    clear_page(tx);
    clear_page(rx);

    what = "RXTX_MAP";
    rc = -EIO;
    frc = ffa_spmc_simple(FFA_FID(RXTX_MAP_64), __pa(tx), __pa(rx), 1, 0, NULL);
    if ( !ffa_ok(frc) )
        goto err_free;

    what = "PARTITION_INFO_GET";
    frc = ffa_spmc_simple(FFA_FID(PARTITION_INFO_GET), 0, 0, 0, 0, &res);
    if ( ffa_ok(frc) )
    {
        uint32_t count = res.x[2], stride = res.x[3];

        /* 1.0 does not say how large a descriptor is. */
        if ( ffa_spmc_version() < FFA_VERSION_1_1 )
            stride = FFA_DESC_SIZE_1_0;

        what = "partition list";
        rc = take(rx, count, stride);
        ffa_spmc_simple(FFA_FID(RX_RELEASE), 0, 0, 0, 0, NULL);
    }
    /* How some say that there is none */
    else if ( ffa_is(frc, FFA_INVALID_PARAMETERS) )
    {
        nr_entries = 0;
        forget_index();
        rc = 0;
    }
    if ( !rc )
    {
        ffa_spmc_set_buffers(tx, rx);
        return 0;
    }

    nr_entries = 0;
    forget_index();
    if ( !ffa_ok(ffa_spmc_simple(FFA_FID(RXTX_UNMAP), 0, 0, 0, 0, NULL)) )
    {
        /* The secure world may still write to them. */
        printk(XENLOG_WARNING "ffa: RXTX_UNMAP refused, two pages are lost\n");
        tx = rx = NULL;
    }

 err_free:
    printk(XENLOG_INFO "ffa: firmware cannot be used: %s: FF-A error %d, error %d\n", what, frc.code, rc);
    if ( rx )
        free_xenheap_pages(rx, 0);
    if ( tx )
        free_xenheap_pages(tx, 0);

    return rc;
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
