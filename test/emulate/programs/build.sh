#!/bin/sh
# Rebuilds the committed images of the test programs; needs gcc-avr, binutils-avr, avr-libc.
set -e
cd "$(dirname "$0")"
for source in *.c; do
  name="${source%.c}"
  avr-gcc -mmcu=atmega328p -DF_CPU=16000000UL -Os -std=gnu11 -Wall -Wextra -Werror -fno-common -o "/tmp/$name.elf" "$source"
  avr-objcopy -O ihex -R .eeprom "/tmp/$name.elf" "$name.hex"
done
# the same stream on a Mega: only addresses of the vectors and the width of return addresses differ
avr-gcc -mmcu=atmega2560 -DF_CPU=16000000UL -Os -std=gnu11 -Wall -Wextra -Werror -fno-common -o /tmp/stream-mega.elf stream.c
avr-objcopy -O ihex -R .eeprom /tmp/stream-mega.elf stream-mega.hex
