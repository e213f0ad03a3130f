; Field arithmetic modulo 2^255 - 19 for AVR: the kernels of core/fe25519.c, same bytes.
;
; A 256-bit product is Karatsuba's three 128-bit products, each of them three 64-bit products that live wholly in registers:
;   a b = L + 2^n (L + H - (a0 - a1)(b0 - b1)) + 2^2n H,   L = a0 b0, H = a1 b1, n = half the width,
; with the differences taken as absolute value and sign mask, so that nothing branches on a value. The T flag tells a square (one operand,
; fewer products) from a product; it is the operation that is called, never a value.
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

  .section .text.fe25519, "ax", @progbits

; 64-bit product or square. In: A (and B), T. Out: see `place`; ZERO = 0. Keeps Y and Z.
  .type product64, @function
product64:
  clr ZERO
  brtc multiply64
  rjmp square64
  .size product64, . - product64

; Product scanning: column k sums a_i b_j with i + j = k in three bytes; 330 cycles.
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

; Square: the 28 products with i < j, doubled, and the 8 squares; 215 cycles.
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

; 128-bit product or square at Z, of the numbers at X and Y. Keeps Y and Z.
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

; Z[16] = |x0 - x1| of the 256-bit number at X, r18 = sign mask
  .type difference128, @function
difference128:
  .set n, 0
  .rept 16
    ld 2 + n, X+
    .set n, n + 1
  .endr
  ld 0, X+
  sub 2, 0
  .set n, 1
  .rept 15
    ld 0, X+
    sbc 2 + n, 0
    .set n, n + 1
  .endr
  sbc 18, 18
  absolute 2, 16, 18
  .set n, 0
  .rept 16
    std Z + n, 2 + n
    .set n, n + 1
  .endr
  ret
  .size difference128, . - difference128

; In the scratch: L at 0, H at 32, |a0 - a1| at 64, |b0 - b1| at 80, middle product at 96.
#define U 2 /* u = L1 + H0, then the upper half of the middle: 16 registers */

; void fe_sq(fe r (r24), const fe a (r22), crypto_scratch *s (r20))
  .global fe_sq
  .type fe_sq, @function
fe_sq:
  movw r18, r20
  set
  rjmp product256
  .size fe_sq, . - fe_sq

; void fe_mul(fe r (r24), const fe a (r22), const fe b (r20), crypto_scratch *s (r18))
  .global fe_mul
  .type fe_mul, @function
fe_mul:
  clt
product256:
  .irp r, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12, 13, 14, 15, 16, 17, 28, 29
  push \r
  .endr
  push r24
  push r25
  movw r30, r18
  movw r26, r22
  movw r28, r20
  subi r30, -64
  sbci r31, -1
  rcall difference128
  brts 1f
  mov r20, r18
  movw r26, r28
  adiw r30, 16
  rcall difference128
  sbiw r30, 16
  eor r18, r20
  rjmp 2f
1:
  clr r18
2:
  com r18
  push r18
  push r22
  push r23
  push r28
  push r29
  movw r26, r30
  movw r28, r30
  adiw r28, 16
  adiw r30, 32
  rcall product128
  subi r30, 96
  sbci r31, 0
  pop r29
  pop r28
  pop r27
  pop r26
  push r26
  push r27
  rcall product128
  pop r27
  pop r26
  adiw r26, 16
  adiw r28, 16
  adiw r30, 32
  rcall product128
  sbiw r30, 32
  movw r28, r30
  subi r28, -96
  sbci r29, -1
  ; carries travel as masks: `lsl` brings one back, `sbc r, r` takes one
  ldd U, Z + 32
  ldd r0, Z + 16
  add U, r0
  .set n, 1
  .rept 15
    ldd U + n, Z + 32 + n
    ldd r0, Z + 16 + n
    adc U + n, r0
    .set n, n + 1
  .endr
  sbc r22, r22
  pop r23
  mov r25, r23
  clr r24
  ; second quarter: u + L0 + middle
  .set n, 0
  .rept 4
    ldd r18, Z + n
    ldd r19, Z + n + 1
    ldd r20, Z + n + 2
    ldd r21, Z + n + 3
    lsl r24
    adc r18, U + n
    adc r19, U + n + 1
    adc r20, U + n + 2
    adc r21, U + n + 3
    sbc r24, r24
    lsl r25
    .set m, 0
    .rept 4
      ldd r0, Y + n + m
      eor r0, r23
      adc 18 + m, r0
      std Z + 16 + n + m, 18 + m
      .set m, m + 1
    .endr
    sbc r25, r25
    .set n, n + 4
  .endr
  ; third quarter: u + H1 + middle, with the carry of u still to come
  lsl r24
  .set n, 0
  .rept 16
    ldd r0, Z + 48 + n
    adc U + n, r0
    .set n, n + 1
  .endr
  sbc r24, r24
  lsl r25
  .set n, 0
  .rept 16
    ldd r0, Y + 16 + n
    eor r0, r23
    adc U + n, r0
    .set n, n + 1
  .endr
  sbc r25, r25
  ; fold the upper half by 38: r19 is the running carry, the carries above each quarter join it multiplied
  ldi r18, 38
  mov r19, r18
  and r19, r22
  sub r23, r22
  sub r23, r24
  sub r23, r25
  mul r23, r18
  mov r20, r0
  clr r21
  .set n, 0
  .rept 16
    mul U + n, r18
    ldd r24, Z + n
    add r0, r24
    adc r1, r21
    add r0, r19
    adc r1, r21
    mov U + n, r0
    mov r19, r1
    .set n, n + 1
  .endr
  add r19, r20
  pop r27
  pop r26
  movw r28, r26
  adiw r26, 16
  ldi r22, 4
