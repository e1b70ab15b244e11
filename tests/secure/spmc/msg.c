/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Indirect messages: MSG_SEND2 of the normal world for a VM, to a partition, and of a partition, to a VM. The header is that of
 * 1.2 in both directions, copied before it is looked at; the receiver gets header and payload as they are, and is told by a
 * framework notification if it has any. Lock: spmc_lock.
 */
#include "spmc.h"

#define HEADER 40

struct header {
    uint32_t flags, reserved, offset;
    uint16_t receiver, sender;
    uint32_t size, reserved2;
};
_Static_assert(sizeof(struct header) == 24, "as in the buffer, without the UUID");

static void copy(uint8_t *to, const volatile uint8_t *from, uint32_t bytes)
{
    while ( bytes-- )
        *to++ = *from++;
}

/* The message in @tx, of @room bytes, of @sender: its header, or the error. */
static int parse(const uint8_t *tx, uint32_t room, uint16_t sender, struct header *h)
{
    copy((uint8_t *)h, tx, sizeof(*h));
    if ( h->flags || h->reserved || h->reserved2 || h->sender != sender || h->receiver == sender )
        return FFA_INVALID;
    if ( !h->size || h->offset < HEADER || h->offset > room || h->size > room - h->offset )
        return FFA_INVALID;

    return 0;
}

/* @h as it was checked, then the rest as it is now */
static void deliver(uint8_t *rx, const uint8_t *tx, const struct header *h)
{
    copy(rx, (const uint8_t *)h, sizeof(*h));
    copy(rx + sizeof(*h), tx + sizeof(*h), h->offset + h->size - sizeof(*h));
}

void call_msg_send2(struct regs *r)
{
    struct header h = { .flags = 0 };
    struct vm *vm;
    struct sp *sp;
    int ret;

    spin_lock(&spmc_lock);
    vm = vm_find((uint32_t)r->x[1] >> 16);
    if ( (r->x[1] & 0xffff) || r->x[2] || r->x[3] || r->x[4] || r->x[5] || r->x[6] || r->x[7] )
        ret = FFA_INVALID;
    else if ( !vm || !vm->buf.mapped )
        ret = FFA_DENIED;
    else
        ret = parse(vm->buf.tx, vm->buf.pages * PAGE_SIZE, vm->id, &h);
    sp = ret ? NULL : sp_find(h.receiver);
    if ( !ret && !sp )
        ret = FFA_INVALID;
    else if ( !ret && (!(sp->head->properties & FFA_PROP_INDIRECT) || !sp->buf.mapped) )
        ret = FFA_DENIED;
    else if ( !ret && sp->buf.rx_full )
        ret = FFA_BUSY;
    else if ( !ret && h.offset + h.size > PAGE_SIZE )
        ret = FFA_NO_MEMORY;
    if ( !ret )
    {
        write_sysreg(ttbr0_el1, sp->ttbr);
        isb();
        deliver(sp->buf.rx, vm->buf.tx, &h);
        sp->buf.rx_full = true;
        if ( sp->notif.enabled && has_notifications() )
        {
            sp->notif.framework |= FFA_RX_FULL_VM;
            sp->notif.framework_reported &= ~FFA_RX_FULL_VM;
            sp->notif.news = true;
            this_cpu()->delayed_sri = true;
        }
    }
    spin_unlock(&spmc_lock);
    ret_status(r, ret);
}

int msg_send(struct sp *sp, bool *told)
{
    struct header h = { .flags = 0 };
    struct vm *vm;
    int ret;

    *told = false;
    spin_lock(&spmc_lock);
    ret = sp->buf.mapped ? parse(sp->buf.tx, PAGE_SIZE, sp->head->id, &h) : FFA_DENIED;
    vm = ret || is_secure(h.receiver) ? NULL : vm_find(h.receiver);
    if ( !ret && (!vm || vm == &vms[0] || !vm->buf.mapped) )
        ret = FFA_INVALID;
    else if ( !ret && vm->buf.rx_full )
        ret = FFA_BUSY;
    else if ( !ret && h.offset + h.size > vm->buf.pages * PAGE_SIZE )
        ret = FFA_NO_MEMORY;
    if ( !ret )
    {
        deliver(vm->buf.rx, sp->buf.tx, &h);
        vm->buf.rx_full = true;
        if ( vm->notif.enabled )
        {
            vm->notif.framework |= FFA_RX_FULL_SP;
            vm->notif.framework_reported &= ~FFA_RX_FULL_SP;
            vm->notif.news = true;
            *told = true;
        }
    }
    spin_unlock(&spmc_lock);

    return ret;
}
