/* What the core uses of <string.h>, for targets without a C library. */
#ifndef STRING_H
#define STRING_H

#include <stddef.h> /* size_t */

void *memcpy(void *restrict to, const void *restrict from, size_t n);
void *memmove(void *to, const void *from, size_t n);
void *memset(void *to, int value, size_t n);
int memcmp(const void *a, const void *b, size_t n);
size_t strlen(const char *text);

#endif