3:
  .set n, 0
  .rept 4
    ldd r25, Z + 48 + n
    mul r25, r18
    ldd r24, Z + 16 + n
    add r0, r24
    adc r1, r21
    add r0, r19
    adc r1, r21
    st X+, r0
    mov r19, r1
    .set n, n + 1
  .endr
  adiw r30, 4
  dec r22
  brne 3b
  ; fold the carry, and what that carries once more: it then ends in the second byte
  sbiw r26, 16
  ldi r22, 4
  mul r19, r18
  add U, r0
  adc U + 1, r1
  .set n, 2
  .rept 14
    adc U + n, r21
    .set n, n + 1
  .endr
4:
  .rept 4
    ld r0, X
    adc r0, r21
    st X+, r0
  .endr
  dec r22
  brne 4b
  sbc r19, r19
  and r19, r18
  add U, r19
  adc U + 1, r21
  .set n, 0
  .rept 16
    std Y + n, U + n
    .set n, n + 1
  .endr
  clr r1
  .irp r, 29, 28, 17, 16, 15, 14, 13, 12, 11, 10, 9, 8, 7, 6, 5, 4, 3, 2
  pop \r
  .endr
  ret
  .size fe_mul, . - fe_mul

; r = a +- b, and the carry folded by 38 twice; the second fold ends in the second byte
.macro sum name, first, next
  .section .text.\name, "ax", @progbits
  .global \name
  .type \name, @function
\name:
  push r28
  push r29
  movw r26, r22
  movw r30, r20
  movw r28, r24
  ldi r18, 4
  clr r19 ; and clears the carry's way in
  add r19, r19
1:
  .rept 8
    ld r20, X+
    ld r21, Z+
    \next r20, r21
    st Y+, r20
  .endr
  dec r18
  brne 1b
  sbc r20, r20
  andi r20, 38
  movw r28, r24
  ldi r18, 4
  add r19, r19
2:
  .rept 8
    ld r21, Y
    \next r21, r20
    st Y+, r21
    mov r20, r19
  .endr
  dec r18
  brne 2b
  sbc r20, r20
  andi r20, 38
  movw r28, r24
  ld r21, Y
  \first r21, r20
  st Y, r21
  ldd r21, Y + 1
  \next r21, r19
  std Y + 1, r21
  pop r29
  pop r28
  ret
  .size \name, . - \name
.endm

; void fe_add(fe r (r24), const fe a (r22), const fe b (r20)), fe_sub likewise
  sum fe_add, add, adc
  sum fe_sub, sub, sbc

; void comb25519_load(uint8_t q[96] (r24), uint8_t entry (r22)): LPM takes 3 cycles at every address, so the entry may be read directly
  .section .text.comb25519_load, "ax", @progbits
  .global comb25519_load
  .type comb25519_load, @function
comb25519_load:
  ldi r18, 96
  mul r22, r18
  movw r30, r0
  clr r1
  subi r30, lo8(-(comb25519))
  sbci r31, hi8(-(comb25519))
  movw r26, r24
  ldi r18, 12
1:
  .rept 8
    lpm r0, Z+
    st X+, r0
  .endr
  dec r18
  brne 1b
  ret
  .size comb25519_load, . - comb25519_load
