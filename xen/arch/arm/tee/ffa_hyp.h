/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * The hypervisor as an endpoint of notifications, id 0 (ffa_hyp.c): the API for hypervisor code, and what the other files
 * of the mediator call. Part of ffa_private.h, which has the types. docs/interfaces.md tells users of the bits.
 */
#ifndef __TEE_FFA_HYP_H__
#define __TEE_FFA_HYP_H__

/* ---- Sender: bits of VMs and SPs that they have bound to id 0 ------------------------------------------------------ */

#define FFA_HYP_EVENT_PARTITIONS        63U   /* a VM that the receiver may discover has come or gone                */

void ffa_hyp_notif_set(struct ffa_ctx *to, uint64_t bits);

/* ---- Receiver: bits of id 0 ------------------------------------------------------------------------------------------ */

/*
 * What a bit is for. @sender: a VM or an SP; @bit: which one it has set; @cpu: the vCPU it named, for per-vCPU bits: those of
 * the hypervisor are the CPUs; else this CPU.   Context: softirq on @cpu, no lock held; for VMs in an RCU section.
 */
typedef void ffa_hyp_handler(uint16_t sender, unsigned int bit, unsigned int cpu);

void ffa_hyp_notif_bind(unsigned int bit, bool per_vcpu, ffa_hyp_handler *handler);
ffa_rc_t ffa_hyp_notif_bind_sp(unsigned int sp, unsigned int bit, bool per_vcpu, ffa_hyp_handler *handler);

#define FFA_HYP_BELL_LEDGER             0U    /* from VMs: print the ledger of the sender                            */
#define FFA_HYP_BELL_CPU                1U    /* from VMs, per-vCPU: print what turns SPs had on that CPU            */
/* From SPs: it wants cycles, on any CPU; the bit after it, per-vCPU: for that vCPU */
#define FFA_HYP_BELL_SP(id)             (2U * ((id) % 32U))

/* ---- The rest of the mediator ---------------------------------------------------------------------------------------- */

void ffa_hyp_init_cpu(void);
ffa_rc_t ffa_hyp_rung(struct ffa_ctx *from, uint32_t flags, uint64_t bits);
void ffa_hyp_vm_fini(struct ffa_ctx *ctx);
void ffa_hyp_listed(const uint16_t *vcpus, unsigned int nr);
void ffa_hyp_listed_all(void);
void ffa_hyp_partitions_changed(void);

#endif /* __TEE_FFA_HYP_H__ */

/*
 * Local variables:
 * mode: C
 * c-file-style: "BSD"
 * c-basic-offset: 4
 * tab-width: 4
 * indent-tabs-mode: nil
 * End:
 */
