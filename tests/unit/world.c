/* SPDX-License-Identifier: BSD-2-Clause */
/* The SPMC behind the SMC, the domains, and a guest's calls: see world.h. */
#include "world.h"

struct spmc spmc;
struct spmc_mem spmc_mem;
struct cpu_user_regs call_regs;

static struct {
    uint32_t fid;
    struct ffa_regs regs;
    bool used;
} script[512];
static unsigned int nr_script;
static void *hyp_tx, *hyp_rx;
static uint8_t fdt[2048];
const void *device_tree_flattened = fdt;

void spmc_answer(uint32_t fid, const struct ffa_regs *answer)
{
    assert_true(nr_script < ARRAY_SIZE(script));
    script[nr_script].fid = fid;
    script[nr_script].regs = *answer;
    script[nr_script++].used = false;
}

void spmc_forget_answers(void)
{
    nr_script = 0;
}

void spmc_error(uint32_t fid, int32_t code, unsigned int times)
{
    while ( times-- )
        spmc_answer(fid, &(struct ffa_regs){ .x = { FFA_FID(ERROR), 0, (uint32_t)code } });
}

void spmc_lists(uint64_t x2, uint64_t x3, uint64_t x4)
{
    spmc_answer(FFA_FID(NOTIF_INFO_GET_64), &(struct ffa_regs){ .x = { FFA_FID(SUCCESS_64), 0, x2, x3, x4 } });
}

unsigned int spmc_count(uint32_t fid)
{
    unsigned int i, n = 0;

    for ( i = 0; i < spmc.nr_log; i++ )
        n += spmc.log[i].x[0] == fid;

    return n;
}

const struct ffa_regs *spmc_last(uint32_t fid)
{
    unsigned int i;

    for ( i = spmc.nr_log; i--; )
        if ( spmc.log[i].x[0] == fid )
            return &spmc.log[i];

    return NULL;
}

static bool lacks(uint32_t fid)
{
    unsigned int i;

    for ( i = 0; i < spmc.nr_lacks; i++ )
        if ( spmc.lacks[i] == fid )
            return true;

    return !spmc.version;
}

static void part(unsigned int i, uint16_t id, uint32_t properties, uint8_t uuid)
{
    uint8_t *p = (uint8_t *)hyp_rx + i * spmc.stride;

    memset(p, 0, spmc.stride);
    memcpy(p, &id, 2);
    memcpy(p + 2, &spmc.contexts, 2);
    memcpy(p + 4, &properties, 4);
    memset(p + 8, uuid, 16);
}

static unsigned int fill_partitions(void)
{
    static const uint8_t optee[16] = "\x48\x61\x78\xe0\xe7\xf8\x11\xe3\xbc\x5e\x00\x02\xa5\xd5\xc5\x1b";

    /* Not sorted, one partition with two UUIDs, one that wants VM created and destroyed */
    part(0, SP_NOTIFY, 0x7cb, 0x22);
    part(1, SP_ECHO, 0x70f, 0x11);
    part(2, SP_PLAIN, 0x108, 0x33);
    part(3, SP_ECHO, 0x70f, 0x44);
    if ( spmc.optee )
        memcpy((uint8_t *)hyp_rx + 3 * spmc.stride + 8, optee, sizeof(optee));
    return 4;
}

/* One more fragment of @bytes from our normal world's TX */
static void mem_take(uint32_t bytes, struct ffa_regs *out)
{
    struct spmc_mem *m = &spmc_mem;

    assert_true(bytes && bytes <= 4096 && bytes <= m->total - m->have && m->total <= sizeof(m->desc));
    memcpy(m->desc + m->have, hyp_tx, bytes);
    m->have += bytes;
    if ( m->have < m->total )
    {
        *out = (struct ffa_regs){
            .x = { FFA_FID(MEM_FRAG_RX), (uint32_t)m->handle, m->handle >> 32, m->have, (uint64_t)m->desc[0] << 16 },
        };
        return;
    }
    m->live[m->nr_live++] = m->handle;
    out->x[2] = (uint32_t)m->handle;
    out->x[3] = m->handle >> 32;
}

