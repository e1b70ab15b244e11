/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * What nearly every file needs: printing, formatting, panic, volatile access,
 * number parsing.
 */
#ifndef XEN_LIB_H
#define XEN_LIB_H

#include <xen/bug.h>
#include <xen/inttypes.h>
#include <xen/macros.h>
#include <xen/stdarg.h>
#include <xen/string.h>
#include <xen/types.h>

#include <asm/system.h>

struct domain;

/*
 * One access to a scalar lvalue that the compiler may neither repeat, merge
 * nor invent. No ordering between CPUs.
 */
#define ACCESS_ONCE_CHECK_(x) (void)(typeof(x))0
#define ACCESS_ONCE(x) \
    (*({ ACCESS_ONCE_CHECK_(x); (volatile typeof(x) *)&(x); }))

/*
 * Levels of a message: the first characters of its format. Hypervisor levels
 * are compared with loglvl; those prefixed by <G> are for what a guest can
 * provoke: compared with guest_loglvl, and rate limited.
 */
#define XENLOG_ERR       "<0>"
#define XENLOG_WARNING   "<1>"
#define XENLOG_INFO      "<2>"
#define XENLOG_DEBUG     "<3>"

#define XENLOG_GUEST     "<G>"
#define XENLOG_G_ERR     XENLOG_GUEST XENLOG_ERR
#define XENLOG_G_WARNING XENLOG_GUEST XENLOG_WARNING
#define XENLOG_G_INFO    XENLOG_GUEST XENLOG_INFO
#define XENLOG_G_DEBUG   XENLOG_GUEST XENLOG_DEBUG

void printk(const char *fmt, ...) __printf(1, 2);
void vprintk(const char *fmt, va_list args) __printf(1, 0);

/* As printk() with the name of @d (NULL: none) in front. */
void guest_printk(const struct domain *d, const char *fmt, ...) __printf(2, 3);

/* Print where we are, the registers and the backtrace, then stop everything. */
void noreturn panic(const char *fmt, ...) __printf(1, 2);

/* How much was said of what is limited in rate. printk.c, under its lock. */
struct ratelimit {
    int64_t window;             /* when the current one began, s_time_t */
    unsigned int printed, refused;
};

/*
 * May one more message be printed now? At most 10 in 5 seconds; how many were
 * refused is said with the next one that passes.
 */
bool printk_ratelimit(void);
bool __printk_ratelimit(unsigned int ratelimit_ms, unsigned int ratelimit_burst);

#define printk_once(fmt, args...) ({                    \
    static bool printk_once_done_;                      \
                                                        \
    if ( !printk_once_done_ )                           \
    {                                                   \
        printk_once_done_ = true;                       \
        printk(fmt, ## args);                           \
    } })

/* Needs <xen/sched.h> for current. @lvl is one of XENLOG_x (not the G ones). */
#define gprintk(lvl, fmt, args...) \
    printk(XENLOG_GUEST lvl "%pv " fmt, current, ## args)

#ifndef NDEBUG
#define dprintk(lvl, fmt, args...) \
    printk(lvl "%s:%d: " fmt, __FILE__, __LINE__, ## args)
#define gdprintk(lvl, fmt, args...)                             \
    printk(XENLOG_GUEST lvl "%s:%d:%pv " fmt,                   \
           __FILE__, __LINE__, current, ## args)
#else
#define dprintk(lvl, fmt, args...) \
    do { if ( 0 ) printk(lvl fmt, ## args); } while ( 0 )
#define gdprintk(lvl, fmt, args...) \
    do { if ( 0 ) printk(lvl "%pv " fmt, current, ## args); } while ( 0 )
#endif

/* Return the length that the whole text needs, without its NUL. */
int snprintf(char *buf, size_t size, const char *fmt, ...) __printf(3, 4);
int vsnprintf(char *buf, size_t size, const char *fmt, va_list args)
    __printf(3, 0);
/* Return what was really written, without the NUL. */
int scnprintf(char *buf, size_t size, const char *fmt, ...) __printf(3, 4);
int vscnprintf(char *buf, size_t size, const char *fmt, va_list args)
    __printf(3, 0);

/*
 * Parse a number; base 0 takes 0x and 0 prefixes. *endp (if wanted) is the
 * first character that is not part of it. Overflow wraps.
 */
unsigned long simple_strtoul(const char *s, const char **endp,
                             unsigned int base);
unsigned long long simple_strtoull(const char *s, const char **endp,
                                   unsigned int base);

/* A number of bytes: suffix B, K, M, G, T; without one, KiB. */
unsigned long long parse_size_and_unit(const char *s, const char **endp);

/* "yes/on/true/enable/1" is 1, their opposites 0, anything else -1. */
int parse_bool(const char *s, const char *e);

/* Copy the command line away, then act on every parameter of it. */
void cmdline_parse(const char *cmdline);
extern char saved_cmdline[];

/* Marks that make bug reports less convincing. */
#define TAINT_MACHINE_CHECK    (1u << 1)
#define TAINT_ERROR_INJECT     (1u << 3)
#define TAINT_HVM_FEP          (1u << 4)
#define TAINT_MACHINE_INSECURE (1u << 5)
#define TAINT_CPU_OUT_OF_SPEC  (1u << 6)
#define TAINT_STRING_MAX_LEN   20

extern unsigned int tainted;
void add_taint(unsigned int taint);

/* Print the backtrace of the caller. */
void dump_execution_state(void);

/* Print the chain of frame pointers that starts at @fp, with @pc first. */
void show_backtrace(unsigned long pc, unsigned long fp);

#endif /* XEN_LIB_H */
