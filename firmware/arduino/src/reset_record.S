; Survives a reset: the runtime clears .bss, not this. kz/reset.c gives it its meaning.
	.section .noinit,"aw",@nobits
	.global kz_reset_record
kz_reset_record:
	.skip 4
