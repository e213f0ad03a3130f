; Frame check and stuffing for AVR: the kernels of core/crc16.c and core/frame.c, same bytes. They run over every byte that is sent, so
; here 20 and at most 13 cycles a byte count.

; uint16_t crc16(uint16_t crc (r24), const uint8_t *p (r22), uint8_t n (r20))
  .section .text.crc16, "ax", @progbits
  .global crc16
  .type crc16, @function
crc16:
  movw r26, r22
  ldi r21, 32
  tst r20
  breq 2f
1:
  ; x = high byte ^ data, x ^= x >> 4; crc = crc << 8 ^ x << 12 ^ x << 5 ^ x
  ld r18, X+
  eor r25, r18
  mov r18, r25
  swap r18
  andi r18, 15
  eor r18, r25
  mul r18, r21
  mov r25, r24
  eor r25, r1
  mov r24, r18
  eor r24, r0
  swap r18
  andi r18, 240
  eor r25, r18
  dec r20
  brne 1b
  clr r1
2:
  ret
  .size crc16, . - crc16

; void cobs_stuff(uint8_t *code (r24), uint8_t n (r22))
  .section .text.cobs_stuff, "ax", @progbits
  .global cobs_stuff
  .type cobs_stuff, @function
cobs_stuff:
  movw r30, r24
  movw r26, r24
  adiw r26, 1
  ldi r18, 1
  tst r22
  breq 3f
1:
  ld r19, X+
  tst r19
  breq 2f
  inc r18
  dec r22
  brne 1b
  rjmp 3f
2:
  st Z, r18
  movw r30, r26
  sbiw r30, 1
  ldi r18, 1
  dec r22
  brne 1b
3:
  st Z, r18
  ret
  .size cobs_stuff, . - cobs_stuff
