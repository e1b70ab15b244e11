/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * What the test partitions have in common: entry, the loop around MSG_WAIT, commands in one form for all three kinds of
 * direct request. A partition is this library plus the hooks below. Every CPU has its own context and stack; data is
 * shared between them, and a context may be stopped for as long as the normal world likes: no locks, only atomics.
 */
#ifndef SECURE_SP_H
#define SECURE_SP_H

#include "arch.h"
#include "ffa.h"
#include "regs.h"
#include "sp_abi.h"

/* A command of sp_abi.h, whatever request it came in. */
struct command {
    uint16_t requester;
    unsigned int cpu;
    uint64_t w3;            /* command           */
    uint64_t arg[4];        /* w4-w7             */
    int status;             /* w3 of the answer  */
    uint64_t result[4];     /* w4-w7             */
};

/* Hooks. False: not a command of this partition, the request goes back unchanged. */
bool sp_command(struct command *c);
void sp_boot(unsigned int cpu);         /* before its first wait; a partition need not have it */
void sp_interrupt(unsigned int cpu);
void sp_run(unsigned int cpu);          /* cycles for their own sake: FFA_RUN */
int sp_vm_created(uint16_t vm);
int sp_vm_destroyed(uint16_t vm, unsigned int cpu);

extern const struct sp_header sp_header;
void sp_start(void);
extern char __text_end[], __rodata_end[], __data_end[], __bss_end[];

#define SP_HEADER(id_, name_, flags_, props_, ...)                                                              \
    const struct sp_header sp_header __attribute__((section(".header"))) = {                                    \
        .magic = SP_MAGIC, .id = (id_), .flags = (flags_), .properties = (props_), .uuid = __VA_ARGS__,         \
        .entry = (uint64_t)sp_start, .text_end = (uint64_t)__text_end, .rodata_end = (uint64_t)__rodata_end,    \
        .data_end = (uint64_t)__data_end, .bss_end = (uint64_t)__bss_end, .name = name_,                        \
    }

/* start.S: one SVC, all eighteen registers both ways */
void sp_svc(struct regs *r);

/* One call with up to five arguments. Returns 0 or the FF-A error; *r has the registers if it is not NULL. */
int sp_ffa(struct regs *r, uint32_t fid, uint64_t x1, uint64_t x2, uint64_t x3, uint64_t x4);
/* Fetches what VMs have set for this vCPU and for any: 0 or the error */
int sp_fetch(unsigned int cpu, uint64_t *bits);
/* One service of the OEM range: 0 or the error */
int sp_service(struct regs *r, uint32_t fid, uint64_t x1, uint64_t x2, uint64_t x3, uint64_t x4);

/* Normal world memory: 0 or the FF-A error. What sp_mem_map() mapped is at *va, *pages long, if @vm shared @handle. */
int sp_mem_map(uint64_t handle, uint16_t vm, uint64_t tag, unsigned int how, uint64_t *pages);
int sp_mem_where(uint64_t handle, uint16_t vm, uint64_t **va, uint64_t *pages);
int sp_mem_unmap(uint64_t handle);

#endif /* SECURE_SP_H */
