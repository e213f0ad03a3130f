/*
 * The arithmetic of host/signal for WebAssembly, two float64 lanes at a time. Every value is computed by the operations and in the order
 * of its TypeScript twin (named at each function), so both give the same bits: WebAssembly has no fused or extended arithmetic, and
 * -ffp-contract=off keeps the compiler from asking for it. No library, no allocation: the caller lays out the memory.
 */

#include <wasm_simd128.h> /* the square root of both lanes; C has none for vectors */

typedef double v2 __attribute__((vector_size(16), aligned(8)));

#define EXPORT(name) __attribute__((export_name(#name))) name

struct pass {
  int radix;
  int m;      /* sub-transform length / radix */
  int stride;
  const double *w; /* radix - 1 powers, each m real then m imaginary parts */
};

struct plan {
  int n;
  int passes;
  const struct pass *pass;
};

static inline v2 load(const double *p) { return *(const v2 *)p; }
static inline void store(double *p, v2 v) { *(v2 *)p = v; }
static inline v2 both(double x) { return (v2){x, x}; }
static inline v2 root(v2 v) { return (v2)wasm_f64x2_sqrt((v128_t)v); }
static inline v2 swap(v2 v) { return (v2){v[1], v[0]}; }

/* y[k] *= w, two at once */
#define TURNED(re, im, wr, wi, outRe, outIm) \
  v2 outRe = (re) * (wr) - (im) * (wi);      \
  v2 outIm = (re) * (wi) + (im) * (wr)

/* butterflies.ts, radix 4: four outputs of which 1..3 are still to be turned */
#define BUTTERFLY4(ar, ai, br, bi, cr, ci, dr, di)                      \
  v2 sumRe = ar + cr, sumIm = ai + ci;                                  \
  v2 differenceRe = ar - cr, differenceIm = ai - ci;                    \
  v2 oddRe = br + dr, oddIm = bi + di;                                  \
  v2 turnedRe = di - bi, turnedIm = br - dr;                            \
  v2 y0r = sumRe + oddRe, y0i = sumIm + oddIm;                          \
  v2 u1r = differenceRe - turnedRe, u1i = differenceIm - turnedIm;      \
  v2 u2r = sumRe - oddRe, u2i = sumIm - oddIm;                          \
  v2 u3r = differenceRe + turnedRe, u3i = differenceIm + turnedIm

static void radix4_first(const struct pass *p, const double *xr, const double *xi, double *yr, double *yi) {
  const int m = p->m;
  const double *w = p->w;
  for (int k = 0; k < m; k += 2) {
    v2 ar = load(xr + k), ai = load(xi + k);
    v2 br = load(xr + k + m), bi = load(xi + k + m);
    v2 cr = load(xr + k + 2 * m), ci = load(xi + k + 2 * m);
    v2 dr = load(xr + k + 3 * m), di = load(xi + k + 3 * m);
    BUTTERFLY4(ar, ai, br, bi, cr, ci, dr, di);
    TURNED(u1r, u1i, load(w + k), load(w + m + k), y1r, y1i);
    TURNED(u2r, u2i, load(w + 2 * m + k), load(w + 3 * m + k), y2r, y2i);
    TURNED(u3r, u3i, load(w + 4 * m + k), load(w + 5 * m + k), y3r, y3i);
    if (k == 0) {
      y1r[0] = u1r[0], y1i[0] = u1i[0];
      y2r[0] = u2r[0], y2i[0] = u2i[0];
      y3r[0] = u3r[0], y3i[0] = u3i[0];
    }
    store(yr + 4 * k, __builtin_shufflevector(y0r, y1r, 0, 2));
    store(yr + 4 * k + 2, __builtin_shufflevector(y2r, y3r, 0, 2));
    store(yr + 4 * k + 4, __builtin_shufflevector(y0r, y1r, 1, 3));
    store(yr + 4 * k + 6, __builtin_shufflevector(y2r, y3r, 1, 3));
    store(yi + 4 * k, __builtin_shufflevector(y0i, y1i, 0, 2));
    store(yi + 4 * k + 2, __builtin_shufflevector(y2i, y3i, 0, 2));
    store(yi + 4 * k + 4, __builtin_shufflevector(y0i, y1i, 1, 3));
    store(yi + 4 * k + 6, __builtin_shufflevector(y2i, y3i, 1, 3));
  }
}

