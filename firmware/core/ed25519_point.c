/* Curve arithmetic as programs: an instruction is two bytes instead of the twenty that a call with three addresses takes on AVR. */
#include "ed25519_point.h"

#include "crypto_flash.h" /* programs stay in flash */
#include "ed25519.h"      /* ed25519_yield */

/* operation, result, first operand | second operand, or number of squarings in a row */
enum { ADD, SUB, MUL, SQUARE };
#define CODE(operation, result, a, b) (operation) << 6 | (result) << 3 | (a), (b)

/* dbl-2008-hwcd for a = -1, with all four factors negated, which products of two do not notice. */
static const uint8_t doubling[] IN_FLASH = {
    CODE(ADD, T, X, Y), CODE(SQUARE, T, T, 1), CODE(SQUARE, X, X, 1), CODE(SQUARE, Y, Y, 1), CODE(SQUARE, Z, Z, 1),
    CODE(ADD, Z, Z, Z), /* C */
    CODE(ADD, S, X, Y), /* -H = A + B */
    CODE(SUB, T, S, T), /* -E */
    CODE(SUB, Y, X, Y), /* -G */
    CODE(ADD, Z, Z, Y), /* -F */
    CODE(MUL, X, T, Z), CODE(MUL, Z, Z, Y), CODE(MUL, Y, Y, S), CODE(MUL, T, T, S),
};

/* madd-2008-hwcd-3, up to the factors F and G. */
static const uint8_t addition[] IN_FLASH = {
    CODE(SUB, S, Y, X), CODE(MUL, S, S, Q0), /* A */
    CODE(ADD, Y, Y, X), CODE(MUL, Y, Y, Q1), /* B */
    CODE(MUL, T, T, Q2),                     /* C */
    CODE(SUB, X, Y, S),                      /* E */
    CODE(ADD, Y, Y, S),                      /* H */
    CODE(ADD, Z, Z, Z),                      /* D */
    CODE(SUB, S, Z, T),                      /* F */
    CODE(ADD, T, Z, T),                      /* G */
};

/* The product without T: a doubling follows, or nothing. */
static const uint8_t addition_end[] IN_FLASH = {CODE(MUL, Z, S, T), CODE(MUL, X, X, S), CODE(MUL, Y, Y, T)};

/* X and Y times Z^(p - 2), p - 2 = 2^255 - 21; the exponent beside a step, with <n> for 2^n - 1. */
static const uint8_t inversion[] IN_FLASH = {
    CODE(SQUARE, Q0, Z, 1),                            /* 2 */
    CODE(SQUARE, T, Q0, 2),    CODE(MUL, Q1, T, Z),    /* 9 */
    CODE(MUL, Q0, Q1, Q0),                             /* 11 */
    CODE(SQUARE, T, Q0, 1),    CODE(MUL, Q1, T, Q1),   /* 31 = <5> */
    CODE(SQUARE, T, Q1, 5),    CODE(MUL, Q1, T, Q1),   /* <10> */
    CODE(SQUARE, T, Q1, 10),   CODE(MUL, Q2, T, Q1),   /* <20> */
    CODE(SQUARE, T, Q2, 20),   CODE(MUL, T, T, Q2),    /* <40> */
    CODE(SQUARE, T, T, 10),    CODE(MUL, Q1, T, Q1),   /* <50> */
    CODE(SQUARE, T, Q1, 50),   CODE(MUL, Q2, T, Q1),   /* <100> */
    CODE(SQUARE, T, Q2, 100),  CODE(MUL, T, T, Q2),    /* <200> */
    CODE(SQUARE, T, T, 50),    CODE(MUL, T, T, Q1),    /* <250> */
    CODE(SQUARE, T, T, 5),     CODE(MUL, T, T, Q0),    /* 2^255 - 21 */
    CODE(MUL, X, X, T),        CODE(MUL, Y, Y, T),
};

static void run(crypto_scratch *s, const uint8_t *program, uint8_t bytes) {
  fe *p = s->point;
  for (; bytes; bytes -= 2, program += 2) {
    uint8_t code = flash_u8(program), n = flash_u8(program + 1);
    uint8_t *r = p[code >> 3 & 7];
    const uint8_t *a = p[code & 7];
    switch (code >> 6) {
      case ADD: fe_add(r, a, p[n]); break;
      case SUB: fe_sub(r, a, p[n]); break;
      case MUL: fe_mul(r, a, p[n], s); break;
      default:
        for (; n; n--, a = r) {
          fe_sq(r, a, s);
          if ((n & 15) == 0) ed25519_yield();
        }
    }
  }
}

/* Exchanges a and b where mask is 0xFF. */
static void exchange(fe a, fe b, uint8_t mask) {
  for (uint8_t i = 0; i < 32; i++) {
    uint8_t differ = (a[i] ^ b[i]) & mask;
    a[i] ^= differ;
    b[i] ^= differ;
  }
}

void point_double(crypto_scratch *s) { run(s, doubling, sizeof doubling); }

void point_add(crypto_scratch *s, uint8_t negative) {
  /* -(x, y) = (-x, y) exchanges y-x with y+x, and the sign of 2dxy exchanges F = D - C with G = D + C */
  exchange(s->point[Q0], s->point[Q1], negative);
  run(s, addition, sizeof addition);
  exchange(s->point[S], s->point[T], negative);
  run(s, addition_end, sizeof addition_end);
}

void point_affine(crypto_scratch *s) {
  run(s, inversion, sizeof inversion);
  fe_canonical(s->point[X]);
  fe_canonical(s->point[Y]);
}
