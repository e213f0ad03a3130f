; 128-bit products and squares for fe25519.S: Karatsuba's three 64-bit products, each of them wholly in registers.
;
; Registers by number, so that loops can count them: A and B are the operands of a 64-bit product.
#define A 2
#define B 10
#define ZERO 27

; Where byte n of a 64-bit product ends up: 0..7 in r18..r25, 8 in r26, 9..15 in r2..r8 (on operand bytes that are used up by then).
.macro place name, n
  .if (\n) < 8
    .set \name, 18 + (\n)
  .elseif (\n) == 8
    .set \name, 26
  .else
    .set \name, (\n) - 7
  .endif
.endm

; The same while a square is built: its operand must last to the end, so that bytes 9..15 wait in r10..r16.
.macro place_square name, n
  .if (\n) < 9
    .set \name, 18 + (\n)
  .else
    .set \name, (\n) + 1
  .endif
.endm

  .section .text.fe25519_product, "ax", @progbits

; 64-bit product or square. In: A (and B), T. Out: see `place`; ZERO = 0. Keeps Y and Z.
  .type product64, @function
product64:
  clr ZERO
  brtc multiply64
  rjmp square64
  .size product64, . - product64

; Product scanning: column k sums a_i b_j with i + j = k in three bytes.
  .type multiply64, @function
multiply64:
  mul A, B
  movw 18, 0
  mul A, B + 1
  clr 20
  add 19, 0
  adc 20, 1
  mul A + 1, B
  add 19, 0
  adc 20, 1
  clr 21
  adc 21, 21
  .set k, 2
  .rept 12
    place c0, k
    place c1, k + 1
    place c2, k + 2
    .if k < 8
      .set i, 0
      .set terms, k + 1
    .else
      .set i, k - 7
      .set terms, 15 - k
    .endif
    mul A + i, B + k - i
    add c0, 0
    adc c1, 1
    clr c2
    adc c2, c2
    .rept terms - 1
      .set i, i + 1
      mul A + i, B + k - i
      add c0, 0
      adc c1, 1
      adc c2, ZERO
    .endr
    .set k, k + 1
  .endr
  mul A + 7, B + 7
  add 7, 0
  adc 8, 1
  ret
  .size multiply64, . - multiply64

; Square: the 28 products with i < j, doubled, and the 8 squares.
  .type square64, @function
square64:
  mul A, A + 1
  mov 19, 0
  mov 20, 1
  mul A, A + 2
  clr 21
  add 20, 0
  adc 21, 1
  mul A, A + 3
  clr 22
  add 21, 0
  adc 22, 1
  mul A + 1, A + 2
  add 21, 0
  adc 22, 1
  clr 23
  adc 23, 23
  .set k, 4
  .rept 10
    place_square c0, k
    place_square c1, k + 1
    place_square c2, k + 2
    .if k < 8
      .set i, 0
    .else
      .set i, k - 7
    .endif
    .set terms, (k + 1) / 2 - i
    mul A + i, A + k - i
    add c0, 0
    adc c1, 1
    .if k < 13
      clr c2
      adc c2, c2
    .endif
    .rept terms - 1
      .set i, i + 1
      mul A + i, A + k - i
      add c0, 0
      adc c1, 1
      adc c2, ZERO
    .endr
    .set k, k + 1
  .endr
  ; double bytes 1..14; the sum stays below 2^120, so that byte 15 is one bit
  clr 16
  lsl 19
  .set k, 2
  .rept 14
    place_square c0, k
    rol c0
    .set k, k + 1
  .endr
  ; squares, as many at a time as used-up operand bytes have room for; r17 keeps the carry
  mul A, A
  mov 18, 0
  mov 17, 1
  mul A + 1, A + 1
  movw 2, 0
  mul A + 2, A + 2
  add 19, 17
  adc 20, 2
  adc 21, 3
  adc 22, 0
  adc 23, 1
  sbc 17, 17
  mul A + 3, A + 3
  movw 2, 0
  mul A + 4, A + 4
  movw 4, 0
  mul A + 5, A + 5
  lsl 17
  adc 24, 2
  adc 25, 3
  adc 26, 4
  adc 10, 5
  adc 11, 0
  adc 12, 1
  sbc 17, 17
  mul A + 6, A + 6
  movw 2, 0
  mul A + 7, A + 7
  lsl 17
  adc 13, 2
  adc 14, 3
  adc 15, 0
  adc 16, 1
  movw 2, 10
  movw 4, 12
  movw 6, 14
  mov 8, 16
  ret
  .size square64, . - square64