static void radix4(const struct pass *p, const double *xr, const double *xi, double *yr, double *yi) {
  const int m = p->m, s = p->stride, step = p->stride * p->m;
  const double *w = p->w;
  for (int q = 0; q < s; q += 2) {
    v2 ar = load(xr + q), ai = load(xi + q);
    v2 br = load(xr + q + step), bi = load(xi + q + step);
    v2 cr = load(xr + q + 2 * step), ci = load(xi + q + 2 * step);
    v2 dr = load(xr + q + 3 * step), di = load(xi + q + 3 * step);
    BUTTERFLY4(ar, ai, br, bi, cr, ci, dr, di);
    store(yr + q, y0r);
    store(yi + q, y0i);
    store(yr + q + s, u1r);
    store(yi + q + s, u1i);
    store(yr + q + 2 * s, u2r);
    store(yi + q + 2 * s, u2i);
    store(yr + q + 3 * s, u3r);
    store(yi + q + 3 * s, u3i);
  }
  for (int k = 1; k < m; k++) {
    const v2 w1r = both(w[k]), w1i = both(w[m + k]);
    const v2 w2r = both(w[2 * m + k]), w2i = both(w[3 * m + k]);
    const v2 w3r = both(w[4 * m + k]), w3i = both(w[5 * m + k]);
    const double *ar_ = xr + s * k, *ai_ = xi + s * k;
    double *yr_ = yr + 4 * s * k, *yi_ = yi + 4 * s * k;
    for (int q = 0; q < s; q += 2) {
      v2 ar = load(ar_ + q), ai = load(ai_ + q);
      v2 br = load(ar_ + q + step), bi = load(ai_ + q + step);
      v2 cr = load(ar_ + q + 2 * step), ci = load(ai_ + q + 2 * step);
      v2 dr = load(ar_ + q + 3 * step), di = load(ai_ + q + 3 * step);
      BUTTERFLY4(ar, ai, br, bi, cr, ci, dr, di);
      store(yr_ + q, y0r);
      store(yi_ + q, y0i);
      TURNED(u1r, u1i, w1r, w1i, y1r, y1i);
      store(yr_ + q + s, y1r);
      store(yi_ + q + s, y1i);
      TURNED(u2r, u2i, w2r, w2i, y2r, y2i);
      store(yr_ + q + 2 * s, y2r);
      store(yi_ + q + 2 * s, y2i);
      TURNED(u3r, u3i, w3r, w3i, y3r, y3i);
      store(yr_ + q + 3 * s, y3r);
      store(yi_ + q + 3 * s, y3i);
    }
  }
}

static void radix2(const struct pass *p, const double *xr, const double *xi, double *yr, double *yi) {
  const int m = p->m, s = p->stride, step = p->stride * p->m;
  for (int q = 0; q < s; q += 2) {
    v2 ar = load(xr + q), ai = load(xi + q), br = load(xr + q + step), bi = load(xi + q + step);
    store(yr + q, ar + br);
    store(yi + q, ai + bi);
    store(yr + q + s, ar - br);
    store(yi + q + s, ai - bi);
  }
  for (int k = 1; k < m; k++) {
    const v2 wr = both(p->w[k]), wi = both(p->w[m + k]);
    for (int q = 0; q < s; q += 2) {
      const int at = s * k + q;
      v2 ar = load(xr + at), ai = load(xi + at), br = load(xr + at + step), bi = load(xi + at + step);
      const int to = 2 * s * k + q;
      store(yr + to, ar + br);
      store(yi + to, ai + bi);
      TURNED(ar - br, ai - bi, wr, wi, y1r, y1i);
      store(yr + to + s, y1r);
      store(yi + to + s, y1i);
    }
  }
}

#define SIN60 0.8660254037844386

