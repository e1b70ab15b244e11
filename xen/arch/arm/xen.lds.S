/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * The image, linked at XEN_VIRT_START. Permissions change only at page bounds:
 *
 *   _start          .text     execute, read          for ever
 *   _srodata        .rodata   read                   for ever
 *   _sdata          .data     read, write            for ever
 *   __init_begin    .init.*   text, data, boot stack given back at the end of boot
 *   __boot_tables_start                              not in the file, as all that follows
 *   __ro_after_init_start     read, write at boot    then read
 *   .bss                      read, write            for ever
 *   _end
 */
#include <xen/page-size.h>
#include <asm/config.h>

#undef ENTRY
#undef ALIGN

OUTPUT_FORMAT("elf64-littleaarch64")
OUTPUT_ARCH(aarch64)
ENTRY(_start)

PHDRS
{
    text PT_LOAD FLAGS(5);
    rodata PT_LOAD FLAGS(4);
    data PT_LOAD FLAGS(6);
    init PT_LOAD FLAGS(7);
    bss PT_LOAD FLAGS(6);
    note PT_NOTE FLAGS(4);
}

SECTIONS
{
    . = XEN_VIRT_START;

    .text : {
        _stext = .;
        KEEP(*(.text.header))
        *(.text.entry)
        *(.text .text.*)
        . = ALIGN(PAGE_SIZE);
        _etext = .;
    } :text

    .rodata : {
        _srodata = .;
        serror_windows = .;
        KEEP(*(.rodata.serror_windows))
        serror_windows_end = .;
        *(.rodata .rodata.*)
        *(.data.rel.ro .data.rel.ro.*)

        . = ALIGN(8);
        _steemediator = .;
        KEEP(*(.teemediator.info))
        _eteemediator = .;
    } :rodata

    .note.gnu.build-id : {
        __note_gnu_build_id_start = .;
        *(.note.gnu.build-id)
        __note_gnu_build_id_end = .;
    } :rodata :note

    /* How clang reaches weak symbols. Filled by the linker. */
    .got : {
        *(.got .got.plt .igot .igot.plt)
        *(.plt .iplt)
    } :rodata
    .rela.dyn : { *(.rela.*) } :rodata

    .rodata.end : {
        . = ALIGN(PAGE_SIZE);
        _erodata = .;
    } :rodata

    .data : {
        _sdata = .;
        *(.data.page_aligned .data.page_aligned.*)
        *(.data .data.*)
        . = ALIGN(PAGE_SIZE);
        _edata = .;
    } :data

    .init.text : {
        __init_begin = .;
        _sinittext = .;
        *(.init.text .init.text.*)
        *(.exit.text)
        . = ALIGN(PAGE_SIZE);
        _einittext = .;
    } :init

    .init.data : {
        *(.init.rodata .init.rodata.*)
        *(.init.data .init.data.*)

        . = ALIGN(8);
        __setup_start = .;
        KEEP(*(.init.setup))
        __setup_end = .;

        . = ALIGN(8);
        __initcall_start = .;
        KEEP(*(.initcallpresmp.init))
        __presmp_initcall_end = .;
        KEEP(*(.initcall1.init))
        __initcall_end = .;

    } :init

    /* Not in the file, so last */
    .init.stack (NOLOAD) : {
        . = ALIGN(STACK_SIZE * 2);
        *(.init.stack)
        . = ALIGN(PAGE_SIZE);
        __init_end = .;
    } :init

    .bss (NOLOAD) : {
        __boot_tables_start = .;
        *(.bss.boot_tables)
        __boot_tables_end = .;

        __bss_start = .;
        __ro_after_init_start = .;
        *(.bss.ro_after_init)
        . = ALIGN(PAGE_SIZE);
        __ro_after_init_end = .;
        *(.bss.page_aligned .bss.page_aligned.*)
        . = ALIGN(PAGE_SIZE);
        __per_cpu_start = .;
        *(.bss.percpu.page_aligned)
        *(.bss.percpu)
        . = ALIGN(128);
        *(.bss.percpu.read_mostly)
        . = ALIGN(128);
        __per_cpu_data_end = .;
        *(.bss .bss.*)
        *(COMMON)
        . = ALIGN(PAGE_SIZE);
        __bss_end = .;
    } :bss

    _end = .;
    _image_size = ABSOLUTE(_end - _start);

    .comment 0 : { *(.comment) }
    .symtab 0 : { *(.symtab) }
    .strtab 0 : { *(.strtab) }
    .shstrtab 0 : { *(.shstrtab) }
    .debug_abbrev 0 : { *(.debug_abbrev) }
    .debug_addr 0 : { *(.debug_addr) }
    .debug_aranges 0 : { *(.debug_aranges) }
    .debug_frame 0 : { *(.debug_frame) }
    .debug_info 0 : { *(.debug_info) }
    .debug_line 0 : { *(.debug_line) }
    .debug_line_str 0 : { *(.debug_line_str) }
    .debug_loc 0 : { *(.debug_loc) }
    .debug_loclists 0 : { *(.debug_loclists) }
    .debug_macro 0 : { *(.debug_macro) }
    .debug_names 0 : { *(.debug_names) }
    .debug_ranges 0 : { *(.debug_ranges) }
    .debug_rnglists 0 : { *(.debug_rnglists) }
    .debug_str 0 : { *(.debug_str) }
    .debug_str_offsets 0 : { *(.debug_str_offsets) }

    /DISCARD/ : {
        *(.note.GNU-stack)
        *(.note.gnu.property)
        *(.eh_frame .eh_frame_hdr)
        *(.ARM.attributes)
        *(.discard .discard.*)
        *(.llvm_addrsig)
    }
}

ASSERT(_start == XEN_VIRT_START, "the Image header must come first")
ASSERT(SIZEOF(.rela.dyn) == 0, "nobody is there to relocate at run time")
ASSERT(_end - _start <= XEN_VIRT_SIZE, "the image outgrows its page tables")
