/* SPDX-License-Identifier: MIT */
/*
 * The Arm part of the guest interface. Hypercall: number in x16, arguments in
 * x0-x4, HVC #XEN_HYPERCALL_TAG, result in x0. Pointers are virtual addresses
 * of the guest, frame numbers count 4 KiB.
 */
#ifndef XEN_PUBLIC_ARCH_ARM_H
#define XEN_PUBLIC_ARCH_ARM_H

#define XEN_HYPERCALL_TAG   0xEA1

#ifndef __ASSEMBLY__

#ifdef __XEN__
#include <xen/types.h>
#else
#include <stddef.h>
#include <stdint.h>
#endif

#define int64_aligned_t int64_t __attribute__((__aligned__(8)))
#define uint64_aligned_t uint64_t __attribute__((__aligned__(8)))

/* A pointer in a structure is 8 bytes for every guest. */
#define ___DEFINE_XEN_GUEST_HANDLE(name, type)                          \
    typedef union { type *p; unsigned long q; }                         \
        __guest_handle_ ## name;                                        \
    typedef union { type *p; uint64_aligned_t q; }                      \
        __guest_handle_64_ ## name

#define __DEFINE_XEN_GUEST_HANDLE(name, type)                           \
    ___DEFINE_XEN_GUEST_HANDLE(name, type);                             \
    ___DEFINE_XEN_GUEST_HANDLE(const_##name, const type)
#define DEFINE_XEN_GUEST_HANDLE(name) __DEFINE_XEN_GUEST_HANDLE(name, name)
#define __XEN_GUEST_HANDLE(name)      __guest_handle_64_ ## name
#define XEN_GUEST_HANDLE(name)        __XEN_GUEST_HANDLE(name)
#define XEN_GUEST_HANDLE_PARAM(name)  __guest_handle_ ## name
#define XEN_GUEST_HANDLE_64(name)     XEN_GUEST_HANDLE(name)
#define set_xen_guest_handle_raw(hnd, val)                              \
    do {                                                                \
        __typeof__(&(hnd)) _sxghr_tmp = &(hnd);                         \
        _sxghr_tmp->q = 0;                                              \
        _sxghr_tmp->p = val;                                            \
    } while ( 0 )
#define set_xen_guest_handle(hnd, val) set_xen_guest_handle_raw(hnd, val)

typedef uint64_t xen_pfn_t;
#define PRI_xen_pfn "lx"
#define PRIu_xen_pfn "lu"

typedef uint64_t xen_ulong_t;
#define PRI_xen_ulong "lx"

/* Largest number of vCPUs of the structures below that have one slot each. */
#define XEN_LEGACY_MAX_VCPUS 1

#if defined(__GNUC__) && !defined(__STRICT_ANSI__)
/* A register by its AArch64 or its AArch32 name. */
#define __DECL_REG(n64, n32) union { uint64_t n64; uint32_t n32; }
#else
#define __DECL_REG(n64, n32) uint64_t n64
#endif

struct vcpu_guest_core_regs
{
    __DECL_REG(x0,       r0_usr);
    __DECL_REG(x1,       r1_usr);
    __DECL_REG(x2,       r2_usr);
    __DECL_REG(x3,       r3_usr);
    __DECL_REG(x4,       r4_usr);
    __DECL_REG(x5,       r5_usr);
    __DECL_REG(x6,       r6_usr);
    __DECL_REG(x7,       r7_usr);
    __DECL_REG(x8,       r8_usr);
    __DECL_REG(x9,       r9_usr);
    __DECL_REG(x10,      r10_usr);
    __DECL_REG(x11,      r11_usr);
    __DECL_REG(x12,      r12_usr);
    __DECL_REG(x13,      sp_usr);
    __DECL_REG(x14,      lr_usr);
    __DECL_REG(x15,      __unused_sp_hyp);
    __DECL_REG(x16,      lr_irq);
    __DECL_REG(x17,      sp_irq);
    __DECL_REG(x18,      lr_svc);
    __DECL_REG(x19,      sp_svc);
    __DECL_REG(x20,      lr_abt);
    __DECL_REG(x21,      sp_abt);
    __DECL_REG(x22,      lr_und);
    __DECL_REG(x23,      sp_und);
    __DECL_REG(x24,      r8_fiq);
    __DECL_REG(x25,      r9_fiq);
    __DECL_REG(x26,      r10_fiq);
    __DECL_REG(x27,      r11_fiq);
    __DECL_REG(x28,      r12_fiq);
    __DECL_REG(x29,      sp_fiq);
    __DECL_REG(x30,      lr_fiq);
    __DECL_REG(pc64,     pc32);
    uint64_t cpsr;
    union {
        uint64_t spsr_el1;
        uint32_t spsr_svc;
    };
    uint32_t spsr_fiq, spsr_irq, spsr_und, spsr_abt;
    uint64_t sp_el0;
    uint64_t sp_el1, elr_el1;
};
typedef struct vcpu_guest_core_regs vcpu_guest_core_regs_t;
DEFINE_XEN_GUEST_HANDLE(vcpu_guest_core_regs_t);

#undef __DECL_REG

struct vcpu_guest_context {
#define _VGCF_online    0
#define VGCF_online     (1 << _VGCF_online)
    uint32_t flags;
    struct vcpu_guest_core_regs user_regs;
    uint64_t sctlr;
    uint64_t ttbcr, ttbr0, ttbr1;
};
typedef struct vcpu_guest_context vcpu_guest_context_t;
DEFINE_XEN_GUEST_HANDLE(vcpu_guest_context_t);

/* What struct xen_domctl_createdomain says about Arm. */
#define XEN_DOMCTL_CONFIG_GIC_NATIVE    0
#define XEN_DOMCTL_CONFIG_GIC_V2        1
#define XEN_DOMCTL_CONFIG_GIC_V3        2

#define XEN_DOMCTL_CONFIG_TEE_NONE      0
#define XEN_DOMCTL_CONFIG_TEE_OPTEE     1
#define XEN_DOMCTL_CONFIG_TEE_FFA       2

#define XEN_DOMCTL_CONFIG_ARM_SCI_NONE     0
#define XEN_DOMCTL_CONFIG_ARM_SCI_SCMI_SMC 1

struct xen_arch_domainconfig {
    uint8_t gic_version;        /* in, and out if it was NATIVE */
    uint8_t sve_vl;             /* vector length / 128, 0: no SVE */
    uint16_t tee_type;
    uint32_t nr_spis;
    uint32_t clock_frequency;   /* out: Hz, 0 if CNTFRQ_EL0 is right */
    uint8_t arm_sci_type;
    uint8_t v8r_el1_msa;
    uint16_t pad;               /* 0 */
};

struct arch_vcpu_info {
};
typedef struct arch_vcpu_info arch_vcpu_info_t;

struct arch_shared_info {
};
typedef struct arch_shared_info arch_shared_info_t;

typedef uint64_t xen_callback_t;

#endif /* !__ASSEMBLY__ */

/* Bits of cpsr. */
#define PSR_MODE_BIT  0x10U
#define PSR_MODE_EL3h 0x0dU
#define PSR_MODE_EL3t 0x0cU
#define PSR_MODE_EL2h 0x09U
#define PSR_MODE_EL2t 0x08U
#define PSR_MODE_EL1h 0x05U
#define PSR_MODE_EL1t 0x04U
#define PSR_MODE_EL0t 0x00U

#define PSR_FIQ_MASK    (1U << 6)
#define PSR_IRQ_MASK    (1U << 7)
#define PSR_ABT_MASK    (1U << 8)
#define PSR_DBG_MASK    (1U << 9)
#define PSR_JAZELLE     (1U << 24)
#define PSR_Z           (1U << 30)

#define PSR_GUEST64_INIT \
    (PSR_DBG_MASK | PSR_ABT_MASK | PSR_FIQ_MASK | PSR_IRQ_MASK | PSR_MODE_EL1h)

#define SCTLR_GUEST_INIT 0x00c50078U

#if defined(__XEN__) || defined(__XEN_TOOLS__)

/*
 * The guest's physical map. Shared by the hypervisor and its tools; a guest
 * reads its device tree.
 */
#define GUEST_VIRTIO_MMIO_BASE    0x02000000ULL
#define GUEST_VIRTIO_MMIO_SIZE    0x00100000ULL

#define GUEST_GICD_BASE           0x03001000ULL
#define GUEST_GICD_SIZE           0x00001000ULL
#define GUEST_GICC_BASE           0x03002000ULL
#define GUEST_GICC_SIZE           0x00002000ULL

#define GUEST_GICV3_GICD_BASE     0x03001000ULL
#define GUEST_GICV3_GICD_SIZE     0x00010000ULL
#define GUEST_GICV3_RDIST_REGIONS 1
#define GUEST_GICV3_GICR0_BASE    0x03020000ULL /* vCPUs 0 - 127 */
#define GUEST_GICV3_GICR0_SIZE    0x01000000ULL

#define GUEST_VPCI_ECAM_BASE      0x10000000ULL
#define GUEST_VPCI_ECAM_SIZE      0x10000000ULL

#define GUEST_ACPI_BASE           0x20000000ULL
#define GUEST_ACPI_SIZE           0x02000000ULL

#define GUEST_PL011_BASE          0x22000000ULL
#define GUEST_PL011_SIZE          0x00001000ULL

#define GUEST_VPCI_MEM_ADDR       0x23000000ULL
#define GUEST_VPCI_MEM_SIZE       0x10000000ULL

#define GUEST_GNTTAB_BASE         0x38000000ULL
#define GUEST_GNTTAB_SIZE         0x01000000ULL

#define GUEST_MAGIC_BASE          0x39000000ULL
#define GUEST_MAGIC_SIZE          0x01000000ULL

#define GUEST_RAM_BANKS           2

#define GUEST_RAM0_BASE           0x40000000ULL
#define GUEST_RAM0_SIZE           0xc0000000ULL

#define GUEST_VPCI_PREFETCH_MEM_ADDR 0x100000000ULL
#define GUEST_VPCI_PREFETCH_MEM_SIZE 0x100000000ULL

#define GUEST_RAM1_BASE           0x0200000000ULL
#define GUEST_RAM1_SIZE           0xfe00000000ULL

#define GUEST_RAM_BASE            GUEST_RAM0_BASE
#define GUEST_RAM_MAX             (GUEST_RAM0_SIZE + GUEST_RAM1_SIZE)

#define GUEST_RAM_BANK_BASES      { GUEST_RAM0_BASE, GUEST_RAM1_BASE }
#define GUEST_RAM_BANK_SIZES      { GUEST_RAM0_SIZE, GUEST_RAM1_SIZE }

#define GUEST_MAX_VCPUS           128

/* Interrupts. */
#define GUEST_TIMER_VIRT_PPI      27
#define GUEST_TIMER_PHYS_S_PPI    29
#define GUEST_TIMER_PHYS_NS_PPI   30
#define GUEST_EVTCHN_PPI          31
#define GUEST_VPL011_SPI          32
#define GUEST_VIRTIO_MMIO_SPI_FIRST 33
#define GUEST_VIRTIO_MMIO_SPI_LAST  43

/* SGIs through which FF-A speaks to a guest. */
#define GUEST_FFA_NOTIF_PEND_INTR_ID    8
#define GUEST_FFA_SCHEDULE_RECV_INTR_ID 9


#endif /* __XEN__ || __XEN_TOOLS__ */

#endif /* XEN_PUBLIC_ARCH_ARM_H */
