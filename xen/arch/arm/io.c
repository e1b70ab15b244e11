/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Emulated device registers: the table of a domain, and the emulation of one load or store.
 *
 * Owns: struct vmmio. Refuses: accesses without a valid syndrome, across the end of a range, or misaligned (the
 * handlers see naturally aligned accesses only). Locks: vmmio.lock, a leaf, never held while a handler runs.
 */
#include <xen/lib.h>
#include <xen/sched.h>
#include <xen/xmalloc.h>
#include <asm/current.h>
#include <asm/mmio.h>
#include <asm/traps.h>

int domain_io_init(struct domain *d, unsigned int max_count)
{
    struct vmmio *vmmio = &d->arch.vmmio;

    rwlock_init(&vmmio->lock);
    vmmio->num_entries = 0;
    vmmio->max_num_entries = max_count;
    vmmio->handlers = xzalloc_array(struct mmio_handler, max_count);

    return vmmio->handlers ? 0 : -ENOMEM;
}

void domain_io_free(struct domain *d)
{
    XFREE(d->arch.vmmio.handlers);
    d->arch.vmmio.num_entries = 0;
}

void register_mmio_handler(struct domain *d, const struct mmio_handler_ops *ops, paddr_t addr, paddr_t size,
                           void *priv)
{
    struct vmmio *vmmio = &d->arch.vmmio;
    unsigned int i;

    write_lock(&vmmio->lock);

    BUG_ON(!size || addr + size < addr || vmmio->num_entries >= vmmio->max_num_entries);

    /* Sorted by address; insertion from the end */
    for ( i = vmmio->num_entries; i && vmmio->handlers[i - 1].addr > addr; i-- )
        vmmio->handlers[i] = vmmio->handlers[i - 1];

    BUG_ON(i && vmmio->handlers[i - 1].addr + vmmio->handlers[i - 1].size > addr);
    BUG_ON(i < vmmio->num_entries && addr + size > vmmio->handlers[i + 1].addr);

    vmmio->handlers[i] = (struct mmio_handler){ .addr = addr, .size = size, .ops = ops, .priv = priv };
    vmmio->num_entries++;

    write_unlock(&vmmio->lock);
}

/* The handler whose range holds @gpa, copied out; false: none */
static bool find_mmio_handler(struct domain *d, paddr_t gpa, struct mmio_handler *found)
{
    struct vmmio *vmmio = &d->arch.vmmio;
    unsigned int lo = 0, hi;
    bool ret = false;

    read_lock(&vmmio->lock);

    hi = vmmio->num_entries;
    while ( lo < hi )
    {
        unsigned int mid = lo + (hi - lo) / 2;
        const struct mmio_handler *h = &vmmio->handlers[mid];

        if ( gpa < h->addr )
            hi = mid;
        else if ( gpa - h->addr >= h->size )
            lo = mid + 1;
        else
        {
            *found = *h;
            ret = true;
            break;
        }
    }

    read_unlock(&vmmio->lock);

    return ret;
}

/* What a load leaves in its register: extended to 32 or 64 bits as the instruction says */
static register_t extend_load(const struct hsr_dabt *dabt, register_t val)
{
    unsigned int bits = 8U << dabt->size;

    if ( bits < 64 )
        val &= (1UL << bits) - 1;

    if ( dabt->sign && bits < 64 && (val & (1UL << (bits - 1))) )
        val |= ~0UL << bits;

    if ( !dabt->sf )
        val = (uint32_t)val;

    return val;
}

enum io_state try_handle_mmio(struct cpu_user_regs *regs, const union hsr hsr, paddr_t gpa)
{
    struct vcpu *v = current;
    struct mmio_handler h;
    mmio_info_t info = { .dabt = hsr.dabt, .gpa = gpa };
    unsigned int bytes = 1U << hsr.dabt.size;
    register_t r = 0;

    if ( !find_mmio_handler(v->domain, gpa, &h) )
        return IO_UNHANDLED;

    /* Cache maintenance by address: a device has no cache lines */
    if ( hsr.dabt.cache )
        return IO_HANDLED;

    if ( !hsr.dabt.valid || (gpa & (bytes - 1)) || gpa - h.addr + bytes > h.size )
        return IO_ABORT;

    if ( hsr.dabt.write )
    {
        r = get_user_reg(regs, hsr.dabt.reg);
        if ( bytes < 8 )
            r &= (1UL << (bytes * 8)) - 1;

        return h.ops->write(v, &info, r, h.priv) ? IO_HANDLED : IO_ABORT;
    }

    if ( !h.ops->read(v, &info, &r, h.priv) )
        return IO_ABORT;

    set_user_reg(regs, hsr.dabt.reg, extend_load(&hsr.dabt, r));

    return IO_HANDLED;
}
