/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Where everything of the secure world lives on QEMU's virt machine. Usable from C, assembly and linker scripts.
 *
 *   0x00000000  flash: firmware.bin, reset vector of all CPUs
 *   0x0e000000  monitor (EL3): text, data, stacks
 *   0x0e0ff000  boot information: written by the monitor before the SPMC runs, read-only for the SPMC
 *   0x0e100000  SPMC (S-EL1)
 *   0x0e400000  one 512 KiB slot per partition: image, then one stack page per CPU
 */
#ifndef SECURE_LAYOUT_H
#define SECURE_LAYOUT_H

#define MAX_CPUS            32
#define PAGE_SIZE           0x1000

#define MON_BASE            0x0e000000
#define MON_STACK_SIZE      0x1000
#define BOOTINFO_PA         0x0e0ff000
#define SPMC_BASE           0x0e100000
#define SPMC_MAX            0x300000
#define SPMC_STACK_SIZE     0x2000

#define SP_COUNT            3
#define SP_PA_BASE          0x0e400000
#define SP_PA_STRIDE        0x80000
#define SP_IMAGE_MAX        0x40000
#define SP_VA               0x10000000
#define SP_STACK_VA         0x10100000 /* per CPU: one guard page, one stack page */

#define SP_SHM_VA           0x20000000 /* normal world memory that the partition has retrieved */
#define SP_SHM_TABLES       4          /* 2 MiB each */

#define SP_NS_PA            SP_NS_BASE  /* normal world memory that is sp.echo's to lend: sp_abi.h */
#define SP_NS_VA            0x30000000
#define SP_NS_BLOCKS        (SP_NS_PAGES / 512) /* 2 MiB each */

#define WINDOW_VA           0x100000000 /* RX/TX buffers of the normal world, 18 MiB */

#define NS_RAM_BASE         0x40000000
#define NS_RAM_END          0x4000000000 /* end of what the machine may have; real holes are found by probing */

#define GICD_BASE           0x08000000
#define GICR_BASE           0x080a0000
#define GICR_STRIDE         0x20000
#define UART_SECURE         0x09040000
#define GPIO_SECURE         0x090b0000

#define INTID_SRI           8   /* donated to the normal world */
#define INTID_SECURE_IPI    9   /* SPMC to SPMC */
#define INTID_MONITOR_WAKE  15  /* group 0: ends the holding pen */
#define INTID_SECURE_TIMER  29
#define INTID_SPI_LAST      1019

#endif /* SECURE_LAYOUT_H */
