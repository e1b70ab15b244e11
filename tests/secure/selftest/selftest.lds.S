/* SPDX-License-Identifier: BSD-2-Clause */
ENTRY(_start)
SECTIONS
{
    . = 0x60000000;
    .text : { *(.text.head) *(.text .text.*) }
    .rodata : { *(.rodata .rodata.*) }
    .data : { *(.data .data.*) . = ALIGN(16); }
    __bss_start = .;
    .bss : { *(.bss .bss.* COMMON) . = ALIGN(4096); }
    __bss_end = .;
    /DISCARD/ : { *(.comment) *(.note*) *(.eh_frame*) }
}
