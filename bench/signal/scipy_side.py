#!/usr/bin/python3
"""SciPy's side of bench/signal.ts: one line of JSON in (a task and how often), one out (CPU seconds of every run, and results to compare).
Starts once, so that imports and plans are paid before anything is measured."""
import ctypes
import json
import os
import sys
import time

sys.path.insert(0, os.path.join(os.path.dirname(os.path.abspath(__file__)), '../../test/golden'))
for name in ('OMP_NUM_THREADS', 'OPENBLAS_NUM_THREADS'):
    os.environ[name] = '1'

import numpy as np  # noqa: E402
import scipy  # noqa: E402
from scipy import fft, signal, stats  # noqa: E402

import finding_chain  # noqa: E402
from signals import Xoshiro128  # noqa: E402

FS = 12000.0


def record_chain(raw):
    """48,000 int16 to density, band envelope spectrum, statistics and Hann spectrum."""
    x = raw * 0.001
    _, p = signal.welch(x, FS, window='hann', nperseg=4096, detrend='constant')
    n = len(x)
    bins = fft.rfft(x - x.mean())
    f = np.arange(n // 2 + 1) * (FS / n)
    bins[(f < 2000) | (f > 4500)] = 0
    analytic = np.zeros(n, complex)
    analytic[:n // 2 + 1] = bins
    analytic[1:n // 2] *= 2
    z = fft.ifft(analytic)
    e = z.real ** 2 + z.imag ** 2
    hann = signal.get_window('hann', n)
    envelope = np.abs(fft.rfft((e - e.mean()) * hann)) ** 2
    d = x - x.mean()
    rms = np.sqrt(np.mean(d * d))
    size = np.abs(d)
    features = [rms, size.max(), stats.kurtosis(x, fisher=False), stats.skew(x), size.max() / rms, rms / size.mean(),
                size.max() / size.mean(), size.max() / np.sqrt(size).mean() ** 2]
    lines = 2 * np.abs(fft.rfft(d * hann)) / hann.sum()
    return [float(np.sqrt(p.sum() * FS / 4096)), float(envelope.max()), float(features[2]), float(lines.max())]


class Fftw:
    """rfft of one length by FFTW itself, double precision, planned by measuring."""

    def __init__(self, n):
        self.lib = ctypes.CDLL('libfftw3.so.3')
        self.x = np.zeros(n)
        self.y = np.zeros(n // 2 + 1, complex)
        self.lib.fftw_plan_dft_r2c_1d.restype = ctypes.c_void_p
        FFTW_MEASURE, FFTW_UNALIGNED = 0, 1 << 1
        self.plan = ctypes.c_void_p(self.lib.fftw_plan_dft_r2c_1d(
            n, ctypes.c_void_p(self.x.ctypes.data), ctypes.c_void_p(self.y.ctypes.data), FFTW_MEASURE | FFTW_UNALIGNED))

    def run(self, times):
        execute = self.lib.fftw_execute
        for _ in range(times):
            execute(self.plan)


def finding(axes, nominal, orders, seed):
    fr, u = finding_chain.speed(axes, FS, nominal, 0.05)
    lines, df = finding_chain.log_lines(axes, FS, fr)
    race, cage = finding_chain.decoys(Xoshiro128(bytes(seed)), orders)
    families = finding_chain.judge(lines, df, FS, fr, orders, u, race, cage)
    return [fr, families['outer']['severityDb'], families['inner']['severityDb']]


state = {}
for line in sys.stdin:
    task = json.loads(line)
    name = task['task']
    answer = {}
    if name == 'facts':
        try:
            state['fftw'] = Fftw(4096)
            fftw = True
        except OSError:
            fftw = False
        answer = {'scipy': scipy.__version__, 'numpy': np.__version__, 'fftw': fftw}
    elif name == 'load':
        with open(task['file'], 'rb') as file:
            state['raw'] = np.frombuffer(file.read(), '<i2')
        state['axes'] = [state['raw'] * 0.001, state['raw'][::-1] * 0.001]
        state['x4096'] = state['raw'][:4096] * 0.001
    else:
        def work():
            if name == 'record':
                return [record_chain(state['raw']) for _ in range(task['times'])][-1]
            if name == 'rfft':
                for _ in range(task['times']):
                    fft.rfft(state['x4096'])
            if name == 'fftw':
                state['fftw'].run(task['times'])
            if name == 'finding':
                return [finding(state['axes'][:task['axes']], task['nominal'], task['orders'], task['seed'])
                        for _ in range(task['times'])][-1]
            return []
        began = time.process_time()
        result = work()
        answer = {'seconds': (time.process_time() - began) / task['times'], 'result': result}
    print(json.dumps(answer), flush=True)