static void mem_reclaim(uint64_t handle, struct ffa_regs *out)
{
    struct spmc_mem *m = &spmc_mem;
    unsigned int i;

    for ( i = 0; i < m->nr_live && m->live[i] != handle; i++ )
        ;
    if ( i == m->nr_live )
        *out = (struct ffa_regs){ .x = { FFA_FID(ERROR), 0, (uint32_t)-2 } };
    else if ( m->denies )
        *out = (struct ffa_regs){ .x = { FFA_FID(ERROR), 0, (uint32_t)-6 } };
    else
        m->live[i] = m->live[--m->nr_live];
}

static void answer(const struct ffa_regs *in, struct ffa_regs *out)
{
    uint32_t fid = in->x[0], w1 = in->x[1];
    unsigned int i;

    *out = (struct ffa_regs){ .x = { FFA_FID(SUCCESS_32) } };
    if ( lacks(fid) )
    {
        out->x[0] = spmc.version ? FFA_FID(ERROR) : UINT32_MAX;
        out->x[2] = UINT32_MAX;
        return;
    }

    switch ( fid )
    {
    case FFA_FID(VERSION):
        out->x[0] = w1 <= spmc.version ? spmc.version : UINT32_MAX;
        break;

    case FFA_FID(FEATURES):
        out->x[2] = w1 == 2 ? spmc.sri : 0;
        if ( lacks(w1) || (spmc.hides && w1 == spmc.hides) || (w1 == 2 && !spmc.sri) )
            *out = (struct ffa_regs){ .x = { FFA_FID(ERROR), 0, UINT32_MAX } };
        break;

    case FFA_FID(SPM_ID_GET):
        out->x[2] = 0x8000;
        break;

    case FFA_FID(RXTX_MAP_64):
        if ( !in->x[1] )
        {
            spmc.rx_full[*(uint8_t *)hyp_tx] = false;
            memcpy(spmc.vm_pair, hyp_tx, sizeof(spmc.vm_pair));
            break;
        }
        hyp_tx = (void *)(uintptr_t)in->x[1];
        hyp_rx = (void *)(uintptr_t)in->x[2];
        break;

    case FFA_FID(RXTX_UNMAP):
        if ( !w1 )
            hyp_tx = hyp_rx = NULL;
        break;

    case FFA_FID(RX_ACQUIRE):
    case FFA_FID(RX_RELEASE):
        if ( !w1 )
            break;
        if ( w1 == 0x7ffe )
        {
            *out = (struct ffa_regs){ .x = { FFA_FID(ERROR), 0, (uint32_t)-2 } };
            break;
        }
        assert_true(w1 < ARRAY_SIZE(spmc.rx_full));
        if ( spmc.rx_full[w1] == (fid == FFA_FID(RX_ACQUIRE)) )
            *out = (struct ffa_regs){ .x = { FFA_FID(ERROR), 0, (uint32_t)-6 } };
        else
            spmc.rx_full[w1] = !spmc.rx_full[w1];
        break;

    case FFA_FID(PARTITION_INFO_GET):
        out->x[2] = fill_partitions();
        out->x[3] = spmc.stride;
        break;

    case FFA_FID(DIRECT_REQ_32):
    case FFA_FID(DIRECT_REQ_64):
    case FFA_FID(DIRECT_REQ2):
        for ( i = 0; i < FFA_NR_REGS; i++ )
            out->x[i] = in->x[i];
        out->x[0] = fid + 1;
        out->x[1] = (w1 << 16) | (w1 >> 16);
        if ( fid != FFA_FID(DIRECT_REQ2) && in->x[2] )
        {
            out->x[2] = in->x[2] + 1;
            out->x[3] = 0;
        }
        break;

    case FFA_FID(MEM_SHARE_32):
    case FFA_FID(MEM_SHARE_64):
    case FFA_FID(MEM_DONATE_64):
        spmc_mem.total = w1;
        spmc_mem.have = 0;
        spmc_mem.handle += SPMC_HANDLE_STEP;
        mem_take(in->x[2], out);
        break;

    case FFA_FID(MEM_FRAG_TX):
        assert_true((in->x[1] | in->x[2] << 32) == spmc_mem.handle && in->x[4] == (uint64_t)spmc_mem.desc[0] << 16);
        mem_take(in->x[3], out);
        break;

    case FFA_FID(MEM_RECLAIM):
        mem_reclaim(in->x[1] | in->x[2] << 32, out);
        break;

    case FFA_FID(NOTIF_GET):
        if ( w1 >> 16 >= ARRAY_SIZE(spmc.pending) )
            break;
        out->x[2] = (uint32_t)spmc.pending[w1 >> 16];
        out->x[3] = spmc.pending[w1 >> 16] >> 32;
        spmc.pending[w1 >> 16] = 0;
        break;

    case FFA_FID(NOTIF_INFO_GET_32):
    case FFA_FID(NOTIF_INFO_GET_64):
        *out = (struct ffa_regs){ .x = { FFA_FID(ERROR), 0, (uint32_t)-9 } };
        break;
    }
}

