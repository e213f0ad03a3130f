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

; Z[16] = |x0 - x1| of the 256-bit number at X, r18 = sign mask; Z moves on, Y is used up
  .type difference128, @function
difference128:
  movw r28, r26
  adiw r28, 16
  ldi r19, 4
  clr r1
  clc
1:
  .rept 4
    ld r0, X+
    ld r2, Y+
    sbc r0, r2
    st Z+, r0
  .endr
  dec r19
  brne 1b
  sbc r18, r18
  sbiw r30, 16
  ldi r19, 4
  mov r0, r18
  lsr r0
2:
  .rept 4
    ld r0, Z
    eor r0, r18
    adc r0, r1
    st Z+, r0
  .endr
  dec r19
  brne 2b
  ret
  .size difference128, . - difference128

; In the scratch: L at 0, H at 32, |a0 - a1| at 64, |b0 - b1| at 80, middle product at 96.

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
  movw r16, r20
  movw r26, r22
  subi r30, -64
  sbci r31, -1
  rcall difference128
  mov r20, r18
  brts 1f
  movw r26, r16
  rcall difference128
  sbiw r30, 16
  eor r18, r20
  rjmp 2f
1:
  clr r18
2:
  sbiw r30, 16
  com r18
  push r18
  push r22
  push r23
  push r16
  push r17
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
  ; Four bytes at a time: u = L1 + H0, second quarter = u + L0 + middle, third quarter = u + H1 + middle. Five carries run along as
  ; masks: `lsl` brings one back, `sbc r, r` takes one. Those above the second and third quarter wait for the fold.
  pop r22
  clr r2
  clr r3
  mov r4, r22
  clr r5
  clr r6
  ldi r23, 4
3:
  .set n, 0
  .rept 4
    ldd 18 + n, Z + 16 + n
    .set n, n + 1
  .endr
  lsl r2
  .set n, 0
  .rept 4
    ldd r0, Z + 32 + n
    adc 18 + n, r0
    .set n, n + 1
  .endr
  sbc r2, r2
  movw r8, r18
  movw r10, r20
  lsl r3
  .set n, 0
  .rept 4
    ldd r0, Z + n
    adc 8 + n, r0
    .set n, n + 1
  .endr
  sbc r3, r3
  lsl r4
  .set n, 0
  .rept 4
    ldd r0, Y + n
    eor r0, r22
    adc 8 + n, r0
    std Z + 16 + n, 8 + n
    .set n, n + 1
  .endr
  sbc r4, r4
  lsl r5
  .set n, 0
  .rept 4
    ldd r0, Z + 48 + n
    adc 18 + n, r0
    .set n, n + 1
  .endr
  sbc r5, r5
  lsl r6
  .set n, 0
  .rept 4
    ldd r0, Y + 16 + n
    eor r0, r22
    adc 18 + n, r0
    std Z + 32 + n, 18 + n
    .set n, n + 1
  .endr
  sbc r6, r6
  adiw r28, 4
  adiw r30, 4
  dec r23
  breq 4f
  rjmp 3b
4:
  sbiw r30, 16
  ; fold the upper half by 38. r19 is the running carry; carries join it multiplied, and as masks they count negative: above the second
  ; quarter -(r2 + r3 + r4), above the third r22 - (r2 + r5 + r6). The sum never goes below zero, the middle being what it is.
  ldi r18, 38
  clr r21
  sub r22, r2
  sub r22, r5
  sub r22, r6
  add r2, r3
  add r2, r4
  neg r2
  mul r2, r18
  mov r19, r0
  pop r27
  pop r26
  movw r28, r26
  rcall fold128
  mul r22, r18
  add r19, r0
  rcall fold128
  ; fold the carry, and what that carries once more: it then ends in the second byte
  mul r19, r18
  movw r26, r28
  ldi r22, 8
  clc
5:
  .rept 4
    ld r2, X
    adc r2, r0
    st X+, r2
    mov r0, r1
    mov r1, r21
  .endr
  dec r22
  brne 5b
  sbc r19, r19
  and r19, r18
  ld r0, Y
  add r0, r19
  st Y, r0
  ldd r0, Y + 1
  adc r0, r21
  std Y + 1, r0
  clr r1
  .irp r, 29, 28, 17, 16, 15, 14, 13, 12, 11, 10, 9, 8, 7, 6, 5, 4, 3, 2
  pop \r
  .endr
  ret
  .size fe_mul, . - fe_mul

; 16 bytes at X = Z[16] + 38 Z[32..48) + r19, carry in r19; X and Z move on
  .type fold128, @function
fold128:
  ldi r23, 4
1:
  .set n, 0
  .rept 4
    ldd r25, Z + 32 + n
    mul r25, r18
    ldd r24, Z + n
    add r0, r24
    adc r1, r21
    add r0, r19
    adc r1, r21
    st X+, r0
    mov r19, r1
    .set n, n + 1
  .endr
  adiw r30, 4
  dec r23
  brne 1b
  ret
  .size fold128, . - fold128

; void fe_sub(fe r (r24), const fe a (r22), const fe b (r20)), fe_add likewise: r = a + (b ^ mask) + carry, then twice the same with 38 or 0
; for b; the last one ends in the second byte.
  .section .text.fe_sum, "ax", @progbits
  .global fe_sub
  .type fe_sub, @function
fe_sub:
  ldi r19, 255
  rjmp sum
  .size fe_sub, . - fe_sub

  .global fe_add
  .type fe_add, @function
fe_add:
  clr r19
sum:
  push r28
  push r29
  movw r26, r22
  movw r30, r20
  movw r28, r24
  ldi r18, 8
  mov r21, r19
  lsr r21
1:
  .rept 4
    ld r20, X+
    ld r21, Z+
    eor r21, r19
    adc r20, r21
    st Y+, r20
  .endr
  dec r18
  brne 1b
  rcall fold_bit
  ldi r18, 8
2:
  .rept 4
    ld r21, Y
    adc r21, r20
    st Y+, r21
    mov r20, r19
  .endr
  dec r18
  brne 2b
  rcall fold_bit
  ld r21, Y
  adc r21, r20
  st Y, r21
  ldd r21, Y + 1
  adc r21, r19
  std Y + 1, r21
  pop r29
  pop r28
  ret
  .size fe_add, . - fe_add

; from the carry or borrow: r20 = first byte of +-38 or +-0 (the others are r19), Y = r, carry = the one a complement needs
  .type fold_bit, @function
fold_bit:
  sbc r20, r20
  eor r20, r19
  andi r20, 38
  eor r20, r19
  movw r28, r24
  mov r21, r19
  lsr r21
  ret
  .size fold_bit, . - fold_bit

; void comb25519_load(fe q[3] (r24), uint8_t entry (r22)): LPM takes 3 cycles at every address, so the entry may be copied directly
  .section .text.comb25519_load, "ax", @progbits
  .global comb25519_load
  .type comb25519_load, @function
comb25519_load:
  ldi r20, 96
  mul r22, r20
  movw r22, r0
  clr r1
  subi r22, lo8(-(comb25519))
  sbci r23, hi8(-(comb25519))
  clr r21
  jmp memcpy_P
  .size comb25519_load, . - comb25519_load
