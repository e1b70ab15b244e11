/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Partition descriptors on the wire, versions 1.0 (8 bytes), 1.1 and 1.2 (24) and 1.3 (48), and the register form.
 *
 * Pure: bytes in, struct out, and back. No lock, no domain, no allocation. Refuses a descriptor that does not lie wholly
 * within the bytes it is given. Bytes are little-endian and perhaps unaligned.
 * Also the descriptor of a VM's RX/TX for the SPMC.
 *   @0 u16 id, @2 u16 contexts, @4 u32 properties, @8 UUID (16 bytes); 1.3: @24 image UUID, @40 version
 * Spec: DEN0077A 1.2, FFA_PARTITION_INFO_GET.
 */
#include <xen/string.h>

#include "ffa_private.h"

/* Properties that a VM of each version may see; bits 6 and 7 are for the hypervisor. */
#define PROPERTIES_1_0                  (FFA_PART_DIRECT_RECV | FFA_PART_DIRECT_SEND | FFA_PART_INDIRECT)
#define PROPERTIES_1_1                  (PROPERTIES_1_0 | FFA_PART_NOTIF_RECV | (3U << 4) | FFA_PART_AARCH64)
#define PROPERTIES_1_2                  (PROPERTIES_1_1 | FFA_PART_DIRECT2_RECV | FFA_PART_DIRECT2_SEND)

/* The pair of a VM: header, then a composite with one range for RX, then one for TX */
#define RXTX_COMPOSITE                  16U
#define RXTX_COMPOSITE_SIZE             32U
#define RXTX_DESC_SIZE                  (RXTX_COMPOSITE + 2 * RXTX_COMPOSITE_SIZE)

/* ffa_uuid_from_words - the UUID in w1-w4 of PARTITION_INFO_GET */
struct ffa_uuid ffa_uuid_from_words(uint32_t w0, uint32_t w1, uint32_t w2, uint32_t w3)
{
    return (struct ffa_uuid){ .lo = ((uint64_t)w1 << 32) | w0, .hi = ((uint64_t)w3 << 32) | w2 };
}

/*
 * ffa_desc_parse - descriptor @index of an array
 * @buf, @bytes: the array; it must not change meanwhile
 * @stride: distance and size of the descriptors; more than we know is skipped
 * Returns: false if @stride is none of FF-A, or the descriptor reaches beyond the array. No UUID before 1.1: nil.
 */
bool ffa_desc_parse(const void *buf, size_t bytes, size_t stride, unsigned int index, struct ffa_part_info *info)
{
    const uint8_t *p = buf;

    if ( stride != FFA_DESC_SIZE_1_0 && stride < FFA_DESC_SIZE_1_1 )
        return false;

    if ( stride > bytes || index > bytes / stride - 1 )
        return false;

    p += index * stride;
    info->id = ffa_get_le(p, 2);
    info->contexts = ffa_get_le(p + 2, 2);
    info->properties = ffa_get_le(p + 4, 4);
    info->uuid.lo = stride >= FFA_DESC_SIZE_1_1 ? ffa_get_le(p + 8, 8) : 0;
    info->uuid.hi = stride >= FFA_DESC_SIZE_1_1 ? ffa_get_le(p + 16, 8) : 0;

    return true;
}

/* ffa_desc_size - bytes of a descriptor for a reader of @version */
size_t ffa_desc_size(uint32_t version)
{
    return version >= FFA_VERSION_1_1 ? FFA_DESC_SIZE_1_1 : FFA_DESC_SIZE_1_0;
}

/*
 * ffa_desc_emit - write one descriptor of @size bytes (ffa_desc_size())
 * @with_uuid: false if the reader asked for one UUID: the field must be zero then
 */
void ffa_desc_emit(void *buf, size_t size, const struct ffa_part_info *info, bool with_uuid)
{
    uint8_t *p = buf;

    ffa_put_le(p, info->id, 2);
    ffa_put_le(p + 2, info->contexts, 2);
    ffa_put_le(p + 4, info->properties, 4);
    if ( size >= FFA_DESC_SIZE_1_1 )
    {
        ffa_put_le(p + 8, with_uuid ? info->uuid.lo : 0, 8);
        ffa_put_le(p + 16, with_uuid ? info->uuid.hi : 0, 8);
    }
}

/* ffa_desc_emit_regs - the 24-byte form in three registers, for PARTITION_INFO_GET_REGS */
void ffa_desc_emit_regs(uint64_t *x, const struct ffa_part_info *info, bool with_uuid)
{
    x[0] = info->id | ((uint64_t)info->contexts << 16) | ((uint64_t)info->properties << 32);
    x[1] = with_uuid ? info->uuid.lo : 0;
    x[2] = with_uuid ? info->uuid.hi : 0;
}

/* ffa_desc_properties - those bits of @properties that a VM of @version may see */
uint32_t ffa_desc_properties(uint32_t properties, uint32_t version)
{
    if ( version >= FFA_VERSION_1_2 )
        return properties & PROPERTIES_1_2;

    return properties & (version >= FFA_VERSION_1_1 ? PROPERTIES_1_1 : PROPERTIES_1_0);
}

/*
 * ffa_desc_emit_rxtx - the pair of a VM, as RXTX_MAP tells it the SPMC (1.1 and later): two composites of one range
 * @buf: a page   @rx, @tx: PA of the VM's own   @pages: FF-A pages of each
 */
void ffa_desc_emit_rxtx(void *buf, uint16_t vm_id, uint64_t rx, uint64_t tx, uint32_t pages)
{
    uint8_t *p = buf;
    unsigned int i;

    memset(p, 0, RXTX_DESC_SIZE);
    ffa_put_le(p, vm_id, 2);
    ffa_put_le(p + 4, RXTX_COMPOSITE, 4);
    ffa_put_le(p + 8, RXTX_COMPOSITE + RXTX_COMPOSITE_SIZE, 4);
    for ( i = 0, p += RXTX_COMPOSITE; i < 2; i++, p += RXTX_COMPOSITE_SIZE )
    {
        ffa_put_le(p, pages, 4);
        ffa_put_le(p + 4, 1, 4);
        ffa_put_le(p + 16, i ? tx : rx, 8);
        ffa_put_le(p + 24, pages, 4);
    }
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
