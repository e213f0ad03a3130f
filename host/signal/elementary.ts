/**
 * Elementary functions with one result on every engine: argument reduction and minimax coefficients of fdlibm (Sun Microsystems 1993),
 * below 1 ulp. ECMAScript leaves Math.log and its kin implementation-approximated; a finding must not depend on the engine.
 */

const float = new Float64Array(1);
const words = new Uint32Array(float.buffer);
/** Index of the word with sign and exponent. */
const TOP = new Uint8Array(new Uint32Array([1]).buffer)[0] === 1 ? 1 : 0;

const LN2_HIGH = 0.6931471803691238;
const LN2_LOW = 1.9082149292705877e-10;

// Set by split(): x = 2^exponent · (1 + fraction), fraction in [√2/2 − 1, √2 − 1].
let exponent = 0;
let fraction = 0;

function split(x: number): void {
  let k = 0;
  float[0] = x;
  let top = words[TOP] | 0;
  if (top < 0x00100000) {
    // Subnormal: scale by 2^54 into the normal range.
    float[0] = x * 18014398509481984;
    top = words[TOP] | 0;
    k = -54;
  }
  k += (top >> 20) - 1023;
  top &= 0x000fffff;
  const half = (top + 0x95f64) & 0x100000;
  words[TOP] = top | (half ^ 0x3ff00000);
  exponent = k + (half >> 20);
  fraction = float[0] - 1;
}

/** ln(1 + f) − f + hfsq·…: the part of the logarithm beyond f − f²/2. */
function logTail(f: number, halfSquare: number): number {
  const s = f / (2 + f);
  const z = s * s;
  const w = z * z;
  const odd = w * (0.3999999999940942 + w * (0.22222198432149784 + w * 0.15313837699209373));
  const even = z * (0.6666666666666735 + w * (0.2857142874366239 + w * (0.1818357216161805 + w * 0.14798198605116586)));
  return s * (halfSquare + (odd + even));
}

/** Natural logarithm. ln 0 = −∞, negative or NaN gives NaN. */
export function ln(x: number): number {
  if (!(x > 0)) return x === 0 ? Number.NEGATIVE_INFINITY : Number.NaN;
  if (x === Number.POSITIVE_INFINITY) return x;
  split(x);
  const k = exponent;
  const f = fraction;
  if (f === 0) return k * LN2_HIGH + k * LN2_LOW;
  const halfSquare = 0.5 * f * f;
  return k * LN2_HIGH - (halfSquare - (logTail(f, halfSquare) + k * LN2_LOW) - f);
}

const LOG10_2_HIGH = 0.30102999566361177;
const LOG10_2_LOW = 3.694239077158931e-13;
const INVERSE_LN10 = Math.LOG10E;

/** Decimal logarithm. */
export function log10(x: number): number {
  if (!(x > 0)) return x === 0 ? Number.NEGATIVE_INFINITY : Number.NaN;
  if (x === Number.POSITIVE_INFINITY) return x;
  split(x);
  const k = exponent;
  const f = fraction;
  if (f === 0) return k * LOG10_2_HIGH + k * LOG10_2_LOW;
  const halfSquare = 0.5 * f * f;
  return k * LOG10_2_HIGH + (k * LOG10_2_LOW + INVERSE_LN10 * (f - (halfSquare - logTail(f, halfSquare))));
}

/** Exponential. */
export function exp(x: number): number {
  if (Number.isNaN(x)) return x;
  if (x > 709.782712893384) return Number.POSITIVE_INFINITY;
  if (x < -745.1332191019411) return 0;
  const k = Math.floor(x * Math.LOG2E + 0.5);
  const upper = x - k * LN2_HIGH;
  const lower = k * LN2_LOW;
  const r = upper - lower;
  const t = r * r;
  const c =
    r -
    t *
      (0.16666666666666602 +
        t *
          (-0.0027777777777015593 +
            t * (0.00006613756321437934 + t * (-0.0000016533902205465252 + t * 4.1381367970572385e-8))));
  const y = 1 - (lower - (r * c) / (2 - c) - upper);
  return scale(y, k);
}

