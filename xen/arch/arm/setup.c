/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * The boot order, readable aloud. head.S calls start_xen() on CPU 0; it ends
 * in the idle loop of CPU 0, with every domain of the device tree built.
 */
#include <xen/console.h>
#include <xen/cpu.h>
#include <xen/device_tree.h>
#include <xen/init.h>
#include <xen/keyhandler.h>
#include <xen/kernel.h>
#include <xen/lib.h>
#include <xen/mm.h>
#include <xen/rcupdate.h>
#include <xen/sched.h>
#include <xen/smp.h>
#include <xen/tasklet.h>
#include <xen/timer.h>
#include <xen/version.h>
#include <xen/vmap.h>
#include <xen/xmalloc.h>
#include <asm/cpufeature.h>
#include <asm/gic.h>
#include <asm/io.h>
#include <asm/irq.h>
#include <asm/p2m.h>
#include <asm/setup.h>
#include <asm/time.h>
#include <asm/traps.h>

enum system_state system_state = SYS_STATE_early_boot;

unsigned long balance_free_pages;
size_t balance_heap_bytes;

/* Collected by the linker script; see xen/init.h. */
extern const initcall_t __initcall_start[], __presmp_initcall_end[],
                        __initcall_end[];

/* PL011: data, flags, transmitter full. */
#define UART_DR      0x00
#define UART_FR      0x18
#define UART_FR_TXFF 0x20

/* Polls for room for a character; without any, the rest is given up. */
#define EARLY_TX_POLLS 1000000

void early_puts(const char *s)
{
    volatile char *uart = early_uart_map();

    for ( ; uart && *s; s++ )
    {
        unsigned int polls = EARLY_TX_POLLS;

        while ( readl_relaxed(uart + UART_FR) & UART_FR_TXFF )
        {
            if ( !--polls )
                return;
            cpu_relax();
        }
        writel_relaxed(*s, uart + UART_DR);
    }
}

void noreturn early_panic(const char *why)
{
    early_puts("[    0.000000] hv: ");
    early_puts(why);
    early_puts(". Stopped.\r\n");
    local_irq_disable();
    for ( ; ; )
        wfe();
}

void __init do_presmp_initcalls(void)
{
    const initcall_t *call;

    for ( call = __initcall_start; call < __presmp_initcall_end; call++ )
        (*call)();
}

void __init do_initcalls(void)
{
    const initcall_t *call;

    for ( call = __presmp_initcall_end; call < __initcall_end; call++ )
        (*call)();
}

/* The device tree from the early window to memory of our own. */
static void __init keep_device_tree(void)
{
    size_t size = bootinfo.fdt_size;
    void *copy = alloc_xenheap_pages(get_order_from_bytes(size), 0);

    if ( !copy )
        early_panic("no memory for the device tree");

    memcpy(copy, device_tree_flattened, size);
    device_tree_flattened = copy;
    early_windows_unmap();
}

/* From a physical address to a page allocator. */
static void __init setup_memory(paddr_t fdt_paddr)
{
    size_t limit;
    const void *fdt = early_fdt_map(fdt_paddr, &limit);
    const char *why = dt_check_blob(fdt, limit);

    if ( !why )
        why = boot_fdt_info(fdt, fdt_paddr);
    if ( why )
        early_panic(why);

    setup_mm();
    keep_device_tree();
    vm_init();
}

#define KEY_MULTIPLIER 0x9e3779b97f4a7c15UL

/* What randomness the device tree brings goes into the key that signs our return addresses (head.S: make_key). */
static void __init add_seed_to_key(const char *property)
{
    uint64_t a = ptrauth_hyp_key[0], b = ptrauth_hyp_key[1];
    int chosen = dt_root_child("chosen"), len, i;
    const uint8_t *seed = fdt_getprop(device_tree_flattened, chosen, property, &len);

    for ( i = 0; seed && i < len; i++ )
    {
        a = (a ^ seed[i]) * KEY_MULTIPLIER;
        a ^= a >> 29;
        b = (b ^ a) * KEY_MULTIPLIER;
        b ^= b >> 32;
    }

    ptrauth_hyp_key[0] = a;
    ptrauth_hyp_key[1] = b;
}

/* Whoever calls this must not return: its own return address was signed with the key before. */
static always_inline void load_key(void)
{
    WRITE_SYSREG(ptrauth_hyp_key[0], SR_APIAKEYLO_EL1);
    WRITE_SYSREG(ptrauth_hyp_key[1], SR_APIAKEYHI_EL1);
    isb();
}

static void __init print_memory(void)
{
    unsigned int i;

    for ( i = 0; i < bootinfo.mem.nr_banks; i++ )
        printk(XENLOG_INFO "RAM: %#lx - %#lx\n", bootinfo.mem.bank[i].start,
               bootinfo.mem.bank[i].start + bootinfo.mem.bank[i].size - 1);
    printk(XENLOG_INFO "Image at %#lx, device tree at %#lx, %lu MiB free\n",
           virt_to_maddr(_start), bootinfo.fdt_paddr,
           total_free_pages() >> (20 - PAGE_SHIFT));
}

static void __init bring_up_cpus(void)
{
    unsigned int cpu;

    for_each_present_cpu ( cpu )
    {
        if ( cpu_online(cpu) )
            continue;
        if ( cpu_up(cpu) )
            printk(XENLOG_ERR "CPU%u stays off\n", cpu);
    }

    printk(XENLOG_INFO "%u of %u CPUs are up\n", num_online_cpus(),
           num_present_cpus());
}

/* On the idle vCPU's own stack: the boot stack goes with the init memory. */
static void noreturn boot_done(void)
{
    balance_free_pages += free_init_memory();
    startup_cpu_idle_loop();
}

void __init noreturn start_xen(unsigned long fdt_paddr)
{
    read_boot_cpu();
    setup_pagetables();
    setup_memory(fdt_paddr);
    if ( cpu_has_ptrauth )
    {
        add_seed_to_key("rng-seed");
        add_seed_to_key("kaslr-seed");
        load_key();
    }

    system_state = SYS_STATE_boot;
    smp_prepare_boot_cpu();
    preinit_xen_time();
    cmdline_parse(dt_xen_bootargs());
    init_traps();
    initialize_keytable();

    init_IRQ();
    console_init_preirq();
    print_memory();
    identify_cpu();

    smp_init_cpus();
    init_xen_time();
    gic_init();
    tasklet_subsys_init();

    timer_init();
    scheduler_init();
    set_current(idle_vcpu[0]);
    rcu_init();
    setup_system_domains();

    init_maintenance_interrupt();
    init_timer_interrupt();

    local_irq_enable();
    local_abort_enable();
    console_init_postirq();

    do_presmp_initcalls();
    system_state = SYS_STATE_smp_boot;
    bring_up_cpus();
    setup_virt_paging();
    do_initcalls();

    system_state = SYS_STATE_active;
    balance_free_pages = total_free_pages();
    balance_heap_bytes = xmalloc_bytes_in_use();

    create_domUs();
    domains_boot_done();
    console_endboot();

    reset_stack_and_call(boot_done, idle_vcpu[0]->arch.cpu_info);
}
