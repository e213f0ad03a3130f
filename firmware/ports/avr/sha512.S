; SHA-512 compression for AVR: the kernel of core/sha512.c (FIPS 180-4, 6.4.2), same bytes.
;
; The eight working variables slide down a buffer of 16 words, one word a round: a stands at Y, b at Y + 8 and so on, the new a is written
; below and the new e over d. After 8 rounds the window is copied up again. The message is a ring of 16 words, renewed 16 at a time.
; Rotations by whole bytes are only register numbers; the rest are single-bit shifts of a sum of rotations (Horner's scheme).
;
; Registers by number, so that loops can count them. r1 is 0 throughout.
#define T 2  /* the sum under construction */
#define E 10 /* the word that is rotated */
#define S 18 /* the sum of its rotations */

; offsets in crypto_scratch (core/crypto.h)
#define SLIDE 128
#define STATE 256

  .section .text.sha512_compress, "ax", @progbits

; S[n] = E[n + bytes], a rotation to the right by whole bytes
.macro rotated_copy bytes
  .set n, 0
  .if \bytes & 1
    .rept 8
      mov S + n, E + ((n + \bytes) & 7)
      .set n, n + 1
    .endr
  .else
    .rept 4
      movw S + n, E + ((n + \bytes) & 7)
      .set n, n + 2
    .endr
  .endif
.endm

; S ^= E rotated to the right by whole bytes
.macro rotated_xor bytes
  .set n, 0
  .rept 8
    eor S + n, E + ((n + \bytes) & 7)
    .set n, n + 1
  .endr
.endm

.macro load word, pointer, offset
  .set n, 0
  .rept 8
    ldd \word + n, \pointer + \offset + n
    .set n, n + 1
  .endr
.endm

.macro store word, pointer, offset
  .set n, 0
  .rept 8
    std \pointer + \offset + n, \word + n
    .set n, n + 1
  .endr
.endm

; T += S
.macro add_sum
  add T, S
  .set n, 1
  .rept 7
    adc T + n, S + n
    .set n, n + 1
  .endr
.endm

.macro right_by_one
  bst S, 0
  lsr S + 7
  .set n, 6
  .rept 7
    ror S + n
    .set n, n - 1
  .endr
  bld S + 7, 7
.endm

.macro left_by_one
  lsl E
  .set n, 1
  .rept 7
    rol E + n
    .set n, n + 1
  .endr
  adc E, r1
.endm

  .type rotate_right, @function
rotate_right_twice: ; S = S >>> 2
  right_by_one
rotate_right: ; S = S >>> 1
  right_by_one
  ret
  .size rotate_right, . - rotate_right_twice

  .type rotate_left, @function
rotate_left_twice: ; E = E <<< 2
  left_by_one
rotate_left: ; E = E <<< 1
  left_by_one
  ret
  .size rotate_left, . - rotate_left_twice

; r0 words of the schedule: w[i] += sigma0(w[i + 1]) + w[i + 9] + sigma1(w[i + 14]), with w[i] at Y, w[i + 9] at X, w[i + 14] at Z.
; All three pointers move on; the caller turns them round at the end of the ring.
  .type schedule_words, @function
schedule_words:
  load T, Y, 0
  load E, Y, 8
  ; sigma0 = >>> 1 ^ >>> 8 ^ >> 7; the last is a shift to the left by one, less a byte
  rotated_copy 0
  rcall rotate_right
  rotated_xor 1
  lsl E
  .set n, 1
  .rept 7
    rol E + n
    eor S + n - 1, E + n
    .set n, n + 1
  .endr
  clr E
  adc E, E
  eor S + 7, E
  add_sum
  ld E, X+
  add T, E
  .set n, 1
  .rept 7
    ld E, X+
    adc T + n, E
    .set n, n + 1
  .endr
  .set n, 0
  .rept 8
    ld E + n, Z+
    .set n, n + 1
  .endr
  ; sigma1 = >>> 19 ^ >>> 61 ^ >> 6; the last is >>> 6 without the bits that came round into its top byte
  rotated_copy 2
  rcall rotate_right_twice
  rcall rotate_right
  mov r1, E
  lsl r1
  lsl r1
  eor S + 7, r1
  clr r1
  rcall rotate_left_twice
  rotated_xor 1
  rcall rotate_left
  rotated_xor 0
  add_sum
  store T, Y, 0
  adiw r28, 8
  dec r0
  breq 1f
  rjmp schedule_words
1:
  ret
  .size schedule_words, . - schedule_words

; void sha512_compress(crypto_scratch *s (r24))
  .global sha512_compress
  .type sha512_compress, @function
sha512_compress:
  .irp r, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12, 13, 14, 15, 16, 17, 28, 29
  push \r
  .endr
  movw r26, r24
  movw r28, r24
  subi r28, lo8(-(SLIDE + 64))
  sbci r29, hi8(-(SLIDE + 64))
  movw r30, r28
  subi r30, lo8(-(STATE - SLIDE - 64))
  sbci r31, hi8(-(STATE - SLIDE - 64))
  ldi r18, 8
1:
  .rept 8
    ld r0, Z+
    st Y+, r0
  .endr
  dec r18
  brne 1b
  subi r28, 64
  sbci r29, 0
  ldi r30, lo8(sha512_round_constants)
  ldi r31, hi8(sha512_round_constants)

round:
  ; h + K + W
  load T, Y, 56
  lpm r0, Z+
  add T, r0
  .set n, 1
  .rept 7
    lpm r0, Z+
    adc T + n, r0
    .set n, n + 1
  .endr
  ld r0, X+
  add T, r0
  .set n, 1
  .rept 7
    ld r0, X+
    adc T + n, r0
    .set n, n + 1
  .endr
  ; Ch(e, f, g) = ((f ^ g) & e) ^ g
  load E, Y, 32
  clc
  .set n, 0
  .rept 8
    ldd r0, Y + 40 + n
    ldd S, Y + 48 + n
    eor r0, S
    and r0, E + n
    eor r0, S
    adc T + n, r0
    .set n, n + 1
  .endr
  ; Sigma1(e) = >>> 14 ^ >>> 18 ^ >>> 41
  rotated_copy 2
  rcall rotate_right
  rotated_xor 5
  rcall rotate_right
  rcall rotate_left_twice
  rotated_xor 2
  add_sum
  ; d + T1 becomes e
  ldd r0, Y + 24
  add r0, T
  std Y + 24, r0
  .set n, 1
  .rept 7
    ldd r0, Y + 24 + n
    adc r0, T + n
    std Y + 24 + n, r0
    .set n, n + 1
  .endr
  ; Maj(a, b, c) = ((a | b) & c) | (a & b)
  load E, Y, 0
  clc
  .set n, 0
  .rept 8
    ldd r0, Y + 8 + n
    ldd S, Y + 16 + n
    mov S + 1, E + n
    or S + 1, r0
    and S + 1, S
    and r0, E + n
    or S + 1, r0
    adc T + n, S + 1
    .set n, n + 1
  .endr
  ; Sigma0(a) = >>> 28 ^ >>> 34 ^ >>> 39
  rotated_copy 3
  rcall rotate_right_twice
  rotated_xor 4
  rcall rotate_right_twice
  rcall rotate_left
  rotated_xor 5
  add_sum
  sbiw r28, 8
  store T, Y, 0
  ; the constants' address counts the rounds
  mov r18, r30
  subi r18, lo8(sha512_round_constants)
  andi r18, 63
  breq 2f
  rjmp round
2:
  ldi r18, hi8(sha512_round_constants + 640)
  cpi r30, lo8(sha512_round_constants + 640)
  cpc r31, r18
  brne 3f
  rjmp 5f
3:
  ldi r18, 8
4:
  load T, Y, 0
  subi r28, -64
  sbci r29, -1
  store T, Y, 0
  subi r28, 56
  sbci r29, 0
  dec r18
  brne 4b
  ; Y stands at the window again, 64 bytes higher
  mov r18, r30
  subi r18, lo8(sha512_round_constants)
  andi r18, 127
  breq 6f
  rjmp round
6:
  push r30
  push r31
  push r28
  push r29
  ; X stands behind the ring, where 64 bytes are free while the window is up
  subi r26, 128
  sbci r27, 0
  push r26
  push r27
  movw r28, r26
  movw r30, r26
  subi r26, -72
  sbci r27, -1
  subi r30, -112
  sbci r31, -1
  ldi r18, 2
  mov r0, r18
  rcall schedule_words
  ; Z stands behind the ring now: a copy of the new w[0] there is what w[15] finds at i + 1
  sbiw r28, 16
  load E, Y, 0
  adiw r28, 16
  store E, Z, 0
  subi r30, 128
  sbci r31, 0
  ldi r18, 5
  mov r0, r18
  rcall schedule_words
  subi r26, 128
  sbci r27, 0
  ldi r18, 9
  mov r0, r18
  rcall schedule_words
  pop r27
  pop r26
  pop r29
  pop r28
  pop r31
  pop r30
  rjmp round

5:
  ; state += working variables
  movw r30, r28
  subi r30, lo8(-(STATE - SLIDE))
  sbci r31, hi8(-(STATE - SLIDE))
  ldi r18, 8
7:
  .set n, 0
  .rept 8
    ld r0, Z
    ld r19, Y+
    .if n
      adc r0, r19
    .else
      add r0, r19
    .endif
    st Z+, r0
    .set n, n + 1
  .endr
  dec r18
  brne 7b
  .irp r, 29, 28, 17, 16, 15, 14, 13, 12, 11, 10, 9, 8, 7, 6, 5, 4, 3, 2
  pop \r
  .endr
  ret
  .size sha512_compress, . - sha512_compress
