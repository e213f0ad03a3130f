# What makes each file smallest with the compiler of the shipped images: written by `npm run firmware:flags`.
FLAGS_core/capture := -fno-ssa-phiopt -fno-move-loop-invariants -fno-tree-forwprop -fno-guess-branch-probability -fno-tree-vrp -fweb
FLAGS_core/cbor := -fno-tree-fre -fira-algorithm=priority -ftree-dominator-opts -fno-split-wide-types -fno-tree-sink -fno-tree-copy-prop
FLAGS_core/claim := -fno-inline-functions-called-once -fira-algorithm=priority -mno-call-prologues -fno-ssa-phiopt -mbranch-cost=2
FLAGS_core/commands := -fno-gcse -fno-tree-fre
FLAGS_core/cose := -fira-algorithm=priority -fno-inline-functions-called-once
FLAGS_core/crc16 := -fno-split-wide-types -fno-tree-forwprop
FLAGS_core/ed25519 := -fno-inline-functions-called-once -fno-gcse -fno-move-loop-invariants
FLAGS_core/ed25519_scalar := -fira-algorithm=priority -fno-split-wide-types -mbranch-cost=2
FLAGS_core/fe25519 := -fno-tree-vrp -mbranch-cost=2
FLAGS_core/frame := -fno-gcse -fira-algorithm=priority
FLAGS_core/hmac := -fno-split-wide-types -fno-move-loop-invariants
FLAGS_core/messages := -fno-inline-functions-called-once -fira-algorithm=priority -fno-split-wide-types -fno-tree-forwprop -fno-tree-copy-prop
FLAGS_core/noise := -mbranch-cost=2 -fira-algorithm=priority -frename-registers
FLAGS_core/pins := -fno-tree-ter
FLAGS_core/provision := -fno-tree-pre -fno-ssa-phiopt
FLAGS_core/records := -fno-ssa-phiopt -fno-tree-pre -ftree-dominator-opts -fno-gcse
FLAGS_core/run := -fno-split-wide-types -fno-cse-follow-jumps
FLAGS_core/selftest := -fno-tree-reassoc -frename-registers
FLAGS_core/session := -fno-inline-functions-called-once -fno-gcse -fno-expensive-optimizations
FLAGS_core/sha512 := -fno-move-loop-invariants -fno-gcse -fno-tree-ter -fno-cse-follow-jumps
FLAGS_core/signed := -fno-move-loop-invariants -fno-tree-pre -fno-ssa-phiopt -fno-forward-propagate -fno-tree-vrp -mbranch-cost=2 -fno-reorder-blocks
FLAGS_core/stack := -fno-inline-functions-called-once -mno-call-prologues
FLAGS_core/state := -fira-algorithm=priority -fno-gcse -fno-cse-follow-jumps -frename-registers
FLAGS_core/stream := -fno-gcse -fno-inline-functions-called-once
FLAGS_ports/avr/adc := -fno-inline-functions-called-once -mbranch-cost=2 -fno-tree-ter -fno-tree-forwprop -fno-tree-fre
FLAGS_ports/avr/capture_pin := -mno-call-prologues
FLAGS_ports/avr/io := -fno-tree-vrp -fno-tree-forwprop -frename-registers
FLAGS_ports/avr/main := -mno-call-prologues
FLAGS_ports/avr/relay := -fno-split-wide-types
FLAGS_ports/avr/reset := -fno-gcse
FLAGS_ports/avr/tacho := -fno-tree-sink -fno-tree-vrp
FLAGS_ports/avr/twi := -fno-inline-functions-called-once -fira-algorithm=priority -fno-split-wide-types
FLAGS_ports/avr/usart := -fno-ssa-phiopt -fira-algorithm=priority -frename-registers
FLAGS_ports/avr/vcc := -mbranch-cost=2
FLAGS_ports/avr/watchdog := -mno-call-prologues
FLAGS_sensors/adxl345 := -fno-gcse -fno-ssa-phiopt -fno-tree-pre -fno-tree-fre -fno-reorder-blocks
FLAGS_sensors/lis3dh := -fno-gcse -fno-ssa-phiopt -fno-reorder-blocks
FLAGS_sensors/mpu6050 := -fira-algorithm=priority -fno-ssa-phiopt -fno-tree-vrp -frename-registers
