/* SPDX-License-Identifier: GPL-2.0-only */
/* EL1 state of a vCPU: between vcpu_state.c and domain.c. */
#ifndef ARM_VCPU_STATE_H
#define ARM_VCPU_STATE_H

struct vcpu;

/* Registers of EL1/EL0 and trap controls out of and into hardware; IRQs off, on the vCPU's CPU */
void vcpu_save_el1(struct vcpu *v);
void vcpu_restore_el1(struct vcpu *v);

/* All of it as after reset; the vCPU does not run */
void vcpu_reset_el1(struct vcpu *v);

/* Controls and identity, at creation */
void vcpu_init_controls(struct vcpu *v);

#endif /* ARM_VCPU_STATE_H */
