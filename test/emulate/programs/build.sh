#!/bin/sh
# Rebuilds the committed images of the test programs; needs gcc-avr, binutils-avr, avr-libc.
set -e
cd "$(dirname "$0")"
for source in *.c; do
  name="${source%.c}"
  avr-gcc -mmcu=atmega328p -DF_CPU=16000000UL -Os -std=gnu11 -Wall -Wextra -Werror -fno-common -o "/tmp/$name.elf" "$source"
  avr-objcopy -O ihex -R .eeprom "/tmp/$name.elf" "$name.hex"
done
