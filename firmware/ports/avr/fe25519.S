; Field arithmetic modulo 2^255 - 19 for AVR: the kernels of core/fe25519.c, same bytes.
;
; A 256-bit product is Karatsuba's three 128-bit products (fe25519_product.S):
;   a b = L + 2^n (L + H - (a0 - a1)(b0 - b1)) + 2^2n H,   L = a0 b0, H = a1 b1, n = half the width,
; with the differences taken as absolute value and sign mask, so that nothing branches on a value. The T flag tells a square (one operand,
; fewer products) from a product; it is the operation that is called, never a value.

  .section .text.fe25519, "ax", @progbits

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
  call product128
  subi r30, 96
  sbci r31, 0
  pop r29
  pop r28
  pop r27
  pop r26
  push r26
  push r27
  call product128
  pop r27
  pop r26
  adiw r26, 16
  adiw r28, 16
  adiw r30, 32
  call product128
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
