/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * What boot needs from the device tree before there is any memory to allocate:
 * is it sound, where is RAM, what occupies it. Boot, CPU 0: no lock, no output
 * (errors are strings for early_panic()).
 */
#include <xen/device_tree.h>
#include <xen/errno.h>
#include <xen/init.h>
#include <xen/kernel.h>
#include <xen/lib.h>
#include <xen/mm.h>
#include <xen/pfn.h>
#include <xen/string.h>
#include <asm/setup.h>

struct bootinfo __ro_after_init bootinfo;

const char *__init dt_check_blob(const void *fdt, size_t limit)
{
    size_t size;

    if ( ((unsigned long)fdt & 7) || limit < sizeof(struct fdt_header) )
        return "the device tree is not aligned";
    if ( fdt_magic(fdt) != FDT_MAGIC )
        return "there is no device tree where x0 points (bad magic)";
    size = fdt_totalsize(fdt);
    if ( size > limit )
        return "the device tree is larger than 2 MiB, or its size is broken";
    if ( fdt_check_full(fdt, size) )
        return "the device tree is truncated or damaged";

    return NULL;
}

static bool __init add_bank(struct meminfo *info, unsigned int max,
                            paddr_t start, paddr_t size)
{
    if ( !size )
        return true;
    if ( info->nr_banks >= max || start + size < start )
        return false;

    info->bank[info->nr_banks].start = start;
    info->bank[info->nr_banks].size = size;
    info->nr_banks++;

    return true;
}

static bool __init reserve(paddr_t start, paddr_t size)
{
    return add_bank(&bootinfo.reserved, NR_RESERVED, start, size);
}

/* RAM: whole pages, sorted, pieces that touch or overlap joined. */
static void __init normalise_memory(struct meminfo *mem)
{
    unsigned int i, j, out = 0;

    for ( i = 0; i < mem->nr_banks; i++ )
    {
        paddr_t s = round_pgup(mem->bank[i].start);
        paddr_t e = round_pgdown(mem->bank[i].start + mem->bank[i].size);

        mem->bank[i].start = s;
        mem->bank[i].size = e > s ? e - s : 0;
    }

    for ( i = 1; i < mem->nr_banks; i++ )
    {
        struct membank bank = mem->bank[i];

        for ( j = i; j > 0 && mem->bank[j - 1].start > bank.start; j-- )
            mem->bank[j] = mem->bank[j - 1];
        mem->bank[j] = bank;
    }

    for ( i = 0; i < mem->nr_banks; i++ )
    {
        struct membank *last = out ? &mem->bank[out - 1] : NULL;
        struct membank bank = mem->bank[i];

        if ( !bank.size )
            continue;
        if ( last && bank.start <= last->start + last->size )
            last->size = max(last->start + last->size,
                             bank.start + bank.size) - last->start;
        else
            mem->bank[out++] = bank;
    }
    mem->nr_banks = out;
}

static const char *__init find_memory(const void *fdt)
{
    int node;

    dt_for_each_child ( node, 0 )
    {
        const char *type = dt_read_string(node, "device_type");
        unsigned int i;

        if ( !type || strcmp(type, "memory") || !dt_node_available(node) )
            continue;

        for ( i = 0; ; i++ )
        {
            paddr_t start, size;
            int rc = dt_get_reg(node, i, &start, &size);

            if ( rc == -ENOENT )
                break;
            if ( rc )
                return "the device tree has a malformed memory node";
            if ( !add_bank(&bootinfo.mem, NR_MEM_BANKS, start, size) )
                return "the device tree has too many memory banks";
        }
    }

    normalise_memory(&bootinfo.mem);

    return bootinfo.mem.nr_banks ? NULL
                                 : "the device tree describes no memory";
}

/* /reserved-memory, the header's reservations, and what boot brought along. */
static const char *__init find_reserved(const void *fdt)
{
    static const char too_many[] __initconst =
        "the device tree has too many reservations";
    int node, sub, i;

    for ( i = 0; i < fdt_num_mem_rsv(fdt); i++ )
    {
        uint64_t start, size;

        if ( fdt_get_mem_rsv(fdt, i, &start, &size) ||
             !reserve(start, size) )
            return too_many;
    }

    node = dt_root_child("reserved-memory");
    if ( node >= 0 )
    {
        dt_for_each_child ( sub, node )
        {
            unsigned int n;
            paddr_t start, size;
            int rc;

            if ( !dt_node_available(sub) )
                continue;
            for ( n = 0; !(rc = dt_get_reg(sub, n, &start, &size)); n++ )
                if ( !reserve(start, size) )
                    return too_many;
            /* Somebody else's memory, but where? */
            if ( rc != -ENOENT )
                return "the device tree has a malformed /reserved-memory";
        }
    }

    return NULL;
}

static bool __init is_ram_range(paddr_t start, paddr_t size)
{
    unsigned int i;

    for ( i = 0; i < bootinfo.mem.nr_banks; i++ )
    {
        const struct membank *bank = &bootinfo.mem.bank[i];

        if ( start >= bank->start && size <= bank->size &&
             start - bank->start <= bank->size - size )
            return true;
    }

    return false;
}

/*
 * Can this be a module? Boot keeps the memory of those that can, and only
 * those: a wrong one must not cost the others what they need.
 */
bool __init is_module_range(paddr_t start, paddr_t size)
{
    paddr_t image = virt_to_maddr(_start);

    return size && is_ram_range(start, size) &&
           (start + size <= image || start >= virt_to_maddr(_end)) &&
           (start + size <= bootinfo.fdt_paddr ||
            start >= bootinfo.fdt_paddr + bootinfo.fdt_size);
}

/* Modules: children of /chosen, and of the domain nodes in there. */
static const char *__init find_modules(const void *fdt, int parent,
                                       unsigned int depth)
{
    int node;

    dt_for_each_child ( node, parent )
    {
        paddr_t start, size;

        if ( dt_prop_has_string(node, "compatible", "multiboot,module") ||
             dt_prop_has_string(node, "compatible", "xen,multiboot-module") )
        {
            /* Addresses of modules are the machine's, whatever the bus. */
            if ( dt_read_addr_size(node, "reg", 0, &start, &size) ||
                 !is_module_range(start, size) )
                continue; /* whoever uses the module complains */
            if ( !reserve(start, size) )
                return "the device tree has too many modules";
        }
        else if ( depth )
        {
            const char *why = find_modules(fdt, node, depth - 1);

            if ( why )
                return why;
        }
    }

    return NULL;
}

const char *__init boot_fdt_info(const void *fdt, paddr_t paddr)
{
    const char *why;
    int chosen;

    device_tree_flattened = fdt;
    bootinfo.fdt_paddr = paddr;
    bootinfo.fdt_size = fdt_totalsize(fdt);
    dt_list_nodes();

    why = find_memory(fdt);
    if ( why )
        return why;

    reserve(paddr, bootinfo.fdt_size);
    reserve(virt_to_maddr(_start), _end - _start);

    why = find_reserved(fdt);
    if ( why )
        return why;

    chosen = dt_root_child("chosen");
    if ( chosen >= 0 )
        why = find_modules(fdt, chosen, 1);

    return why;
}