static bool uses_buffers(uint32_t fid, uint64_t w1)
{
    switch ( fid )
    {
    case FFA_FID(MEM_SHARE_32):
    case FFA_FID(MEM_SHARE_64):
    case FFA_FID(MEM_DONATE_64):
    case FFA_FID(MEM_FRAG_TX):
    case FFA_FID(MEM_RETRIEVE_REQ_64):
    case FFA_FID(MEM_FRAG_RX):
    case FFA_FID(MEM_RELINQUISH):
        return true;

    case FFA_FID(RXTX_MAP_64):
        return !w1;

    default:
        return false;
    }
}

void arm_smccc_1_2_smc(const struct arm_smccc_1_2_regs *args, struct arm_smccc_1_2_regs *res)
{
    const unsigned long *a = &args->a0;
    unsigned long *r = &res->a0;
    struct ffa_regs in, out;
    uint32_t fid;
    unsigned int i;

    /*
     * The rule of the house: nobody waits for the secure world with a lock in his hands, but that of our buffers. RECLAIM with
     * or without: test_shm_reuse.c knows when.
     */
    fid = args->a0;
    ASSERT(shim_locks == uses_buffers(fid, args->a1) ||
           (shim_locks == 1 && (fid == FFA_FID(RX_RELEASE) || fid == FFA_FID(PARTITION_INFO_GET) || fid == FFA_FID(MEM_RECLAIM))));
    for ( i = 0; i < FFA_NR_REGS; i++ )
        in.x[i] = a[i];
    ASSERT(spmc.nr_log < ARRAY_SIZE(spmc.log));
    spmc.log[spmc.nr_log++] = in;
    if ( spmc.during )
        spmc.during(&in);

    for ( i = 0; i < nr_script; i++ )
        if ( !script[i].used && script[i].fid == in.x[0] )
            break;

    if ( i < nr_script )
    {
        script[i].used = true;
        out = script[i].regs;
    }
    else
        answer(&in, &out);
    if ( spmc.after )
        spmc.after(&in);

    for ( i = 0; i < FFA_NR_REGS; i++ )
        r[i] = out.x[i];
}

static void put_peers(const char *peers)
{
    char list[512];
    unsigned int i, len;

    if ( !peers )
        return;

    if ( !strncmp(peers, "scheduler|", 10) )
    {
        assert_int_equal(fdt_property(fdt, "xen,ffa-scheduler", NULL, 0), 0);
        peers += 10;
    }
    len = strlen(peers);
    assert_true(len < sizeof(list));
    for ( i = 0; i <= len; i++ )
        list[i] = peers[i] == '|' ? '\0' : peers[i];
    assert_int_equal(fdt_property(fdt, "xen,ffa-peers", list, len ? len + 1 : 0), 0);
}

void world_policy(const char *chosen, const char *const *domains, unsigned int nr)
{
    static const char *const names[] = { "one", "two", "three" };
    unsigned int i;

    assert_int_equal(fdt_create(fdt, sizeof(fdt)), 0);
    fdt_finish_reservemap(fdt);
    fdt_begin_node(fdt, "");
    fdt_begin_node(fdt, "chosen");
    put_peers(chosen);
    for ( i = 0; i < nr; i++ )
    {
        fdt_begin_node(fdt, names[i]);
        fdt_property_string(fdt, "compatible", "xen,domain");
        put_peers(domains[i]);
        fdt_end_node(fdt);
    }
    fdt_end_node(fdt);
    fdt_end_node(fdt);
    assert_int_equal(fdt_finish(fdt), 0);
}

void world_reset(void)
{
    spmc = (struct spmc){ .version = FFA_VERSION_1_2, .sri = 8, .contexts = 2, .stride = 24 };
    nr_script = 0;
    memset(&spmc_mem, 0, sizeof(spmc_mem));
    free(hyp_tx);
    free(hyp_rx);
    hyp_tx = hyp_rx = NULL;
    memset(&ffa_total, 0, sizeof(ffa_total));
    world_policy("sp:* all|vm:* all", (const char *const[]){ NULL, NULL, NULL }, 3);
    shim_reset();
}

