/** The plots of a report as SVG text. The same input gives the same bytes: no clip paths, whose ids come from a counter of the process. */
import * as Plot from '@observablehq/plot';
import { parseHTML } from 'linkedom';
import type { Picture } from '../../monitor/index.js';
import type { TrendPoint } from '../../store/index.js';
import type { SpectrumPair } from '../compare-captures.js';

const { document } = parseHTML('<!doctype html><html><body></body></html>');
const size = { width: 720, height: 200, marginLeft: 56, marginBottom: 36 };
const trace = '#14407a';
/** Columns of a curve: more cannot be seen in print. */
const columns = 720;

function draw(options: Plot.PlotOptions): string {
  const figure = Plot.plot({ ...size, document: document as unknown as Document, ...options });
  return figure.outerHTML;
}

/** Largest of each column, so that no line is lost to thinning. */
function curve({ header, values }: Picture, toX: number): { x: number; y: number }[] {
  const count = Math.min(values.length, Math.floor((toX - header.x0) / header.dx) + 1);
  const step = Math.max(1, Math.ceil(count / columns));
  const points: { x: number; y: number }[] = [];
  for (let from = 0; from < count; from += step) {
    let best = from;
    for (let i = from; i < Math.min(count, from + step); i++) if (values[i] > values[best]) best = i;
    points.push({ x: header.x0 + best * header.dx, y: values[best] });
  }
  return points;
}

export interface Marker {
  label: string;
  hz: number;
}

/** A spectrum or an envelope spectrum with the frequencies that matter. */
export function spectrumChart(
  picture: Picture,
  { title, unit, toHz, markers }: { title: string; unit: string; toHz: number; markers: Marker[] },
): string {
  const inside = markers.filter(({ hz }) => hz < toHz);
  return draw({
    ariaLabel: title,
    x: { label: 'Hz', domain: [0, toHz] },
    y: { label: unit, grid: true },
    marks: [
      Plot.ruleX(inside, { x: 'hz', stroke: '#8a5a00', strokeDasharray: '3,3' }),
      Plot.text(inside, { x: 'hz', text: 'label', frameAnchor: 'top', dy: -10, fill: '#8a5a00' }),
      Plot.lineY(curve(picture, toHz), { x: 'x', y: 'y', stroke: trace, strokeWidth: 1 }),
      Plot.ruleY([0]),
    ],
  });
}

/** Two spectra of `kizashi compare` over each other, levels in dB, with the bands that differ beyond chance. One SVG document. */
export function comparisonChart(
  { bands, changed, unit, xUnit, channel }: SpectrumPair,
  names: { a: string; b: string },
): string {
  const level = (value: number): number => 20 * Math.log10(value);
  const domain = [`A ${names.a}`, `B ${names.b}`];
  const data = bands.flatMap(({ x, a, b }) => [
    { x, y: level(a), side: domain[0] },
    { x, y: level(b), side: domain[1] },
  ]);
  const svg = draw({
    height: 320,
    ariaLabel: `${channel}: ${domain.join(', ')}`,
    x: { label: xUnit },
    y: { label: `dB re 1 ${unit} RMS`, grid: true },
    color: { domain, range: [trace, '#8a5a00'] },
    marks: [
      Plot.ruleX(changed.slice(0, 40), { x: 'x', stroke: '#b3001b', strokeOpacity: 0.25, strokeWidth: 2 }),
      Plot.lineY(data, { x: 'x', y: 'y', stroke: 'side', strokeWidth: 1 }),
      ...domain.map((name, i) =>
        Plot.text([name], {
          frameAnchor: 'top-right',
          dy: 14 * i,
          fill: [trace, '#8a5a00'][i],
          text: (one: string) => one,
        }),
      ),
    ],
  });
  return svg.includes('xmlns=') ? svg : svg.replace('<svg', '<svg xmlns="http://www.w3.org/2000/svg"');
}

/** Velocity over time with the lettered limits of its zones. */
export function trendChart(
  points: readonly TrendPoint[],
  { title, unit, key, limits }: { title: string; unit: string; key: 'velocityRmsMmS' | 'bearingDb'; limits: number[] },
): string {
  const data = points.flatMap((point) => {
    const y = point[key];
    return y === null ? [] : [{ x: new Date(point.at), y }];
  });
  if (data.length === 0) return '';
  const letters = ['B', 'C', 'D'];
  const zones = limits.map((limit, i) => ({ limit, letter: letters[i] ?? '' }));
  return draw({
    ariaLabel: title,
    x: { type: 'utc', label: 'UTC' },
    y: { label: unit, grid: true, zero: true },
    marks: [
      Plot.ruleY(zones, { y: 'limit', stroke: '#5c6268', strokeDasharray: '4,2' }),
      Plot.text(zones, { y: 'limit', text: 'letter', frameAnchor: 'left', dx: 4, dy: -6, fill: '#4d5257' }),
      Plot.lineY(data, { x: 'x', y: 'y', stroke: trace }),
      Plot.dot(data, { x: 'x', y: 'y', fill: trace, r: 2 }),
    ],
  });
}