static void radix3(const struct pass *p, const double *xr, const double *xi, double *yr, double *yi) {
  const int m = p->m, s = p->stride, step = p->stride * p->m;
  const double *w = p->w;
  for (int k = 0; k < m; k++) {
    const v2 w1r = both(w[k]), w1i = both(w[m + k]), w2r = both(w[2 * m + k]), w2i = both(w[3 * m + k]);
    for (int q = 0; q < s; q += 2) {
      const int at = s * k + q, to = 3 * s * k + q;
      v2 ar = load(xr + at), ai = load(xi + at);
      v2 br = load(xr + at + step), bi = load(xi + at + step);
      v2 cr = load(xr + at + 2 * step), ci = load(xi + at + 2 * step);
      v2 tr = br + cr, ti = bi + ci;
      v2 mr = ar - both(0.5) * tr, mi = ai - both(0.5) * ti;
      v2 sr = both(SIN60) * (br - cr), si = both(SIN60) * (bi - ci);
      store(yr + to, ar + tr);
      store(yi + to, ai + ti);
      TURNED(mr + si, mi - sr, w1r, w1i, y1r, y1i);
      store(yr + to + s, y1r);
      store(yi + to + s, y1i);
      TURNED(mr - si, mi + sr, w2r, w2i, y2r, y2i);
      store(yr + to + 2 * s, y2r);
      store(yi + to + 2 * s, y2i);
    }
  }
}

#define COS72 0.30901699437494745
#define COS144 (-0.8090169943749475)
#define SIN72 0.9510565162951535
#define SIN144 0.5877852522924731

static void radix5(const struct pass *p, const double *xr, const double *xi, double *yr, double *yi) {
  const int m = p->m, s = p->stride, step = p->stride * p->m;
  const double *w = p->w;
  const v2 c1 = both(COS72), c2 = both(COS144), s1 = both(SIN72), s2 = both(SIN144);
  for (int k = 0; k < m; k++) {
    const v2 w1r = both(w[k]), w1i = both(w[m + k]), w2r = both(w[2 * m + k]), w2i = both(w[3 * m + k]);
    const v2 w3r = both(w[4 * m + k]), w3i = both(w[5 * m + k]), w4r = both(w[6 * m + k]), w4i = both(w[7 * m + k]);
    for (int q = 0; q < s; q += 2) {
      const int at = s * k + q, to = 5 * s * k + q;
      v2 ar = load(xr + at), ai = load(xi + at);
      v2 br = load(xr + at + step), bi = load(xi + at + step);
      v2 cr = load(xr + at + 2 * step), ci = load(xi + at + 2 * step);
      v2 dr = load(xr + at + 3 * step), di = load(xi + at + 3 * step);
      v2 er = load(xr + at + 4 * step), ei = load(xi + at + 4 * step);
      v2 t1r = br + er, t1i = bi + ei, t2r = cr + dr, t2i = ci + di;
      v2 t3r = br - er, t3i = bi - ei, t4r = cr - dr, t4i = ci - di;
      store(yr + to, ar + (t1r + t2r));
      store(yi + to, ai + (t1i + t2i));
      v2 m1r = ar + (c1 * t1r + c2 * t2r), m1i = ai + (c1 * t1i + c2 * t2i);
      v2 m2r = ar + (c2 * t1r + c1 * t2r), m2i = ai + (c2 * t1i + c1 * t2i);
      v2 n1r = s1 * t3r + s2 * t4r, n1i = s1 * t3i + s2 * t4i;
      v2 n2r = s2 * t3r - s1 * t4r, n2i = s2 * t3i - s1 * t4i;
      TURNED(m1r + n1i, m1i - n1r, w1r, w1i, y1r, y1i);
      store(yr + to + s, y1r);
      store(yi + to + s, y1i);
      TURNED(m2r + n2i, m2i - n2r, w2r, w2i, y2r, y2i);
      store(yr + to + 2 * s, y2r);
      store(yi + to + 2 * s, y2i);
      TURNED(m2r - n2i, m2i + n2r, w3r, w3i, y3r, y3i);
      store(yr + to + 3 * s, y3r);
      store(yi + to + 3 * s, y3i);
      TURNED(m1r - n1i, m1i + n1r, w4r, w4i, y4r, y4i);
      store(yr + to + 4 * s, y4r);
      store(yi + to + 4 * s, y4i);
    }
  }
}

/* stockham.ts, transform. a and b hold n real then n imaginary parts; the input is in a, the result where the return value points. */
static double *run(const struct plan *plan, double *a, double *b, int inverse) {
  const int n = plan->n;
  double *from = a, *to = b;
  const int re = inverse ? n : 0, im = inverse ? 0 : n;
  for (int i = 0; i < plan->passes; i++) {
    const struct pass *p = plan->pass + i;
    const double *xr = from + re, *xi = from + im;
    double *yr = to + re, *yi = to + im;
    if (p->radix == 4) {
      if (p->stride == 1) radix4_first(p, xr, xi, yr, yi);
      else radix4(p, xr, xi, yr, yi);
    } else if (p->radix == 2) radix2(p, xr, xi, yr, yi);
    else if (p->radix == 3) radix3(p, xr, xi, yr, yi);
    else radix5(p, xr, xi, yr, yi);
    double *t = from;
    from = to;
    to = t;
  }
  return from;
}

