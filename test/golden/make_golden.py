#!/usr/bin/python3
"""Writes signal.json: what SciPy says about the signals of signals.py. Run with Debian's python3-scipy; versions go into the file."""
import json
import os
import sys

import numpy as np
import scipy
from scipy import fft, ndimage, signal, stats

from signals import machine, noise

here = os.path.dirname(os.path.abspath(__file__))


def out(values):
    return [float(v) for v in np.asarray(values).ravel()]


def spectrum(x, every=1):
    bins = fft.rfft(x)[::every]
    return {'re': out(bins.real), 'im': out(bins.imag)}


golden = {'scipy': scipy.__version__, 'numpy': np.__version__, 'python': sys.version.split()[0]}

golden['fft'] = [{'n': n, 'every': every, **spectrum(machine(n, 1), every)}
                 for n, every in [(1000, 1), (1001, 1), (4096, 4), (6098, 7), (32768, 64), (40000, 80)]]

x = machine(20000, 2)
fs = 12000.0
for name in ['hann', 'blackmanharris', 'flattop']:
    f, p = signal.welch(x, fs, window=name, nperseg=1024, detrend='constant')
    golden.setdefault('welch', []).append({'window': name, 'segment': 1024, 'df': f[1], 'values': out(p)})
f, p = signal.welch(x, fs, window='hann', nperseg=999, detrend='constant')
golden['welch'].append({'window': 'hann', 'segment': 999, 'df': f[1], 'values': out(p)})
golden['windows'] = [{'window': name, 'n': n, 'values': out(signal.get_window(name, n))}
                     for name in ['hann', 'blackmanharris', 'flattop'] for n in [64, 101]]

# Envelope chain: analytic signal, whitening, squared envelope spectrum under a periodic Hann, running median
n = 4000
y = machine(n, 3)
y = y - y.mean()
envelope = np.abs(signal.hilbert(y)) ** 2
hann = signal.get_window('hann', n)
golden['envelope'] = {'n': n, 'values': out(envelope[::4]),
                      'plain': out(np.abs(fft.rfft((envelope - envelope.mean()) * hann)) ** 2)[::2]}
spectrum_y = fft.fft(y)
magnitude = np.abs(spectrum_y)
white = np.where(magnitude > 1e-12, spectrum_y / np.where(magnitude > 1e-12, magnitude, 1), spectrum_y)
white[0] = 0
white_envelope = np.abs(signal.hilbert(fft.ifft(white).real)) ** 2
power = np.abs(fft.rfft((white_envelope - white_envelope.mean()) * hann)) ** 2
golden['whitened'] = {'n': n, 'power': out(power)}
golden['median'] = {'half': 60, 'values': out(ndimage.median_filter(power, 121, mode='nearest'))}

z = machine(3000, 4)
d = z - z.mean()
rms = np.sqrt(np.mean(d * d))
golden['statistics'] = {
    'n': 3000, 'rms': rms, 'kurtosis': float(stats.kurtosis(z, fisher=False)), 'skewness': float(stats.skew(z)),
    'crest': float(np.max(np.abs(d)) / rms), 'shape': float(rms / np.mean(np.abs(d))),
    'impulse': float(np.max(np.abs(d)) / np.mean(np.abs(d))),
    'clearance': float(np.max(np.abs(d)) / np.mean(np.sqrt(np.abs(d))) ** 2)}
e = np.sort(envelope)
golden['impulsiveness'] = {
    'gini': float(1 - 2 * np.sum(e / e.sum() * (n - np.arange(1, n + 1) + 0.5) / n)),
    'negentropy': float(np.mean(envelope / envelope.mean() * np.log(envelope / envelope.mean())))}

f, p = signal.periodogram(x, fs, window='hann', detrend='constant')
band = (f >= 10) & (f <= 1000)
golden['velocity'] = {
    'rms': float(1e3 * np.sqrt(np.sum(p[band] / (2 * np.pi * f[band]) ** 2) * f[1])),
    'displacement': float(1e6 * np.sqrt(np.sum(p[band] / (2 * np.pi * f[band]) ** 4) * f[1])),
    'bandRms': float(np.sqrt(np.sum(p[band]) * f[1]))}