/** y·2^k without rounding twice in the subnormal range more than the hardware does. */
function scale(y: number, k: number): number {
  if (k > 1000) return y * powerOfTwo(k - 1000) * powerOfTwo(1000);
  if (k < -1000) return y * powerOfTwo(k + 1000) * powerOfTwo(-1000);
  return y * powerOfTwo(k);
}

/** 2^k for −1022 <= k <= 1023. */
function powerOfTwo(k: number): number {
  words[TOP] = (k + 1023) << 20;
  words[1 - TOP] = 0;
  return float[0];
}

/** 10^(x/20): amplitude ratio of a level in dB. */
export function amplitudeOfDb(db: number): number {
  return exp(db * 0.11512925464970228);
}

/** Sine of r radians, |r| <= π/4. */
function sinKernel(r: number): number {
  const z = r * r;
  return (
    r +
    z *
      r *
      (-0.16666666666666632 +
        z *
          (0.00833333333332249 +
            z *
              (-0.0001984126982985795 +
                z * (0.0000027557313707070068 + z * (-2.5050760253406863e-8 + z * 1.58969099521155e-10)))))
  );
}

/** Cosine of r radians, |r| <= π/4. */
function cosKernel(r: number): number {
  const z = r * r;
  const half = 0.5 * z;
  const w = 1 - half;
  const tail =
    z *
    z *
    (0.0416666666666666 +
      z *
        (-0.001388888888887411 +
          z *
            (0.00002480158728947673 +
              z * (-2.7557314351390663e-7 + z * (2.087572321298175e-9 + z * -1.1359647557788195e-11)))));
  return w + (1 - w - half + tail);
}

/**
 * Cosine of 2π·turns. The reduction is exact because the argument is in turns, so a phase that has run for a day is as good as a fresh
 * one; within 2 ulp near ±1.
 */
export function cosTurns(turns: number): number {
  return sinTurns(turns + 0.25);
}

/** Sine of 2π·turns. */
export function sinTurns(turns: number): number {
  const eighth = Math.floor(turns * 4 + 0.5);
  const r = (turns - eighth * 0.25) * 6.283185307179586;
  switch (eighth & 3) {
    case 0:
      return sinKernel(r);
    case 1:
      return cosKernel(r);
    case 2:
      return 0 - sinKernel(r);
    default:
      return 0 - cosKernel(r);
  }
}

const ATAN_HIGH = [0.4636476090008061, 0.7853981633974483, 0.982793723247329, 1.5707963267948966];
const ATAN_LOW = [2.2698777452961687e-17, 3.061616997868383e-17, 1.3903311031230998e-17, 6.123233995736766e-17];
const PI = Math.PI;

/** Arc tangent of a ratio >= 0. */
function atanPositive(ratio: number): number {
  let x = ratio;
  let id = -1;
  if (x >= 2.4375) {
    id = 3;
    x = -1 / x;
  } else if (x >= 1.1875) {
    id = 2;
    x = (x - 1.5) / (1 + 1.5 * x);
  } else if (x >= 0.6875) {
    id = 1;
    x = (x - 1) / (x + 1);
  } else if (x >= 0.4375) {
    id = 0;
    x = (2 * x - 1) / (2 + x);
  }
  const z = x * x;
  const w = z * z;
  const odd =
    z *
    (0.3333333333333293 +
      w *
        (0.14285714272503466 +
          w *
            (0.09090887133436507 + w * (0.06661073137387531 + w * (0.049768779946159324 + w * 0.016285820115365782)))));
  const even =
    w *
    (-0.19999999999876483 +
      w * (-0.11111110405462356 + w * (-0.0769187620504483 + w * (-0.058335701337905735 + w * -0.036531572744216916))));
  if (id < 0) return x - x * (odd + even);
  return ATAN_HIGH[id] - (x * (odd + even) - ATAN_LOW[id] - x);
}

/** Angle of the point (x, y) in radians, (−π, π]. The origin has angle 0. */
export function atan2(y: number, x: number): number {
  if (x === 0 && y === 0) return 0;
  const absX = x < 0 ? -x : x;
  const absY = y < 0 ? -y : y;
  const angle = absX === 0 ? ATAN_HIGH[3] : atanPositive(absY / absX);
  const upper = x < 0 ? PI - (angle - 1.2246467991473532e-16) : angle;
  return y < 0 ? 0 - upper : upper;
}
