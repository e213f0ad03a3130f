"""Test signals that Python and TypeScript produce bit for bit alike: integers, + - * / only (test/golden/signals.ts is its twin)."""
import numpy as np

MASK = 0xFFFFFFFF


def _rotl(x, k):
    return ((x << k) | (x >> (32 - k))) & MASK


class Xoshiro128:
    """xoshiro128** 1.1, as host/signal/random.ts."""

    def __init__(self, seed):
        self.s = [int.from_bytes(seed[4 * i:4 * i + 4], 'little') for i in range(4)]
        if not any(self.s):
            self.s[0] = 1

    def u32(self):
        s = self.s
        result = (_rotl((s[1] * 5) & MASK, 7) * 9) & MASK
        t = (s[1] << 9) & MASK
        s[2] ^= s[0]
        s[3] ^= s[1]
        s[1] ^= s[2]
        s[0] ^= s[3]
        s[2] ^= t
        s[3] = _rotl(s[3], 11)
        return result

    def f64(self):
        upper = self.u32() >> 5
        return (upper * 67108864 + (self.u32() >> 6)) / 9007199254740992


def noise(n, seed):
    """Uniform in -0.5..0.5."""
    random = Xoshiro128(bytes([seed] * 16))
    return np.array([random.f64() - 0.5 for _ in range(n)])


def wave(turns):
    """A sine made of two parabolas: same period, harmonics of 1/k^3 at odd k."""
    f = turns - np.floor(turns)
    return np.where(f < 0.5, 16 * f * (0.5 - f), -16 * (f - 0.5) * (1 - f))


def machine(n, seed):
    """A tone, its drift-free second, strikes with decay, and noise; sample rate 1."""
    j = np.arange(n)
    x = 0.7 * wave(j * 0.0123) + 0.2 * wave(j * 0.0371 + 0.1) + 0.4 * noise(n, seed)
    since = j % 137
    strike = np.where(since < 40, (1 - since / 40.0) * wave(since * 0.21), 0.0)
    return x + 1.5 * strike + 0.25


def struck(n, seed, fs, fr, order):
    """A shaft with three harmonics in noise, struck `order` times a turn, each strike late by up to 8 % of the interval (strictly
    periodic strikes would be tones, which whitening removes); 0 is not struck."""
    t = np.arange(n) / fs
    x = 0.8 * wave(fr * t) + 0.4 * wave(2 * fr * t + 0.2) + 0.3 * wave(3 * fr * t + 0.7) + 2 * noise(n, seed)
    if order > 0:
        turns = order * fr * t
        strike = np.floor(turns).astype(int)
        late = 0.08 * (noise(strike[-1] + 1, seed + 100)[strike] + 0.5)
        since = (turns - strike - late) / (order * fr)
        x = x + np.where((since >= 0) & (since < 0.004), 2 * (1 - since / 0.004) * wave(2900 * since), 0.0)
    return x