void world_boot(void)
{
    assert_true(mediator->probe());
    for ( shim_cpu = 1; shim_cpu < SHIM_CPUS; shim_cpu++ )
        mediator->init_secondary();
    shim_cpu = 0;
    spmc.nr_log = 0;
}

struct domain *vm_create(domid_t id, unsigned int vcpus)
{
    struct domain *d = calloc(1, sizeof(*d));
    unsigned int i;

    d->domain_id = id;
    d->max_vcpus = vcpus;
    if ( mediator->domain_init(d) )
    {
        free(d);
        return NULL;
    }

    for ( i = 0; i < vcpus; i++ )
    {
        d->vcpu[i] = calloc(1, sizeof(struct vcpu));
        d->vcpu[i]->vcpu_id = i;
        d->vcpu[i]->domain = d;
        d->vcpu[i]->online = true;
    }
    d->next_in_list = shim_domains;
    shim_domains = d;

    return d;
}

struct domain *vm_boot(domid_t id, unsigned int vcpus, uint32_t version)
{
    struct domain *d = vm_create(id, vcpus);

    assert_non_null(d);
    vm_version(d, version);
    vm_do(d, FFA_FID(ID_GET), 0, 0, 0, 0, 0);

    return d;
}

void vm_destroy(struct domain *d)
{
    vm_die(d);
    assert_true(vm_gone(d, SECONDS(20)));
    vm_bury(d);
}

void vm_die(struct domain *d)
{
    unsigned int before = spmc.nr_log;

    d->is_dying = DOMDYING_dying;
    assert_int_equal(mediator->domain_teardown(d), 0);
    /* Who kills waits for no SP. */
    assert_int_equal(spmc.nr_log, before);
    assert_int_equal(mediator->relinquish_resources(d), 0);
}

bool vm_gone(struct domain *d, s_time_t patience)
{
    shim_run_timers(shim_now + patience);

    return !d->refs;
}

void vm_bury(struct domain *d)
{
    struct domain **p;
    unsigned int i;

    assert_int_equal(d->refs, 0);
    d->is_dying = DOMDYING_dead;
    for ( p = &shim_domains; *p != d; p = &(*p)->next_in_list )
        ;
    *p = d->next_in_list;
    mediator->free_domain_ctx(d);
    assert_null(d->arch.tee);
    mediator->free_domain_ctx(d);
    for ( i = 0; i < d->max_vcpus; i++ )
        free(d->vcpu[i]);
    free(d);
}

bool vm_call(struct domain *d, struct cpu_user_regs *regs)
{
    bool handled;

    shim_current = d->vcpu[0];
    handled = mediator->handle_call(regs);
    /* It takes its interrupts before it goes on. */
    d->vcpu[0]->irq = false;
    assert_false(d->vcpu[0]->blocked);
    shim_current = NULL;
    assert_int_equal(shim_locks, 0);

    return handled;
}

uint64_t vm_do(struct domain *d, uint64_t fid, uint64_t a1, uint64_t a2, uint64_t a3, uint64_t a4, uint64_t a5)
{
    unsigned int i;

    call_regs = (struct cpu_user_regs){ .x = { fid, a1, a2, a3, a4, a5 } };
    for ( i = 8; i < 31; i++ )
        call_regs.x[i] = 0xdead0000U + i;
    assert_true(vm_call(d, &call_regs));

    return call_regs.x[0];
}

void vm_version(struct domain *d, uint32_t version)
{
    vm_do(d, FFA_FID(VERSION), version, 0, 0, 0, 0);
    assert_int_equal(call_regs.x[0], FFA_VERSION_1_2);
}

int one_vm(void **state)
{
    world_reset();
    world_boot();
    *state = vm_create(1, SHIM_CPUS);
    vm_version(*state, FFA_VERSION_1_2);
    return 0;
}

int one_vm_gone(void **state)
{
    vm_destroy(*state);
    return 0;
}

void sri(unsigned int cpu)
{
    unsigned int before = shim_cpu;

    shim_cpu = cpu;
    shim_sri(8, NULL);
    shim_cpu = before;
    shim_run_tasklets();
}
