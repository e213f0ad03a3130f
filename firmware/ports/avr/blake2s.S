; BLAKE2s compression for AVR: the kernel of core/blake2s.c (RFC 7693, 3.2), same bytes.
;
; The mixing function is one subroutine on fixed registers; around it, frames load and store the four words of a column or a diagonal.
; Rotations by 16 and 8 are only a matter of which register is called which byte. Columns run 0 1 2 3 and diagonals 3 2 1 0, so that word a
; of the last one is word a of the next and stays in its registers.

#define A0 r8
#define A1 r9
#define A2 r10
#define A3 r11
#define B0 r12
#define B1 r13
#define B2 r14
#define B3 r15
#define C0 r16
#define C1 r17
#define C2 r18
#define C3 r19
#define D0 r20
#define D1 r21
#define D2 r22
#define D3 r23
; b after its first rotation
#define E0 r6
#define E1 r7
#define E2 r24
#define E3 r25
#define SIXTEEN r2
#define ZERO r3
#define BLOCK_LOW r4
#define BLOCK_HIGH r5

  .section .text.blake2s_compress, "ax", @progbits

; a += the next message word of the schedule
.macro add_message
  lpm r26, Z+
  mov r27, BLOCK_HIGH
  add r26, BLOCK_LOW
  adc r27, ZERO
  ld r0, X+
  add A0, r0
  ld r0, X+
  adc A1, r0
  ld r0, X+
  adc A2, r0
  ld r0, X
  adc A3, r0
.endm

; RFC 7693, 3.1. In: a b c d. Out: a; b in E1 E2 E3 E0; c; d in D3 D0 D1 D2 (bytes 0 to 3 each).
mix:
  add_message
  add A0, B0
  adc A1, B1
  adc A2, B2
  adc A3, B3
  eor D0, A0
  eor D1, A1
  eor D2, A2
  eor D3, A3
  ; d >>> 16: its bytes are now D2 D3 D0 D1
  add C0, D2
  adc C1, D3
  adc C2, D0
  adc C3, D1
  eor B0, C0
  eor B1, C1
  eor B2, C2
  eor B3, C3
  ; b >>> 12 = b <<< 4, halves exchanged; a product with 16 is a byte shifted into two
  mul B0, SIXTEEN
  movw E2, r0
  mul B1, SIXTEEN
  or E3, r0
  mov E0, r1
  mul B2, SIXTEEN
  or E0, r0
  mov E1, r1
  mul B3, SIXTEEN
  or E1, r0
  or E2, r1
  add_message
  add A0, E0
  adc A1, E1
  adc A2, E2
  adc A3, E3
  eor D2, A0
  eor D3, A1
  eor D0, A2
  eor D1, A3
  ; d >>> 8: D3 D0 D1 D2
  add C0, D3
  adc C1, D0
  adc C2, D1
  adc C3, D2
  eor E0, C0
  eor E1, C1
  eor E2, C2
  eor E3, C3
  ; b >>> 7 = b >>> 8, <<< 1
  lsl E0
  rol E1
  rol E2
  rol E3
  adc E0, ZERO
  ret

.macro load_a word
  ldd A0, Y + 4 * \word
  ldd A1, Y + 4 * \word + 1
  ldd A2, Y + 4 * \word + 2
  ldd A3, Y + 4 * \word + 3
.endm

.macro store_a word
  std Y + 4 * \word, A0
  std Y + 4 * \word + 1, A1
  std Y + 4 * \word + 2, A2
  std Y + 4 * \word + 3, A3
.endm

; loads b, c, d, mixes, stores them; a is the caller's
.macro mix_words b, c, d
  ldd B0, Y + 4 * \b
  ldd B1, Y + 4 * \b + 1
  ldd B2, Y + 4 * \b + 2
  ldd B3, Y + 4 * \b + 3
  ldd C0, Y + 4 * \c
  ldd C1, Y + 4 * \c + 1
  ldd C2, Y + 4 * \c + 2
  ldd C3, Y + 4 * \c + 3
  ldd D0, Y + 4 * \d
  ldd D1, Y + 4 * \d + 1
  ldd D2, Y + 4 * \d + 2
  ldd D3, Y + 4 * \d + 3
  rcall mix
  std Y + 4 * \b, E1
  std Y + 4 * \b + 1, E2
  std Y + 4 * \b + 2, E3
  std Y + 4 * \b + 3, E0
  std Y + 4 * \c, C0
  std Y + 4 * \c + 1, C1
  std Y + 4 * \c + 2, C2
  std Y + 4 * \c + 3, C3
  std Y + 4 * \d, D3
  std Y + 4 * \d + 1, D0
  std Y + 4 * \d + 2, D1
  std Y + 4 * \d + 3, D2
