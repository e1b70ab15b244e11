/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * struct ffa_os for this kernel. On the firmware alone (ID_GET says 0) the kernel takes the hypervisor's place: it creates
 * the bitmap of VM 1, handles the SRI by INFO_GET, and fetches for that VM, so that the same programs run.
 */
#include "ffa_port.h"

struct ffa ffa;
enum conduit ffa_conduit;
bool ffa_physical;
volatile unsigned long ffa_npis[MAX_CPUS];

const struct ffa_uuid uuid_echo = { SP_ECHO_UUID }, uuid_notify = { SP_NOTIFY_UUID }, uuid_faults = { SP_FAULTS_UUID };

static struct spinlock lock;

static void os_call(void *ctx, struct ffa_regs *regs)
{
    (void)ctx;
    /* Same layout: x0-x17 */
    smccc_call(ffa_conduit, (struct smccc *)regs);
}

static uint64_t os_to_ipa(void *ctx, const void *va)
{
    (void)ctx;
    return (uintptr_t)va;
}

static uint16_t os_vcpu(void *ctx)
{
    (void)ctx;
    return (uint16_t)cpu_id();
}

static unsigned long os_lock(void *ctx)
{
    (void)ctx;
    return spin_lock_irqsave(&lock);
}

static void os_unlock(void *ctx, unsigned long flags)
{
    (void)ctx;
    spin_unlock_irqrestore(&lock, flags);
}

static void os_pause(void *ctx, uint64_t ns)
{
    (void)ctx;
    (void)wait_event(false, ns ? ns / 1000 + 1 : 1000);
}

static const struct ffa_os os = {
    .call = os_call,
    .to_ipa = os_to_ipa,
    .vcpu = os_vcpu,
    .lock = os_lock,
    .unlock = os_unlock,
    .pause = os_pause,
};

uint32_t ffa_wanted_version(uint32_t otherwise)
{
    char buf[8];

    if ( !cmdline_get("version", buf, sizeof(buf)) )
        return otherwise;

    return !strcmp(buf, "1.0") ? FFA_VERSION_1_0 : !strcmp(buf, "1.1") ? FFA_VERSION_1_1 : FFA_VERSION_1_2;
}

void ffa_port_raw(void)
{
    ffa = (struct ffa){ .os = &os, .get_flags = FFA_GET_ALL };
}

int ffa_start(uint32_t version)
{
    char buf[8];
    int rc;

    ffa_conduit = psci_conduit;
    if ( cmdline_get("conduit", buf, sizeof(buf)) && !entered_at_el2 )
        ffa_conduit = !strcmp(buf, "smc") ? CONDUIT_SMC : CONDUIT_HVC;

    rc = ffa_init(&ffa, &os, ffa_wanted_version(version));
    if ( rc == FFA_OK && !ffa.id )
    {
        ffa_physical = true;
        ffa.id = (uint16_t)cmdline_u64("as", 1);
        ffa.get_flags = FFA_GET_SP | FFA_GET_SPM;
    }

    return rc;
}

static void on_npi(uint32_t intid, void *arg)
{
    int rc;

    (void)intid;
    (void)arg;
    ffa_npis[cpu_id()]++;
    rc = ffa_notif_interrupt(&ffa);
    if ( rc != FFA_OK )
        printf("# NOTIFICATION_GET on vcpu %u: %d\n", cpu_id(), rc);
}

static void on_sri(uint32_t intid, void *arg)
{
    uint16_t ids[20];
    uint8_t lens[20];
    bool more = true;
    unsigned int rounds;
    int n, i, j, at;

    (void)intid;
    (void)arg;
    ffa_npis[cpu_id()]++;
    for ( rounds = 0; more && rounds < 64; rounds++ )
    {
        n = ffa_notif_info(&ffa, ids, lens, &more);
        for ( i = 0, at = 0; i < n; at += lens[i] + 1, i++ )
        {
            if ( ids[at] != ffa.id )
                continue;
            if ( !lens[i] )
                ffa_notif_interrupt(&ffa);
            for ( j = 1; j <= lens[i]; j++ )
                ffa_notif_fetch(&ffa, ids[at + j]);
        }
    }
}

void ffa_cpu_enable(void *unused)
{
    (void)unused;
    if ( ffa.npi )
        gic_enable(ffa.npi);
}

void ffa_cpus_enable(void)
{
    unsigned int i;

    for ( i = 1; i < nr_cpus; i++ )
        if ( cpus[i].online )
            cpu_call(i, ffa_cpu_enable, NULL);
}

static int start_notifications(void)
{
    struct ffa_regs r;
    int rc;

    if ( ffa.version < FFA_VERSION_1_1 )
        return FFA_OK;

    if ( ffa_physical )
    {
        ffa_call(&ffa, &r, FFA_NOTIFICATION_BITMAP_CREATE, ffa.id, nr_cpus, 0, 0, 0, 0, 0);
        rc = ffa_status(&r);
        if ( rc == FFA_OK )
            rc = ffa_features(&ffa, FFA_FEATURE_SRI, 0, &ffa.npi, NULL);
    }
    else
        rc = ffa_notif_init(&ffa);

    if ( rc != FFA_OK )
    {
        printf("# no notifications: %d\n", rc);
        return FFA_OK;
    }
    if ( ffa.npi >= 32 )
        return FFA_ABORTED;

    irq_set_handler(ffa.npi, ffa_physical ? on_sri : on_npi, NULL);
    ffa_cpu_enable(NULL);

    return FFA_OK;
}

int ffa_start_without_buffers(uint32_t version)
{
    int rc = ffa_start(version);

    return rc == FFA_OK ? start_notifications() : rc;
}

int ffa_start_all(uint32_t version)
{
    int rc = ffa_start(version);

    if ( rc == FFA_OK )
        rc = ffa_rxtx_map(&ffa, page_alloc(), page_alloc(), 1);

    return rc == FFA_OK ? start_notifications() : rc;
}

int sp_command(uint16_t sp, uint64_t w[5])
{
    uint64_t until = time_us() + 10000000;
    struct ffa_msg msg;
    unsigned int i;
    int rc;

    for ( ; ; )
    {
        for ( i = 0; i < 5; i++ )
            msg.w[i] = w[i];
        msg.is64 = false;
        rc = ffa_msg(&ffa, sp, &msg);
        if ( rc != FFA_BUSY || time_us() >= until )
            break;
        /* Another vCPU or VM has the SP: nobody tells when it is free */
        (void)wait_event(false, 500);
    }

    if ( rc == FFA_OK )
        for ( i = 0; i < 5; i++ )
            w[i] = msg.w[i];

    return rc;
}

uint32_t ffa_msg_respond_briefly(struct ffa *f, struct ffa_regs *r)
{
    /* Masked: a timer that is over before the wait begins ends it all the same. */
    uint64_t flags = irq_save();
    uint32_t what;

    timer_arm(1000);
    what = ffa_msg_respond(f, r);
    timer_disarm();
    irq_restore(flags);

    return what;
}

unsigned int ffa_reserved(uint32_t fid, unsigned int first, uint64_t x1, uint64_t x2, uint64_t x3)
{
    uint64_t bit = fid & 0x40000000u ? 1ul << 63 : 1ul << 31;
    unsigned int i, taken = 0;

    for ( i = first; i < 8; i++ )
    {
        struct ffa_regs r = { .x = { fid, x1, x2, x3 } };

        r.x[i] = bit;
        smccc_call(ffa_conduit, (struct smccc *)&r);
        taken += ffa_status(&r) != FFA_INVALID_PARAMETERS;
    }

    return taken;
}