; x = |x| by its sign mask
.macro absolute x, bytes, mask
  .set n, 0
  .rept \bytes
    eor \x + n, \mask
    .set n, n + 1
  .endr
  sub \x, \mask
  .set n, 1
  .rept \bytes - 1
    sbc \x + n, \mask
    .set n, n + 1
  .endr
.endm

.macro load_a
  .set n, 0
  .rept 8
    ld A + n, X+
    .set n, n + 1
  .endr
.endm

; skipped for a square
.macro load_b offset
  brts .Lloaded\@
  .set n, 0
  .rept 8
    ldd B + n, Y + \offset + n
    .set n, n + 1
  .endr
.Lloaded\@:
.endm

; Writes the 32 bytes of the product of the 16 bytes at X and at Y, or of the square of those at X if T is set, to Z. Keeps Y, Z and T; uses
; up all other registers.
  .global product128
  .type product128, @function
product128:
  load_a
  ld 0, X+
  sub A, 0
  .set n, 1
  .rept 7
    ld 0, X+
    sbc A + n, 0
    .set n, n + 1
  .endr
  sbc 18, 18
  absolute A, 8, 18
  sbiw r26, 16
  clr 19
  brtc 1f
  rjmp 2f
1:
  .set n, 0
  .rept 8
    ldd B + n, Y + n
    .set n, n + 1
  .endr
  ldd 0, Y + 8
  sub B, 0
  .set n, 1
  .rept 7
    ldd 0, Y + 8 + n
    sbc B + n, 0
    .set n, n + 1
  .endr
  sbc 19, 19
  absolute B, 8, 19
  eor 19, 18
2:
  ; the middle product is subtracted when the signs agree: kept as its complement, with a carry to come
  com 19
  push 19
  push 26
  push 27
  rcall product64
  pop 11
  pop 10
  pop 9
  push 9
  .set n, 0
  .rept 16
    place c0, n
    eor c0, 9
    std Z + 16 + n, c0
    .set n, n + 1
  .endr
  movw 26, 10
  load_a
  load_b 0
  push 26
  push 27
  rcall product64
  .set n, 0
  .rept 16
    place c0, n
    std Z + n, c0
    .set n, n + 1
  .endr
  pop 27
  pop 26
  load_a
  load_b 8
  rcall product64
  ; u = L1 + H0, its carry into H1, which a product leaves room for
  ldd 0, Z + 8
  add 18, 0
  .set n, 1
  .rept 7
    ldd 0, Z + 8 + n
    adc 18 + n, 0
    .set n, n + 1
  .endr
  .set n, 8
  .rept 8
    place c0, n
    adc c0, ZERO
    .set n, n + 1
  .endr
  movw 10, 18
  movw 12, 20
  movw 14, 22
  movw 16, 24
  ; (u, u) + (L0, H1)
  ld 0, Z
  add 10, 0
  .set n, 1
  .rept 7
    ldd 0, Z + n
    adc 10 + n, 0
    .set n, n + 1
  .endr
  .set n, 0
  .rept 8
    place c0, n + 8
    adc 18 + n, c0
    .set n, n + 1
  .endr
  clr 1
  adc 1, 1
  ; + the middle product
  pop 9
  lsl 9
  .set n, 0
  .rept 16
    ldd 0, Z + 16 + n
    adc 10 + n, 0
    .set n, n + 1
  .endr
  adc 1, ZERO
  lsl 9
  sbc 1, ZERO
  sbc 0, 0 ; -1 where u's carry stands in H1 already
  .set n, 0
  .rept 16
    std Z + 8 + n, 10 + n
    .set n, n + 1
  .endr
  add 26, 1
  .set n, 9
  .rept 7
    place c0, n
    adc c0, 0
    .set n, n + 1
  .endr
  .set n, 8
  .rept 8
    place c0, n
    std Z + 16 + n, c0
    .set n, n + 1
  .endr
  ret
  .size product128, . - product128
