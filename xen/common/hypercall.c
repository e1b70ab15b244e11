/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Hypercalls: HVC #0xEA1, number in x16, arguments in x0-x4, result in x0.
 *
 * One row per call, with the number of its arguments (what it may clobber). A number without a row is -ENOSYS.
 * A call that takes long, or finds a lock taken, is made again: the guest's PC goes back to the HVC, with the arguments
 * that say how far it is, so that the guest's interrupts and other vCPUs get their turn in between.
 * Locks: none here. Buffers are guest virtual addresses of the caller, copied once.
 */
#include <xen/console.h>
#include <xen/errno.h>
#include <xen/guest_access.h>
#include <xen/hypercall.h>
#include <xen/lib.h>
#include <xen/nospec.h>
#include <xen/sched.h>
#include <xen/version.h>
#include <asm/regs.h>
#include <public/features.h>
#include <public/version.h>
#include <public/xen.h>

/* A write longer than this is refused: nobody needs it, and it is done in one go */
#define CONSOLE_WRITE_MAX   4096
#define CONSOLE_CHUNK       128

static long console_write(void *buffer, unsigned int count)
{
    char chunk[CONSOLE_CHUNK];

    while ( count )
    {
        unsigned int n = min_t(unsigned int, count, sizeof(chunk));

        if ( raw_copy_from_guest(chunk, buffer, n) )
            return -EFAULT;

        guest_console_write(current->domain, chunk, n);
        buffer += n;
        count -= n;
    }

    return 0;
}

/* Boot domains have the console; a toolstack's domains are heard in debug builds. */
static bool may_use_console(register_t cmd)
{
    const struct domain *d = current->domain;

    return d->is_console || is_control_domain(d) ||
           (IS_ENABLED(CONFIG_VERBOSE_DEBUG) && cmd == CONSOLEIO_write);
}

/*
 * console_io(cmd, count, buffer)
 * Reading gives nothing: the keyboard goes to a domain through its vpl011, which is where a guest looks for it.
 */
static long do_console_io(register_t cmd, register_t count, register_t buffer)
{
    if ( !may_use_console(cmd) )
        return -EPERM;

    switch ( cmd )
    {
    case CONSOLEIO_write:
        return count > CONSOLE_WRITE_MAX ? -EINVAL : console_write((void *)buffer, count);

    case CONSOLEIO_read:
        return 0;

    default:
        return -ENOSYS;
    }
}

/* Copy a string into a fixed buffer of the guest, the rest of it zero */
#define GIVE_STRING(type, text, to) ({                              \
    type buf_ = "";                                                 \
                                                                    \
    strlcpy(buf_, text, sizeof(buf_));                              \
    raw_copy_to_guest((void *)(to), buf_, sizeof(buf_)) ? -EFAULT : 0; })

static long version_features(void *buffer)
{
    xen_feature_info_t info;

    if ( raw_copy_from_guest(&info, buffer, sizeof(info)) )
        return -EFAULT;

    if ( info.submap_idx >= XENFEAT_NR_SUBMAPS )
        return -EINVAL;

    info.submap = BIT(XENFEAT_writable_page_tables, U) | BIT(XENFEAT_auto_translated_physmap, U) |
                  BIT(XENFEAT_memory_op_vnode_supported, U) | BIT(XENFEAT_ARM_SMCCC_supported, U) |
                  BIT(XENFEAT_not_direct_mapped, U) | BIT(XENFEAT_runstate_phys_area, U);

    return raw_copy_to_guest(buffer, &info, sizeof(info)) ? -EFAULT : 0;
}

static long version_compile_info(void *buffer)
{
    xen_compile_info_t info = {};

    strlcpy(info.compiler, xen_compiler(), sizeof(info.compiler));
    strlcpy(info.compile_by, xen_compile_by(), sizeof(info.compile_by));
    strlcpy(info.compile_domain, xen_compile_domain(), sizeof(info.compile_domain));
    strlcpy(info.compile_date, xen_compile_date(), sizeof(info.compile_date));

    return raw_copy_to_guest(buffer, &info, sizeof(info)) ? -EFAULT : 0;
}

extern const char __note_gnu_build_id_start[], __note_gnu_build_id_end[];

