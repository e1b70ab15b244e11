/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Debug keys: what the console's owner may ask of the hypervisor while it runs.
 *
 * Owns the table of keys. A key pressed is remembered in one word per key and handled by a tasklet, so that a handler
 * may take locks and print at leisure. Handlers of other parts register themselves.
 * Locks: none; the table is written at boot only.
 */
#include <xen/bitmap.h>
#include <xen/init.h>
#include <xen/keyhandler.h>
#include <xen/lib.h>
#include <xen/sched.h>
#include <xen/tasklet.h>

#include <asm/tee/ffa.h>

#define NR_KEYS 128

static struct keyhandler {
    keyhandler_fn_t *fn;
    const char *desc;
    bool diagnostic;
} key_table[NR_KEYS];

static DECLARE_BITMAP(keys_pressed, NR_KEYS);

void run_keyhandler(unsigned char key)
{
    if ( key >= NR_KEYS || !key_table[key].fn )
        return;

    printk("'%c' pressed: %s\n", key, key_table[key].desc);
    key_table[key].fn(key);
}

static void run_keys(void *unused)
{
    unsigned int key;

    for ( key = 0; key < NR_KEYS; key++ )
        if ( test_and_clear_bit(key, keys_pressed) )
            run_keyhandler(key);
}

static DECLARE_TASKLET(key_tasklet, run_keys, NULL);

void register_keyhandler(unsigned char key, keyhandler_fn_t *fn, const char *desc, bool diagnostic)
{
    BUG_ON(key >= NR_KEYS || key_table[key].fn);

    key_table[key].desc = desc;
    key_table[key].diagnostic = diagnostic;
    key_table[key].fn = fn;
}

void handle_keypress(unsigned char key)
{
    if ( key >= NR_KEYS || !key_table[key].fn )
        return;

    set_bit(key, keys_pressed);
    tasklet_schedule(&key_tasklet);
}

static void show_help(unsigned char key)
{
    unsigned int i;

    for ( i = 0; i < NR_KEYS; i++ )
        if ( key_table[i].fn )
            printk(" '%c'  %s\n", i, key_table[i].desc);
}

static void run_diagnostics(unsigned char key)
{
    unsigned int i;

    for ( i = 0; i < NR_KEYS; i++ )
        if ( key_table[i].fn && key_table[i].diagnostic )
        {
            printk("[%c: %s]\n", i, key_table[i].desc);
            key_table[i].fn(i);
        }
}

static void dump_vcpu(const struct vcpu *v)
{
    printk("    %pv: CPU%u of %*pbl%s%s, pause flags %#lx, pause count %d\n", v, v->processor,
           nr_cpu_ids, v->cpu_hard_affinity.bits, v->is_running ? ", running" : "",
           is_vcpu_online(v) ? "" : ", offline", v->pause_flags, atomic_read(&v->pause_count));
}

static void dump_domains(unsigned char key)
{
    const struct domain *d;
    const struct vcpu *v;

    printk("  %u domains, of which dead (ids held back): %u\n", domains_in_existence(), domains_dead());
    printk("  %u ids held back, of domains that could not be made\n", ffa_ids_kept());

    rcu_read_lock(&domlist_read_lock);

    for_each_domain ( d )
    {
        printk("  %pd (%s): %u pages of %u, references %d, %s%s\n", d, d->name, domain_tot_pages(d),
               d->max_pages, atomic_read(&d->refcnt),
               d->is_dying == DOMDYING_alive ? "alive" : d->is_dying == DOMDYING_dying ? "dying" : "dead, id held back",
               d->is_shut_down ? ", shut down" : "");
        for_each_vcpu ( d, v )
            dump_vcpu(v);
    }

    rcu_read_unlock(&domlist_read_lock);
}

/* Each CPU prints what it was doing, one after the other; one that does not answer is left out. */
static void dump_pcpus(unsigned char key)
{
    unsigned int cpu;

    for_each_online_cpu ( cpu )
    {
        printk("  CPU%u: runs %pv\n", cpu, get_cpu_current(cpu));
        if ( cpu == smp_processor_id() )
            dump_execution_state();
        else
            smp_dump_state(cpu);
    }
}

void __init initialize_keytable(void)
{
    register_keyhandler('h', show_help, "this list", false);
    register_keyhandler('*', run_diagnostics, "everything that tells about the state", false);
    register_keyhandler('q', dump_domains, "domains and vCPUs", true);
    register_keyhandler('d', dump_pcpus, "what each physical CPU runs, with its registers", true);
}
