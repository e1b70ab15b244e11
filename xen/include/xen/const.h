/* SPDX-License-Identifier: GPL-2.0-only */
/* Constants usable from C and from assembly. */
#ifndef XEN_CONST_H
#define XEN_CONST_H

#ifdef __ASSEMBLY__
#define _AC(X, Y)       X
#define _AT(T, X)       X
#else
#define AC_(X, Y)       (X##Y)
#define _AC(X, Y)       AC_(X, Y)
#define _AT(T, X)       ((T)(X))
#endif

/* BIT(31, U): the literal 1 with suffix @sfx, shifted to bit @pos. */
#define BIT(pos, sfx)   (_AC(1, sfx) << (pos))

#endif /* XEN_CONST_H */