/* Complex transform; inverse = 1 swaps real and imaginary parts: n times the inverse. */
double *EXPORT(transform)(const struct plan *plan, double *a, double *b, int inverse) { return run(plan, a, b, inverse); }

/* fft.ts, rfftInto: takes z of half the length apart into bins 0 … half; re and im must not overlap z. */
static void unpack(const double *zr, const double *zi, int half, const double *cs, const double *sn, double *re, double *im) {
  re[0] = zr[0] + zi[0];
  im[0] = 0;
  re[half] = zr[0] - zi[0];
  im[half] = 0;
  int k = 1, m = half - 1;
  const v2 h = both(0.5);
  for (; k + 1 < m - 1; k += 2, m -= 2) {
    v2 zrk = load(zr + k), zik = load(zi + k);
    v2 zrm = swap(load(zr + m - 1)), zim = swap(load(zi + m - 1));
    v2 evenRe = h * (zrk + zrm), evenIm = h * (zik - zim);
    v2 oddRe = h * (zik + zim), oddIm = h * (zrm - zrk);
    v2 c = load(cs + k), s = load(sn + k);
    v2 turnedRe = oddRe * c + oddIm * s, turnedIm = oddIm * c - oddRe * s;
    store(re + k, evenRe + turnedRe);
    store(im + k, evenIm + turnedIm);
    store(re + m - 1, swap(evenRe - turnedRe));
    store(im + m - 1, swap(turnedIm - evenIm));
  }
  for (; k <= m; k++, m--) {
    double evenRe = 0.5 * (zr[k] + zr[m]), evenIm = 0.5 * (zi[k] - zi[m]);
    double oddRe = 0.5 * (zi[k] + zi[m]), oddIm = 0.5 * (zr[m] - zr[k]);
    double turnedRe = oddRe * cs[k] + oddIm * sn[k], turnedIm = oddIm * cs[k] - oddRe * sn[k];
    re[k] = evenRe + turnedRe;
    im[k] = evenIm + turnedIm;
    re[m] = evenRe - turnedRe;
    im[m] = turnedIm - evenIm;
  }
}

/* fft.ts, rfftInto, even n = 2·half: x of n samples, a and b work of n each, out of half + 1 real then half + 1 imaginary parts. */
static void spectrum(const struct plan *plan, const double *x, double *a, double *b, const double *cs, const double *sn, double *out) {
  const int half = plan->n;
  int j = 0;
  for (; j + 1 < half; j += 2) {
    v2 p = load(x + 2 * j), q = load(x + 2 * j + 2);
    store(a + j, __builtin_shufflevector(p, q, 0, 2));
    store(a + half + j, __builtin_shufflevector(p, q, 1, 3));
  }
  for (; j < half; j++) {
    a[j] = x[2 * j];
    a[half + j] = x[2 * j + 1];
  }
  const double *z = run(plan, a, b, 0);
  unpack(z, z + half, half, cs, sn, out, out + half + 1);
}

void EXPORT(rfft)(const struct plan *plan, const double *x, double *a, double *b, const double *cs, const double *sn, double *out) {
  spectrum(plan, x, a, b, cs, sn, out);
}

/* sum.ts: four running sums over every fourth value, then their pairs. */
static double sum(const double *x, int n) {
  v2 p = both(0), q = both(0);
  int j = 0;
  for (; j + 3 < n; j += 4) {
    p = p + load(x + j);
    q = q + load(x + j + 2);
  }
  double rest = 0;
  for (; j < n; j++) rest += x[j];
  return p[0] + p[1] + (q[0] + q[1]) + rest;
}

double EXPORT(total)(const double *x, int n) { return sum(x, n); }

/* y = (x - mean)·w */
static void weigh(const double *x, double mean, const double *w, double *y, int n) {
  const v2 m = both(mean);
  int j = 0;
  for (; j + 1 < n; j += 2) store(y + j, (load(x + j) - m) * load(w + j));
  for (; j < n; j++) y[j] = (x[j] - mean) * w[j];
}

