/* SPDX-License-Identifier: BSD-2-Clause */
/* See vcpus.h. */
#include <unistd.h>

#include "vcpus.h"

/* s. The programs take one or two; what hangs, in whichever thread, is killed then. */
#define PATIENCE 60

static pthread_mutex_t baton = PTHREAD_MUTEX_INITIALIZER;
static pthread_cond_t passed = PTHREAD_COND_INITIALIZER;
static struct cpu *turn;                /* NULL: the test's */
static __thread struct cpu *self;

/* The test's own thread has it from the start. */
static __attribute__((constructor)) void take_baton(void)
{
    alarm(PATIENCE);
    pthread_mutex_lock(&baton);
}

static void pass_to(struct cpu *next, struct cpu *me)
{
    turn = next;
    pthread_cond_broadcast(&passed);
    while ( turn != me )
        pthread_cond_wait(&passed, &baton);
    shim_current = me ? me->v : NULL;
}

/* Inside do_softirq(): a vCPU that is blocked does not come back before it is unblocked. */
void others_run(void)
{
    if ( !self )
        return;

    while ( self->v->blocked )
    {
        pass_to(NULL, self);
        if ( self->killed )
        {
            turn = NULL;
            pthread_cond_broadcast(&passed);
            pthread_mutex_unlock(&baton);
            pthread_exit(NULL);
        }
    }
}

static void *vcpu_main(void *arg)
{
    self = arg;
    pthread_mutex_lock(&baton);
    while ( turn != self )
        pthread_cond_wait(&passed, &baton);
    shim_current = self->v;
    assert_true(mediator->handle_call(&self->regs));
    assert_int_equal(shim_locks, 0);
    self->busy = self->v->irq = false;
    assert_false(self->v->blocked);
    turn = NULL;
    pthread_cond_broadcast(&passed);
    pthread_mutex_unlock(&baton);

    return NULL;
}

static void let(struct cpu *c)
{
    pass_to(c, NULL);
    if ( !c->busy )
    {
        pthread_mutex_unlock(&baton);
        pthread_join(c->thread, NULL);
        pthread_mutex_lock(&baton);
    }
}

void call_regs_of(struct cpu *c, const struct cpu_user_regs *regs)
{
    assert_false(c->busy);
    c->regs = *regs;
    c->busy = true;
    assert_int_equal(pthread_create(&c->thread, NULL, vcpu_main, c), 0);
    let(c);
}

void call(struct cpu *c, uint64_t fid, uint64_t a1, uint64_t a2, uint64_t a3, uint64_t a4)
{
    struct cpu_user_regs regs = { .x = { fid, a1, a2, a3, a4 } };
    unsigned int i;

    for ( i = 8; i < 31; i++ )
        regs.x[i] = 0xdead0000U + i;
    call_regs_of(c, &regs);
}

void go_on(struct cpu *c)
{
    assert_true(c->busy);
    assert_false(c->v->blocked);
    let(c);
}

void interrupt(struct cpu *c)
{
    assert_true(c->busy && c->v->blocked);
    c->v->irq = true;
    vcpu_unblock(c->v);
    let(c);
    assert_false(c->busy);
}

bool waits(const struct cpu *c) { return c->busy && c->v->blocked; }
bool woken(const struct cpu *c) { return c->busy && !c->v->blocked; }

struct cpu make(struct domain *d, unsigned int vcpu)
{
    return (struct cpu){ .d = d, .v = d->vcpu[vcpu] };
}

/* It was in a call when its VM died. */
void forget(struct cpu *c)
{
    if ( !c->busy )
        return;
    c->killed = true;
    c->v->blocked = true;
    pass_to(c, NULL);
    pthread_mutex_unlock(&baton);
    pthread_join(c->thread, NULL);
    pthread_mutex_lock(&baton);
    c->busy = false;
}

/* ---- VMs ---- */

struct domain *dom[3];
struct cpu a0, a1, b0, b1, c0;

void boot(const char *one, const char *two, const char *three)
{
    unsigned int i;

    world_reset();
    world_policy("sp:* all", (const char *const[]){ one, two, three }, 3);
    world_boot();
    shim_softirq = others_run;
    for ( i = 0; i < 3; i++ )
    {
        dom[i] = vm_boot(i + 1, 2, FFA_VERSION_1_2);
        assert_non_null(dom[i]);
    }
    a0 = make(dom[0], 0);
    a1 = make(dom[0], 1);
    b0 = make(dom[1], 0);
    b1 = make(dom[1], 1);
    c0 = make(dom[2], 0);
}

int booted(void **state)
{
    boot("sp:* all|vm:* all", "sp:* all|vm:* all", "sp:* all|vm:* all");
    return 0;
}

static void die(struct domain **d)
{
    vm_die(*d);
    assert_true(vm_gone(*d, SECONDS(1)));
    vm_bury(*d);
    *d = NULL;
}

static void forget_of(const struct domain *d)
{
    struct cpu *all[] = { &a0, &a1, &b0, &b1, &c0 };
    unsigned int i;

    for ( i = 0; i < ARRAY_SIZE(all); i++ )
        if ( all[i]->d == d )
            forget(all[i]);
}

int gone(void **state)
{
    unsigned int i;

    for ( i = 0; i < 3; i++ )
        if ( dom[i] )
        {
            forget_of(dom[i]);
            die(&dom[i]);
        }
    return 0;
}

void kill_vm(unsigned int i)
{
    vm_die(dom[i]);
    assert_true(vm_gone(dom[i], SECONDS(1)));
    forget_of(dom[i]);
    vm_bury(dom[i]);
    dom[i] = NULL;
}
