"""The finding chain (kz-speed/2 and kz-bearing/2) in NumPy and SciPy, written from the same description as host/wear: the golden of its
tests and the yardstick of its bench."""
import numpy as np
from scipy import fft, ndimage, signal


def centred_white(x):
    """Spectrum less the mean, every bin divided by its magnitude."""
    bins = fft.rfft(x - x.mean())
    bins[0] = 0
    size = np.abs(bins)
    strong = size > 1e-12
    bins[strong] /= size[strong]
    return bins


def squared_envelope(bins, n):
    analytic = np.zeros(n, complex)
    analytic[:n // 2 + 1] = bins
    analytic[1:n // 2] *= 2
    z = fft.ifft(analytic)
    return z.real ** 2 + z.imag ** 2


def envelope_power(x):
    n = len(x)
    e = squared_envelope(centred_white(x), n)
    return np.abs(fft.rfft((e - e.mean()) * signal.get_window('hann', n))) ** 2


def prominence(x, fs, to_hz):
    """Clipped heights over the local floor, the same as triangles at their tops, and df."""
    n = len(x)
    padded = 4
    while padded < 4 * n:
        padded *= 2
    bins = fft.rfft((x - x.mean()) * signal.get_window('hann', n), padded)
    df = fs / padded
    width = padded / n
    half = int(np.floor(20 * padded / n + 0.5))
    count = min(len(bins), int(np.ceil(to_hz / df)) + half + 2 * int(np.ceil(width)) + 3)
    log = np.log(np.maximum(np.abs(bins[:count]) ** 2, 1e-300))
    over = log - ndimage.median_filter(log, 2 * half + 1, mode='nearest')
    size = 2 * int(width) + 1
    summit = over == ndimage.maximum_filter(over, size, mode='constant', cval=-np.inf)
    tops = np.zeros(count)
    for k in np.nonzero(summit & (over > 0))[0]:
        if not 0 < k < count - 1 or over[k] <= over[k - 1]:
            continue
        bend = over[k - 1] - 2 * over[k] + over[k + 1]
        top = k + (np.clip(0.5 * (over[k - 1] - over[k + 1]) / bend, -0.5, 0.5) if bend < 0 else 0)
        i = np.arange(max(0, int(np.ceil(top - width))), min(count - 1, int(np.floor(top + width))) + 1)
        tops[i] = np.maximum(tops[i], min(over[k], 6) * (1 - np.abs(i - top) / width))
    return np.clip(over, 0, 6), tops, df


def speed(axes, fs, nominal, tolerance):
    """Shaft speed in Hz and its relative half width; axes are lists of samples of even length."""
    low, high = nominal * (1 - tolerance), nominal * (1 + tolerance)
    step = min(fs / len(x) for x in axes) / 16
    f = low + step * np.arange(max(3, int((high - low) / step) + 1))
    comb, votes = np.zeros(len(f)), np.zeros(len(f))
    for harmonics, of in [(6, lambda x: x), (4, lambda x: squared_envelope(centred_white(x), len(x)))]:
        for x in axes:
            values, tops, df = prominence(of(x), fs, harmonics * high)
            grid = np.arange(len(values))
            for h in range(1, harmonics + 1):
                comb += np.interp(h * f / df, grid, values) / h
                votes += np.interp(h * f / df, grid, tops) / h
    votes[comb < 0.8 * comb.max()] = 0
    best = int(np.argmax(votes))
    found = low + best * step
    if 0 < best < len(f) - 1:
        bend = votes[best - 1] - 2 * votes[best] + votes[best + 1]
        if bend < 0:
            found += 0.5 * (votes[best - 1] - votes[best + 1]) * step / bend
    left = right = best
    while left > 0 and votes[left] > votes[best] - 1:
        left -= 1
    while right < len(f) - 1 and votes[right] > votes[best] - 1:
        right += 1
    return found, 0.5 * (right - left) * step / found


def block_length(fs, fr, samples):
    n = 2
    while 2 * n * n <= (2.7 * fs) ** 2:
        n *= 2
    while n * fr / fs < 30:
        n *= 2
    return n if n <= samples else samples - samples % 2


def log_lines(axes, fs, fr):
    """Averaged log lines, notched at the shaft's harmonics, and df."""
    n = block_length(fs, fr, max(len(x) for x in axes))
    df = fs / n
    total = np.zeros(n // 2 + 1)
    blocks = 0
    for x in axes:
        for start in range(0, len(x) - n + 1, n):
            power = envelope_power(x[start:start + n])
            floor = ndimage.median_filter(power, 121, mode='nearest')
            ratio = power * np.log(2) / floor
            ratio[:int(np.ceil(5 / df))] = 0
            total += np.minimum(np.log10(np.maximum(ratio, 1)), 4)
            blocks += 1
    lines = total / blocks
    for k in range(1, 61):
        notch(lines, k * fr, df, 2)
    return lines, df


def notch(lines, hz, df, half):
    centre = hz / df
    lines[max(0, int(np.ceil(centre - half))):max(0, int(np.floor(centre + half)) + 1)] = 0


def comb(lines, df, fr, orders, tolerance, harmonics):
    """T of many orders at once, and where each is largest."""
    pairs = np.maximum(lines[:-1], lines[1:])
    centres = np.asarray(orders) * fr / df
    points = np.maximum(3, np.ceil(4 * tolerance * centres * harmonics).astype(int) + 1)
    starts = np.concatenate([[0], np.cumsum(points)[:-1]])
    place = np.arange(points.sum()) - np.repeat(starts, points)
    f = np.repeat(centres * (1 - tolerance), points) + place * np.repeat(2 * tolerance * centres / (points - 1), points)
    sums = np.zeros(len(f))
    at = np.zeros(len(f))
    for _ in range(harmonics):
        at = at + f
        k = at.astype(int)
        sums += np.where(k < len(pairs), pairs[np.minimum(k, len(pairs) - 1)], 0)
    scores = np.maximum.reduceat(sums, starts)
    hz = [f[s:s + p][np.argmax(sums[s:s + p])] * df for s, p in zip(starts, points)]
    return scores, np.array(hz)


def decoys(random, orders):
    """400 orders for race and ball families, then 400 for the cage, from one stream."""
    faults = [orders[name] * j / k for name in ('BPFO', 'BPFI', 'BSF') for j in (1, 2, 3) for k in (1, 2, 3)]

    def draw(low, high, refused):
        accepted = []
        while len(accepted) < 400:
            order = low + (high - low) * random.f64()
            if not refused(order):
                accepted.append(order)
        return np.array(accepted)

    race = draw(0.3, 9.5, lambda o: abs(o - round(o)) < 0.06 or any(abs(o / a - 1) < 0.02 for a in faults))
    cage = draw(0.25, 0.48, lambda o: abs(o / orders['FTF'] - 1) < 0.03)
    return race, cage


def judge(lines, df, fs, fr, orders, uncertainty, race, cage):
    """Families with T, p, severity and found order after stronger families are explained away."""
    expected = {'outer': orders['BPFO'], 'inner': orders['BPFI'], 'ball': 2 * orders['BSF'], 'cage': orders['FTF']}
    tolerance = 0.01 + uncertainty
    left = {name: order for name, order in expected.items() if abs(order - round(order)) > 0.01 * order or round(order) == 0}
    lines = lines.copy()
    settled = {}
    for _ in range(4):
        current, chance = {}, {}
        for name, order in left.items():
            harmonics = min(5, int(fs / 2 / (order * fr)))
            key = ('cage' if name == 'cage' else 'race', harmonics)
            if key not in chance:
                chance[key] = comb(lines, df, fr, cage if name == 'cage' else race, tolerance, harmonics)[0]
            score, hz = comb(lines, df, fr, [order], tolerance, harmonics)
            scores = chance[key]
            current[name] = {'score': float(score[0]), 'p': float((1 + np.sum(scores >= score[0])) / 401),
                             'severityDb': float(10 * (score[0] - np.median(scores)) / harmonics),
                             'foundOrder': float(hz[0] / fr)}
        strong = [n for n, r in current.items() if r['p'] <= 0.01 and r['severityDb'] > 0]
        if len(settled) == 3 or not strong:
            break
        name = max(strong, key=lambda n: current[n]['severityDb'])
        settled[name] = current.pop(name)
        del left[name]
        f = settled[name]['foundOrder'] * fr
        side = {'inner': [fr, 2 * fr], 'ball': [orders['FTF'] * fr]}.get(name, [])
        for k in range(1, 21):
            half = 2 + 0.002 * k * f / df
            for offset in [0] + [s * o for o in side for s in (-1, 1)]:
                notch(lines, k * f + offset, df, half)
    return {**settled, **current}
