/* SPDX-License-Identifier: GPL-2.0-only */
/* Memory and string functions (common/string.c). No sprintf, no strcpy. */
#ifndef XEN_STRING_H
#define XEN_STRING_H

#include <xen/types.h>

void *memset(void *s, int c, size_t n);
void *memcpy(void *dest, const void *src, size_t n);
void *memmove(void *dest, const void *src, size_t n);
int memcmp(const void *a, const void *b, size_t n);
void *memchr(const void *s, int c, size_t n);

size_t strlen(const char *s);
size_t strnlen(const char *s, size_t count);
int strcmp(const char *a, const char *b);
int strncmp(const char *a, const char *b, size_t n);
char *strchr(const char *s, int c);
char *strrchr(const char *s, int c);

/*
 * Copy a string into a buffer of @size bytes, always terminated when @size is
 * not 0. Returns the length that was wished for: >= @size means that the result
 * was cut.
 */
size_t strlcpy(char *dest, const char *src, size_t size);

#endif /* XEN_STRING_H */
