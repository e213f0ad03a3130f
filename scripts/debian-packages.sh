#!/usr/bin/env bash
# Debian packages that building the firmware image and running every test need. Says what and why, installs only what is missing,
# does nothing when all is there. Debian 12 and 13. Without them the product itself still runs (npm start needs none of these) and the
# tests concerned skip, each with one line.
set -u
missing=()
need() { # package, file or command that shows it is there, why
  if command -v "$2" >/dev/null 2>&1 || compgen -G "$2" >/dev/null; then return; fi
  printf '  %-18s %s\n' "$1" "$3" >&2
  missing+=("$1")
}
need gcc-avr avr-gcc 'rebuild the firmware image and compare it with the shipped one'
need binutils-avr avr-objcopy 'turn the linked firmware into Intel HEX'
need avr-libc /usr/lib/avr/include/avr/io.h 'the register names of the ATmega328P'
need arduino-core-avr /usr/share/arduino/hardware/arduino/avr/bootloaders/optiboot/optiboot.c 'the bootloaders that boards are sold with, run in emulation to test flashing'
need avrdude avrdude 'a second opinion on flashing: it verifies what kizashi wrote, and the other way round'
need gcc gcc 'run the firmware core natively under sanitizers'
need clang clang 'fuzz the C decoder and build it as WebAssembly for the comparison with TypeScript'
need lld '/usr/bin/wasm-ld*' 'link that WebAssembly'
need libsimavr-dev '/usr/include/simavr/sim_avr.h' 'a second emulator as witness for cycle counts of the signer'
need tmux tmux 'drive the scope and the wizards in a real terminal'
need chromium chromium 'drive the dashboard in a real browser'
need python3-scipy /usr/lib/python3/dist-packages/scipy/version.py 'compare signal processing with SciPy in the benches'

# versioned names: the runtime of libFuzzer and the sanitizers belongs to the clang of the release
if command -v clang >/dev/null 2>&1; then v=$(clang -dumpversion | cut -d. -f1); else v=$(apt-cache depends clang 2>/dev/null | sed -n 's/.*Depends: clang-\([0-9]*\).*/\1/p' | head -n 1); fi
if [ -n "${v:-}" ]; then
  need "lld-$v" "/usr/bin/wasm-ld-$v" 'the versioned linker that clang calls'
  need "libclang-rt-$v-dev" "/usr/lib/llvm-$v/lib/clang/*/lib/linux/libclang_rt.fuzzer-x86_64.a" 'libFuzzer and sanitizers'
fi

[ ${#missing[@]} -eq 0 ] && exit 0
if ! command -v apt-get >/dev/null 2>&1; then
  echo "not Debian: install the packages above by hand; tests that need them will skip" >&2
  exit 0
fi
run=(apt-get)
if [ "$(id -u)" -ne 0 ]; then
  if command -v sudo >/dev/null 2>&1 && sudo -n true 2>/dev/null; then run=(sudo -n apt-get); else
    echo "not root: run  sudo apt-get install --no-install-recommends ${missing[*]}   (tests that need them will skip until then)" >&2
    exit 0
  fi
fi
export DEBIAN_FRONTEND=noninteractive
"${run[@]}" update -qq -o DPkg::Lock::Timeout=300 >&2 || true
if ! "${run[@]}" install -y -qq --no-install-recommends -o DPkg::Lock::Timeout=300 "${missing[@]}" >&2; then
  # one unknown name must not keep the others away
  for package in "${missing[@]}"; do
    "${run[@]}" install -y -qq --no-install-recommends -o DPkg::Lock::Timeout=300 "$package" >&2 ||
      echo "could not install $package: tests that need it will skip" >&2
  done
fi
