/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Emulated device registers of a domain: who answers for which guest physical range.
 *
 * Handlers are registered while the domain is built, at most MAX_IO_HANDLER, never overlapping; the table is sorted by
 * address. Lookup is under a read lock, the call is made without it (handlers live as long as the domain).
 */
#ifndef ASM_ARM_MMIO_H
#define ASM_ARM_MMIO_H

#include <xen/types.h>
#include <xen/rwlock.h>
#include <asm/hsr.h>

#define MAX_IO_HANDLER 16

struct cpu_user_regs;
struct domain;
struct vcpu;

typedef struct
{
    struct hsr_dabt dabt;   /* size, sign and register of the access */
    paddr_t gpa;
} mmio_info_t;

/* What became of an access */
enum io_state
{
    IO_ABORT,       /* handler refused: the guest gets a data abort */
    IO_HANDLED,
    IO_UNHANDLED,   /* nobody owns the address */
};

/* Return 1 if handled, 0 to make the guest take a data abort. @r holds zero-extended data of the access size. */
typedef int (*mmio_read_t)(struct vcpu *v, mmio_info_t *info, register_t *r, void *priv);
typedef int (*mmio_write_t)(struct vcpu *v, mmio_info_t *info, register_t r, void *priv);

struct mmio_handler_ops {
    mmio_read_t read;
    mmio_write_t write;
};

struct mmio_handler {
    paddr_t addr;
    paddr_t size;
    const struct mmio_handler_ops *ops;
    void *priv;
};

struct vmmio {
    rwlock_t lock;              /* covers all below */
    unsigned int num_entries;
    unsigned int max_num_entries;
    struct mmio_handler *handlers;
};

/*
 * register_mmio_handler - @ops answers for guest physical [addr, addr + size) of @d, with @priv as argument
 * Domain construction only; one slot too many, an empty or an overlapping range is our own bug (BUG).
 */
void register_mmio_handler(struct domain *d, const struct mmio_handler_ops *ops, paddr_t addr, paddr_t size,
                           void *priv);

/* domain_io_init - room for @max_count handlers (plus our own). Returns 0 or -ENOMEM. Undone by domain_io_free(). */
int domain_io_init(struct domain *d, unsigned int max_count);
void domain_io_free(struct domain *d);

/* try_handle_mmio - emulate the access @info of the current vCPU, registers included */
enum io_state try_handle_mmio(struct cpu_user_regs *regs, const union hsr hsr, paddr_t gpa);

#endif /* ASM_ARM_MMIO_H */
