/** A value that may change with time: a number, or points (seconds, value) joined by straight lines and held at both ends. */
export type Profile = number | readonly (readonly [number, number])[];

export function valueAt(profile: Profile, t: number): number {
  if (typeof profile === 'number') return profile;
  const last = profile.length - 1;
  if (last < 0) return 0;
  if (t <= profile[0][0]) return profile[0][1];
  if (t >= profile[last][0]) return profile[last][1];
  let i = 1;
  while (profile[i][0] < t) i++;
  const [t0, v0] = profile[i - 1];
  const [t1, v1] = profile[i];
  return t1 > t0 ? v0 + ((v1 - v0) * (t - t0)) / (t1 - t0) : v1;
}

/** Largest value a profile ever takes. */
export function peakOf(profile: Profile): number {
  return typeof profile === 'number' ? profile : Math.max(0, ...profile.map(([, value]) => value));
}
