/* Points of the Edwards curve -x² + y² = 1 + d x² y² (RFC 8032, 5.1), in extended coordinates, each operation a small program over eight
 * field elements. */
#ifndef ED25519_POINT_H
#define ED25519_POINT_H

#include "fe25519.h" /* arithmetic modulo p */

/* Places of a point's working room: (X : Y : Z) with T = XY/Z, a table entry y-x, y+x, 2dxy of an affine point, and one to spare. */
enum { X, Y, Z, T, Q0, Q1, Q2, S };

/* s->point = 2 s->point. */
void point_double(crypto_scratch *s);

/* s->point += the entry in Q0..Q2, or -= where `negative` is 0xFF; complete, so any two points may be added. T is used up. */
void point_add(crypto_scratch *s, uint8_t negative);

/* X and Y become affine and smallest; everything else is used up. */
void point_affine(crypto_scratch *s);

#endif
