/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * BUG, WARN and ASSERT. All end in functions (common/panic.c) that know file
 * and line; the backtrace comes from the frame pointers.
 */
#ifndef XEN_BUG_H
#define XEN_BUG_H

#include <xen/compiler.h>
#include <xen/stdbool.h>

#ifndef __ASSEMBLY__

void noreturn bug_at(const char *file, unsigned int line);
void warn_at(const char *file, unsigned int line);
void noreturn assert_failed(const char *what, const char *file,
                            unsigned int line);

#define BUG()       bug_at(__FILE__, __LINE__)
#define WARN()      warn_at(__FILE__, __LINE__)

#define BUG_ON(p)   do { if ( unlikely(p) ) BUG(); } while ( 0 )

/* An expression: the truth of @p. */
#define WARN_ON(p)  ({                  \
    bool warn_ = (p);                   \
                                        \
    if ( unlikely(warn_) )              \
        WARN();                         \
    unlikely(warn_); })

#ifndef NDEBUG
#define ASSERT(p) \
    do { if ( unlikely(!(p)) ) assert_failed(#p, __FILE__, __LINE__); } while ( 0 )
#define ASSERT_UNREACHABLE() assert_failed("unreachable", __FILE__, __LINE__)
#else
#define ASSERT(p) do { if ( 0 && (p) ) {} } while ( 0 )
#define ASSERT_UNREACHABLE() do { } while ( 0 )
#endif

#endif /* !__ASSEMBLY__ */

#endif /* XEN_BUG_H */
