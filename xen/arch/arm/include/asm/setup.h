/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * What boot found in the device tree: memory and what occupies it.
 */
#ifndef ARM_SETUP_H
#define ARM_SETUP_H

#include <xen/types.h>

#define NR_MEM_BANKS  64
#define NR_RESERVED   192

struct membank {
    paddr_t start;
    paddr_t size;
};

struct meminfo {
    unsigned int nr_banks;
    struct membank bank[NR_RESERVED];
};

struct bootinfo {
    struct meminfo mem;      /* RAM, sorted, page aligned, no overlap        */
    struct meminfo reserved; /* not to be allocated: firmware, image, modules */
    paddr_t fdt_paddr;       /* where the firmware left the tree             */
    size_t fdt_size;
};

extern struct bootinfo bootinfo;

/* First C function: boot CPU, MMU on, stack of boot. Does not return. */
void noreturn start_xen(unsigned long fdt_paddr);

/* bootfdt.c: fill bootinfo from the checked tree; NULL or what is wrong. */
const char *boot_fdt_info(const void *fdt, paddr_t paddr);

/* Boot: can a module be at [start, start + size), and was its memory kept? */
bool is_module_range(paddr_t start, paddr_t size);

/* Print one line on the early UART and stop this CPU (before the console). */
void noreturn early_panic(const char *why);
void early_puts(const char *s);

/* Build every domain of /chosen (dom0less.c). Boot, CPU 0, all CPUs up. */
void create_domUs(void);

/* mm.c, before the direct map: windows on the device tree and the UART. */
const void *early_fdt_map(paddr_t pa, size_t *limit);
volatile void *early_uart_map(void);
void early_windows_unmap(void);

/* Parts of [s, e) that bootinfo.reserved[first...] leaves. Boot. */
void dt_unreserved_regions(paddr_t s, paddr_t e,
                           void (*fn)(paddr_t s, paddr_t e),
                           unsigned int first);

/* Free pages and heap bytes before the first domain was built. */
extern unsigned long balance_free_pages;
extern size_t balance_heap_bytes;

#endif /* ARM_SETUP_H */