/* psd.ts, welch, before the scale: acc[k] = Σ over segments of |X[k]|²; returns the number of segments. `y` is work of `length`. */
int EXPORT(welch)(const struct plan *plan, const double *x, int n, int length, int hop, const double *w, double *y, double *a,
                  double *b, const double *cs, const double *sn, double *out, double *acc) {
  const int bins = length / 2 + 1;
  for (int k = 0; k < bins; k++) acc[k] = 0;
  int segments = 0;
  for (int from = 0; from + length <= n; from += hop) {
    weigh(x + from, sum(x + from, length) / length, w, y, length);
    spectrum(plan, y, a, b, cs, sn, out);
    const double *re = out, *im = out + bins;
    int k = 0;
    for (; k + 1 < bins; k += 2) {
      v2 r = load(re + k), i = load(im + k);
      store(acc + k, load(acc + k) + (r * r + i * i));
    }
    for (; k < bins; k++) acc[k] += re[k] * re[k] + im[k] * im[k];
    segments++;
  }
  return segments;
}

/* spectrum.ts, lineSpectrum, without padding and scale: |X[k]| of the windowed signal less its mean. */
void EXPORT(magnitudes)(const struct plan *plan, const double *x, const double *w, double *y, double *a, double *b, const double *cs,
                        const double *sn, double *out) {
  const int n = 2 * plan->n, bins = plan->n + 1;
  weigh(x, sum(x, n) / n, w, y, n);
  spectrum(plan, y, a, b, cs, sn, out);
  int k = 0;
  for (; k + 1 < bins; k += 2) {
    v2 re = load(out + k), im = load(out + bins + k);
    store(out + k, root(re * re + im * im));
  }
  for (; k < bins; k++) out[k] = __builtin_sqrt(out[k] * out[k] + out[bins + k] * out[bins + k]);
}

/* envelope.ts, centredSpectrum: spectrum of x less its mean, DC 0. */
void EXPORT(centred)(const struct plan *plan, const double *x, double *y, double *a, double *b, const double *cs, const double *sn,
                     double *out) {
  const int n = 2 * plan->n;
  const double mean = sum(x, n) / n;
  for (int j = 0; j < n; j++) y[j] = x[j] - mean;
  spectrum(plan, y, a, b, cs, sn, out);
  out[0] = 0;
  out[plan->n + 1] = 0;
}

/* envelope.ts, whiten */
void EXPORT(whiten)(double *re, double *im, int bins) {
  int k = 0;
  for (; k + 1 < bins; k += 2) {
    v2 r = load(re + k), i = load(im + k);
    v2 magnitude = root(r * r + i * i);
    /* what is silent is divided by 1 */
    v2 by = {magnitude[0] > 1e-12 ? magnitude[0] : 1, magnitude[1] > 1e-12 ? magnitude[1] : 1};
    store(re + k, r / by);
    store(im + k, i / by);
  }
  for (; k < bins; k++) {
    const double magnitude = __builtin_sqrt(re[k] * re[k] + im[k] * im[k]);
    if (magnitude > 1e-12) {
      re[k] /= magnitude;
      im[k] /= magnitude;
    }
  }
}

/*
 * envelope.ts, squaredEnvelope: n = 2·half samples into out from a spectrum of half + 1 bins (real, then imaginary); a, b, c are work of n
 * each. Even and odd samples are one transform each.
 */
void EXPORT(envelope)(const struct plan *plan, const double *bins, double *a, double *b, double *c, const double *cs, const double *sn,
                      double *out) {
  const int half = plan->n, n = 2 * half;
  const double *re = bins, *im = bins + half + 1;
  const double inner = 2.0 / n, edge = 1.0 / n;
  const v2 scale = both(inner);
  double *evenRe = a, *evenIm = a + half, *oddRe = c, *oddIm = c + half;
  for (int k = 0; k < half; k += 2) {
    v2 xr = scale * load(re + k), xi = scale * load(im + k);
    store(evenRe + k, xr);
    store(evenIm + k, xi);
    TURNED(xr, xi, load(cs + k), load(sn + k), tr, ti);
    store(oddRe + k, tr);
    store(oddIm + k, ti);
  }
  evenRe[0] = edge * re[0] + edge * re[half];
  evenIm[0] = edge * im[0] + edge * im[half];
  oddRe[0] = edge * re[0] - edge * re[half];
  oddIm[0] = edge * im[0] - edge * im[half];
  const double *even = run(plan, a, b, 1);
  double *scratch = even == a ? b : a;
  const double *odd = run(plan, c, scratch, 1);
  for (int j = 0; j < half; j += 2) {
    v2 er = load(even + j), ei = load(even + half + j), or = load(odd + j), oi = load(odd + half + j);
    v2 e = er * er + ei * ei, o = or * or + oi * oi;
    store(out + 2 * j, __builtin_shufflevector(e, o, 0, 2));
    store(out + 2 * j + 2, __builtin_shufflevector(e, o, 1, 3));
  }
}