/* The note of the linker: a header of three words, a name ("GNU"), then the id itself */
static long version_build_id(void *buffer)
{
    const uint32_t *note = (const void *)__note_gnu_build_id_start;
    xen_build_id_t head;

    if ( __note_gnu_build_id_end - __note_gnu_build_id_start < 3 * (long)sizeof(*note) )
        return -ENODATA;

    if ( buffer )
    {
        if ( raw_copy_from_guest(&head, buffer, sizeof(head)) )
            return -EFAULT;
        if ( head.len == 0 )
            return -EINVAL;
        if ( head.len < note[1] )
            return -ENOBUFS;
        if ( raw_copy_to_guest(buffer + sizeof(head), (const char *)(note + 3) + ROUNDUP(note[0], 4), note[1]) )
            return -EFAULT;
    }

    return note[1];
}

static long do_xen_version(register_t cmd, register_t arg, register_t unused)
{
    void *buffer = (void *)arg;

    /* Ahead of the others: what a hypercall costs at least is measured with it */
    if ( cmd == XENVER_version )
        return (xen_major_version() << 16) | xen_minor_version();

    switch ( cmd )
    {
    case XENVER_extraversion:
        return GIVE_STRING(xen_extraversion_t, xen_extra_version(), buffer);

    case XENVER_compile_info:
        return version_compile_info(buffer);

    case XENVER_capabilities:
        return GIVE_STRING(xen_capabilities_info_t, "xen-3.0-aarch64 ", buffer);

    case XENVER_changeset:
        return GIVE_STRING(xen_changeset_info_t, xen_changeset(), buffer);

    case XENVER_platform_parameters:
    {
        xen_platform_parameters_t params = { .virt_start = 0 };

        return raw_copy_to_guest(buffer, &params, sizeof(params)) ? -EFAULT : 0;
    }

    case XENVER_get_features:
        return version_features(buffer);

    case XENVER_pagesize:
        return PAGE_SIZE;

    case XENVER_guest_handle:
    {
        xen_domain_handle_t handle;

        memcpy(handle, current->domain->handle, sizeof(handle));

        return raw_copy_to_guest(buffer, handle, sizeof(handle)) ? -EFAULT : 0;
    }

    /* A guest learns nothing about the machine from our command line */
    case XENVER_commandline:
        return GIVE_STRING(xen_commandline_t, "<denied>", buffer);

    case XENVER_build_id:
        return version_build_id(buffer);

    default:
        return -ENOSYS;
    }
}

long hypercall_create_continuation(register_t a0)
{
    struct cpu_user_regs *regs = guest_cpu_user_regs();

    regs->pc -= 4;
    current->hcall_continues = true;

    return a0;
}

typedef long hypercall_fn(register_t a0, register_t a1, register_t a2);

static const struct {
    hypercall_fn *fn;
    unsigned int nr_args;
} hypercall_table[] = {
    [__HYPERVISOR_memory_op]   = { do_memory_op,   2 },
    [__HYPERVISOR_xen_version] = { do_xen_version, 2 },
    [__HYPERVISOR_console_io]  = { do_console_io,  3 },
    [__HYPERVISOR_vcpu_op]     = { do_vcpu_op,     3 },
    [__HYPERVISOR_sched_op]    = { do_sched_op,    2 },
    [__HYPERVISOR_sysctl]      = { do_sysctl,      1 },
    [__HYPERVISOR_domctl]      = { do_domctl,      1 },
#ifdef CONFIG_DEBUG
    [__HYPERVISOR_debug_op]    = { do_debug_op,    2 },
#endif
};

void do_hypercall(struct cpu_user_regs *regs)
{
    register_t nr = regs->x16;
    unsigned int i;

    if ( nr >= ARRAY_SIZE(hypercall_table) )
    {
        regs->x0 = -ENOSYS;
        return;
    }

    nr = array_index_nospec(nr, ARRAY_SIZE(hypercall_table));
    if ( !hypercall_table[nr].fn )
    {
        regs->x0 = -ENOSYS;
        return;
    }

    if ( IS_ENABLED(CONFIG_DEBUG) )
        current->hcall_continues = false;
    regs->x0 = hypercall_table[nr].fn(regs->x0, regs->x1, regs->x2);

    /* What a call may clobber is clobbered, so that nobody comes to rely on it */
    if ( IS_ENABLED(CONFIG_DEBUG) && !current->hcall_continues )
    {
        for ( i = 1; i < hypercall_table[nr].nr_args; i++ )
            set_user_reg(regs, i, 0xdeadbeefdeadf00dUL);
        regs->x16 = 0xdeadbeefdeadf00dUL;
    }
}
