/* SPDX-License-Identifier: BSD-2-Clause */
#include "layout.h"

ENTRY(sp_start)
SECTIONS
{
    . = SP_VA;
    .text : { KEEP(*(.header)) *(.text .text.*) }
    . = ALIGN(PAGE_SIZE);
    __text_end = .;
    .rodata : { *(.rodata .rodata.*) }
    . = ALIGN(PAGE_SIZE);
    __rodata_end = .;
    .data : { *(.data .data.*) . = ALIGN(16); LONG(0) . = ALIGN(16); }
    __data_end = .;
    .bss : { *(.bss .bss.* COMMON) . = ALIGN(PAGE_SIZE); }
    __bss_end = .;
    ASSERT(__bss_end <= SP_VA + SP_IMAGE_MAX, "partition too large")
    /DISCARD/ : { *(.comment) *(.note*) *(.eh_frame*) }
}