/* envelope.ts, powerOfCentred: |FFT|² of the values less their mean under a window, bins 0 … half into out; y may be x. */
void EXPORT(power)(const struct plan *plan, const double *x, const double *w, double *y, double *a, double *b, const double *cs,
                   const double *sn, double *out) {
  const int n = 2 * plan->n, bins = plan->n + 1;
  weigh(x, sum(x, n) / n, w, y, n);
  spectrum(plan, y, a, b, cs, sn, out);
  for (int k = 0; k < bins; k++) out[k] = out[k] * out[k] + out[bins + k] * out[bins + k];
}

/* envelope.ts, runningMedian; `sorted` is work of 2·half + 1 values and holds the first window, sorted. */
void EXPORT(median)(const double *x, int n, int half, double *sorted, double *out) {
  const int width = 2 * half + 1, last = n - 1;
  out[0] = sorted[half];
  for (int k = 1; k < n; k++) {
    const double leaving = x[k - 1 - half > 0 ? k - 1 - half : 0];
    const double entering = x[k + half < last ? k + half : last];
    if (entering != leaving) {
      /* Numbers of sorted values below both, searched side by side and without a branch that cannot be foretold. */
      int at = 0, to = 0;
      for (int length = width; length > 1;) {
        const int middle = length >> 1;
        at += middle & -(sorted[at + middle - 1] < leaving);
        to += middle & -(sorted[to + middle - 1] < entering);
        length -= middle;
      }
      at += sorted[at] < leaving;
      to += sorted[to] < entering;
      /* What lies between the two places moves by one. */
      if (entering > leaving) {
        to--;
        for (; at + 1 < to; at += 2) store(sorted + at, load(sorted + at + 1));
        for (; at < to; at++) sorted[at] = sorted[at + 1];
      } else {
        for (; at - 1 > to; at -= 2) store(sorted + at - 1, load(sorted + at - 2));
        for (; at > to; at--) sorted[at] = sorted[at - 1];
      }
      sorted[to] = entering;
    }
    out[k] = sorted[half];
  }
}

/* statistics.ts, moments about the mean: Σd², Σd³, Σd⁴, Σ|d|, Σ√|d|, max|d| into out; lane sums, even positions before odd. */
void EXPORT(moments)(const double *x, int n, double mean, double *out) {
  const v2 m = both(mean);
  v2 s2 = both(0), s3 = both(0), s4 = both(0), s1 = both(0), sr = both(0);
  v2 peak = both(0);
  int j = 0;
  for (; j + 1 < n; j += 2) {
    v2 d = load(x + j) - m;
    v2 square = d * d;
    v2 size = (v2){__builtin_fabs(d[0]), __builtin_fabs(d[1])};
    s2 = s2 + square;
    s3 = s3 + square * d;
    s4 = s4 + square * square;
    s1 = s1 + size;
    sr = sr + (v2){__builtin_sqrt(size[0]), __builtin_sqrt(size[1])};
    peak = (v2){size[0] > peak[0] ? size[0] : peak[0], size[1] > peak[1] ? size[1] : peak[1]};
  }
  double tail2 = 0, tail3 = 0, tail4 = 0, tail1 = 0, tailRoot = 0;
  double top = peak[0] > peak[1] ? peak[0] : peak[1];
  if (j < n) {
    double d = x[j] - mean, square = d * d, size = __builtin_fabs(d);
    tail2 = square;
    tail3 = square * d;
    tail4 = square * square;
    tail1 = size;
    tailRoot = __builtin_sqrt(size);
    if (size > top) top = size;
  }
  out[0] = s2[0] + s2[1] + tail2;
  out[1] = s3[0] + s3[1] + tail3;
  out[2] = s4[0] + s4[1] + tail4;
  out[3] = s1[0] + s1[1] + tail1;
  out[4] = sr[0] + sr[1] + tailRoot;
  out[5] = top;
}
