/* SPDX-License-Identifier: GPL-2.0-only */
/* Error numbers; the values are those of the public interface. */
#ifndef XEN_ERRNO_H
#define XEN_ERRNO_H

#ifndef __ASSEMBLY__

#define XEN_ERRNO(name, value) name = (value),
enum {
#include <public/errno.h>
};

#endif /* !__ASSEMBLY__ */

#endif /* XEN_ERRNO_H */
