/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Mistakes that the hypervisor makes when it is told to (debug builds, DEBUGOP_break), to see that each of them is caught:
 * page permissions, guard pages, branch targets, signed return addresses. Locks: none.
 */
#include <xen/errno.h>
#include <xen/hypercall.h>
#include <xen/init.h>
#include <xen/lib.h>
#include <xen/mm.h>
#include <asm/config.h>

#include <public/debug_op.h>

/* An instruction, RET, where there should be none */
#define INSN_RET 0xd65f03c0U
static uint32_t ret_in_data = INSN_RET;
static uint32_t __ro_after_init closed_word;

static noinline void call(const void *code)
{
    ((void (*)(void))code)();
    barrier();
}

static noinline unsigned int overflow(unsigned int depth)
{
    volatile uint64_t room[8] = { depth };

    return depth ? overflow(depth - 1) + room[0] : 0;
}

static noinline void run_heap(void)
{
    uint32_t *page = alloc_xenheap_page();

    if ( !page )
        return;

    *page = INSN_RET;
    call(page);
    free_xenheap_page(page);
}

/* To an instruction that is no landing pad */
static noinline void branch_astray(void)
{
    asm volatile ( "    adr x9, 1f\n"
                   "    br  x9\n"
                   "1:  nop" ::: "x9" );
}

/* The right return address, without its signature */
static noinline void return_unsigned(void)
{
    unsigned long *frame = __builtin_frame_address(0);

    /* Says that LR changes: so it is kept in the frame, and taken from there in the end */
    asm volatile ( "" ::: "x30", "memory" );
    ACCESS_ONCE(frame[1]) = frame[1] & ((1UL << VADDR_BITS) - 1);
    asm volatile ( "" ::: "x30", "memory" );
}

/*
 * debug_break - make the mistake @how (DEBUGOP_BREAK_*)
 * Returns: -ENOSYS if there is none of this number, or if this CPU does not see that it is one.   Context: hypercall.
 */
long debug_break(register_t how)
{
    switch ( how )
    {
    case DEBUGOP_BREAK_bug:
        BUG();
        break;

    case DEBUGOP_BREAK_write_text:
        ACCESS_ONCE(*(uint32_t *)(vaddr_t)debug_break) = INSN_RET;
        break;

    case DEBUGOP_BREAK_write_closed:
        ACCESS_ONCE(closed_word) = INSN_RET;
        break;

    case DEBUGOP_BREAK_run_data:
        call(&ret_in_data);
        break;

    case DEBUGOP_BREAK_run_heap:
        run_heap();
        break;

    case DEBUGOP_BREAK_stack:
        overflow(STACK_SIZE / sizeof(uint64_t[8]));
        break;

    case DEBUGOP_BREAK_branch:
        branch_astray();
        break;

    case DEBUGOP_BREAK_return:
        return_unsigned();
        break;
    }

    return -ENOSYS;
}