short = machine(1500, 5)
golden['filters'] = []
for order, kind, hz in [(4, 'bandpass', [900.0, 3100.0]), (3, 'bandpass', [40.0, 5900.0]), (5, 'lowpass', 700.0),
                        (4, 'highpass', 300.0), (1, 'lowpass', 1000.0), (3, 'highpass', 2000.0)]:
    sos = signal.butter(order, hz, kind, fs=fs, output='sos')
    w, h = signal.sosfreqz(sos, worN=64, fs=fs)
    golden['filters'].append({'order': order, 'kind': kind, 'hz': hz, 'gain': out(np.abs(h)),
                              'values': out(signal.sosfiltfilt(sos, short)[::3])})

golden['decimate'] = [{'factor': q, 'values': out(signal.decimate(short, q, ftype='fir'))} for q in [2, 5, 8]]
golden['resample'] = [{'up': up, 'down': down, 'values': out(signal.resample_poly(short, up, down)[::2])}
                      for up, down in [(3, 2), (2, 5), (6, 4), (1, 7)]]
golden['upsample'] = {'factor': 8, 'values': out(signal.resample(short, 12000)[::16])}

golden['cepstrum'] = {'n': 1500, 'values': out(fft.ifft(np.log(np.abs(fft.fft(short)))).real[::2])}

zoom = signal.zoom_fft(short, [600.0, 900.0], m=400, fs=fs)
golden['zoom'] = {'f1': 600.0, 'f2': 900.0, 'points': 400, 're': out(zoom.real), 'im': out(zoom.imag)}
t = np.arange(900) / fs
w = signal.get_window('hann', 500)
seg = short[200:700]
golden['phasor'] = {'from': 200, 'length': 500, 'f': 147.6}
value = 2 * np.sum(w * (seg - seg.mean()) * np.exp(-2j * np.pi * 147.6 * t[200:700])) / w.sum()
golden['phasor'].update(re=float(value.real), im=float(value.imag))

# Order map: tones of orders 5.3 and 12.7 on a shaft whose speed rises, under a taper that ends smoothly; numpy.interp over 400 times as
# many instants
rate, count, fine = 4000.0, 8000, 400
instants = np.arange(count * fine) / (rate * fine)
turns = 20 * instants + 0.25 * instants ** 2
share = instants * rate / (count - 1)
taper = np.where(share < 1, (4 * share * (1 - share)) ** 4, 0)
tones = taper * (np.sin(2 * np.pi * 5.3 * turns) + 0.5 * np.cos(2 * np.pi * 12.7 * turns))
per_turn, every = 64, 7
angles = np.arange(0, int(turns[(count - 1) * fine] * per_turn), every) / per_turn
golden['orders'] = {'fs': rate, 'n': count, 'perTurn': per_turn, 'every': every,
                    'values': out(np.interp(angles, turns, tones))}

with open(os.path.join(here, 'signal.json'), 'w') as file:
    json.dump(golden, file, separators=(',', ':'))
    file.write('\n')

# The finding chain on two records of a struck shaft, two axes each
from finding_chain import decoys, judge, log_lines, speed  # noqa: E402
from signals import Xoshiro128, struck  # noqa: E402

ORDERS = {'BPFO': 3.5723, 'BPFI': 5.4277, 'BSF': 2.3216, 'FTF': 0.39692}
cases = []
for seed, order in [(21, ORDERS['BPFO']), (22, ORDERS['BPFI']), (23, 0.0)]:
    axes = [struck(40000, seed + 10 * axis, 12000.0, 24.6, order) for axis in range(2)]
    fr, u = speed(axes, 12000.0, 25.0, 0.05)
    lines, df = log_lines(axes, 12000.0, fr)
    race, cage = decoys(Xoshiro128(bytes(range(seed, seed + 16))), ORDERS)
    cases.append({'seed': seed, 'order': order, 'frHz': fr, 'uncertainty': u, 'df': df,
                  'lines': out(lines[:2000:5]), 'decoys': [float(race[0]), float(race[-1]), float(cage[-1])],
                  'families': judge(lines, df, 12000.0, fr, ORDERS, u, race, cage)})
with open(os.path.join(here, 'finding.json'), 'w') as file:
    json.dump({'scipy': scipy.__version__, 'numpy': np.__version__, 'orders': ORDERS, 'cases': cases}, file, separators=(',', ':'))
    file.write('\n')
