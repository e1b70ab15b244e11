/* SPDX-License-Identifier: BSD-2-Clause */
#include "layout.h"

ENTRY(_start)
SECTIONS
{
    . = SPMC_BASE;
    .text : { *(.text.head) *(.text .text.*) }
    . = ALIGN(PAGE_SIZE);
    __text_end = .;
    .rodata : { *(.rodata .rodata.*) }
    . = ALIGN(PAGE_SIZE);
    __rodata_end = .;
    .data : { *(.data .data.*) . = ALIGN(16); }
    __bss_start = .;
    .bss : { *(.bss .bss.* COMMON) . = ALIGN(PAGE_SIZE); }
    __bss_end = .;
    ASSERT(__bss_end <= SPMC_BASE + SPMC_MAX, "SPMC too large")
    /DISCARD/ : { *(.comment) *(.note*) *(.eh_frame*) }
}
