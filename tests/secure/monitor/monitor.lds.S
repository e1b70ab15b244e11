/* SPDX-License-Identifier: BSD-2-Clause */
/* Runs at MON_BASE, lies in flash at 0 byte for byte; the SPMC's image follows in flash only. */
#include "layout.h"

ENTRY(_start)
SECTIONS
{
    . = MON_BASE;
    .text : { *(.text.reset) *(.text .text.*) }
    . = ALIGN(PAGE_SIZE);
    __text_end = .;
    .rodata : { *(.rodata .rodata.*) }
    . = ALIGN(PAGE_SIZE);
    __rodata_end = .;
    .data : { *(.data .data.*) . = ALIGN(16); }
    __load_end = .;
    .spmc : { *(.spmc_image) }
    __bss_start = __load_end;
    .bss __bss_start (NOLOAD) : { *(.bss .bss.* COMMON) . = ALIGN(PAGE_SIZE); }
    __bss_end = .;
    ASSERT(__bss_end <= BOOTINFO_PA, "monitor too large")
    /DISCARD/ : { *(.comment) *(.note*) *(.eh_frame*) }
}
