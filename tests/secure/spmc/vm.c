/* SPDX-License-Identifier: BSD-2-Clause */
/* The table of normal world endpoints that have state here: announced, a bitmap, or buffers. All under spmc_lock. */
#include "spmc.h"

struct vm vms[1 + MAX_VMS] = { { .used = true } };

struct vm *vm_find(uint16_t id)
{
    unsigned int i;

    for ( i = 0; i < ARRAY_SIZE(vms); i++ )
        if ( vms[i].used && vms[i].id == id )
            return &vms[i];

    return NULL;
}

struct vm *vm_get(uint16_t id)
{
    struct vm *vm = vm_find(id);
    unsigned int i;

    if ( vm || is_secure(id) || id == FFA_ID_INVALID )
        return vm;

    for ( i = 0; i < ARRAY_SIZE(vms); i++ )
        if ( !vms[i].used )
        {
            vms[i] = (struct vm){ .used = true, .id = id };
            return &vms[i];
        }

    return NULL;
}

void vm_put(struct vm *vm)
{
    if ( vm != &vms[0] && !vm->announced && !vm->notif.enabled && !vm->buf.mapped )
        vm->used = false;
}