.endm

; void blake2s_compress(blake2s_state *s (r24), const uint8_t *block (r22), uint8_t last (r20))
  .global blake2s_compress
  .type blake2s_compress, @function
blake2s_compress:
  .irp r, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12, 13, 14, 15, 16, 17, 28, 29
  push r\r
  .endr
  push r24
  push r25
  movw BLOCK_LOW, r22
  clr ZERO
  movw r26, r24
  ldi r28, lo8(blake2s_work)
  ldi r29, hi8(blake2s_work)
  ; v[0..8) = h
  ldi r18, 8
1:
  .rept 4
  ld r0, X+
  st Y+, r0
  .endr
  dec r18
  brne 1b
  ; v[8..16) = iv, with the counter and the flag of the last block (RFC 7693, 3.2); X now points to t
  ldi r30, lo8(blake2s_iv)
  ldi r31, hi8(blake2s_iv)
  ldi r18, 8
2:
  .rept 4
  lpm r0, Z+
  st Y+, r0
  .endr
  dec r18
  brne 2b
  sbiw r28, 32
  .irp n, 16, 17, 18, 19
  ld r0, X+
  ldd r1, Y + \n
  eor r1, r0
  std Y + \n, r1
  .endr
  .irp n, 24, 25, 26, 27
  ldd r1, Y + \n
  eor r1, r20
  std Y + \n, r1
  .endr
  sbiw r28, 32
  ldi r18, 16
  mov SIXTEEN, r18
  ldi r30, lo8(schedule)
  ldi r31, hi8(schedule)
  load_a 0
round:
  mix_words 4, 8, 12
  store_a 0
  load_a 1
  mix_words 5, 9, 13
  store_a 1
  load_a 2
  mix_words 6, 10, 14
  store_a 2
  load_a 3
  mix_words 7, 11, 15
  mix_words 4, 9, 14
  store_a 3
  load_a 2
  mix_words 7, 8, 13
  store_a 2
  load_a 1
  mix_words 6, 11, 12
  store_a 1
  load_a 0
  mix_words 5, 10, 15
  cpi r30, lo8(schedule + 160)
  breq 3f
  rjmp round
3:
  store_a 0
  ; h ^= v[0..8) ^ v[8..16)
  pop r27
  pop r26
  ldi r18, 8
4:
  .rept 4
  ld r0, X
  ld r1, Y+
  eor r0, r1
  ldd r1, Y + 31
  eor r0, r1
  st X+, r0
  .endr
  dec r18
  brne 4b
  clr r1
  .irp r, 29, 28, 17, 16, 15, 14, 13, 12, 11, 10, 9, 8, 7, 6, 5, 4, 3, 2
  pop r\r
  .endr
  ret
  .size blake2s_compress, . - blake2s_compress

; RFC 7693, 2.7, as byte offsets into the block, in the order in which the columns and diagonals above take them
  .section .progmem.data.blake2s_schedule, "a", @progbits
.macro permutation s0, s1, s2, s3, s4, s5, s6, s7, s8, s9, s10, s11, s12, s13, s14, s15
  .byte 4 * \s0, 4 * \s1, 4 * \s2, 4 * \s3, 4 * \s4, 4 * \s5, 4 * \s6, 4 * \s7
  .byte 4 * \s14, 4 * \s15, 4 * \s12, 4 * \s13, 4 * \s10, 4 * \s11, 4 * \s8, 4 * \s9
.endm
schedule:
  permutation 0, 1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12, 13, 14, 15
  permutation 14, 10, 4, 8, 9, 15, 13, 6, 1, 12, 0, 2, 11, 7, 5, 3
  permutation 11, 8, 12, 0, 5, 2, 15, 13, 10, 14, 3, 6, 7, 1, 9, 4
  permutation 7, 9, 3, 1, 13, 12, 11, 14, 2, 6, 5, 10, 4, 0, 15, 8
  permutation 9, 0, 5, 7, 2, 4, 10, 15, 14, 1, 11, 12, 6, 8, 3, 13
  permutation 2, 12, 6, 10, 0, 11, 8, 3, 4, 13, 7, 5, 15, 14, 1, 9
  permutation 12, 5, 1, 15, 14, 13, 4, 10, 0, 7, 6, 3, 9, 2, 8, 11
  permutation 13, 11, 7, 14, 12, 1, 3, 9, 5, 0, 15, 4, 8, 6, 2, 10
  permutation 6, 15, 14, 9, 11, 3, 0, 8, 12, 2, 13, 7, 1, 4, 10, 5
  permutation 10, 2, 8, 4, 7, 6, 1, 5, 15, 11, 9, 14, 3, 12, 13, 0
