/** Curves as SVG text: a logarithmic abscissa, percent upwards, a name at every curve. The same numbers give the same bytes. */
import { ln } from '../../host/signal/index.js';

export interface Curve {
  name: string;
  /** Percent at each abscissa. */
  values: readonly number[];
}

const size = { width: 760, height: 420, left: 56, right: 220, top: 44, bottom: 56 };
/** Okabe and Ito's colours: told apart by people who see red and green as one. */
const colours = ['#999999', '#e69f00', '#0072b2', '#cc79a7', '#009e73', '#d55e00'];
const dashes = ['2 4', '8 3', '', '12 3 2 3', '5 3', ''];

const number = (value: number): string => String(Number(value.toFixed(1)));
const escaped = (text: string): string => text.replace(/&/g, '&amp;').replace(/</g, '&lt;');

export function curvesSvg(title: string, abscissa: string, x: readonly number[], curves: readonly Curve[]): string {
  const { width, height, left, right, top, bottom } = size;
  const low = ln(x[0]);
  const span = ln(x[x.length - 1]) - low;
  const across = (value: number): string => number(left + ((width - left - right) * (ln(value) - low)) / span);
  const up = (percent: number): string => number(height - bottom - ((height - top - bottom) * percent) / 100);
  const out: string[] = [
    `<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 ${width} ${height}" role="img" font-family="sans-serif" font-size="12">`,
    `<title>${escaped(title)}</title>`,
    `<rect width="${width}" height="${height}" fill="#ffffff"/>`,
    `<text x="${left}" y="24" font-size="15" font-weight="bold">${escaped(title)}</text>`,
  ];
  for (const percent of [0, 25, 50, 75, 100]) {
    out.push(
      `<line x1="${left}" y1="${up(percent)}" x2="${width - right}" y2="${up(percent)}" stroke="#dddddd"/>`,
      `<text x="${left - 8}" y="${number(Number(up(percent)) + 4)}" text-anchor="end">${percent} %</text>`,
    );
  }
  for (const value of x) {
    out.push(`<text x="${across(value)}" y="${height - bottom + 18}" text-anchor="middle">${value}</text>`);
  }
  const middle = left + (width - left - right) / 2;
  out.push(`<text x="${number(middle)}" y="${height - 14}" text-anchor="middle">${escaped(abscissa)}</text>`);
  curves.forEach(({ name, values }, i) => {
    const colour = colours[i % colours.length];
    const dash = dashes[i % dashes.length];
    const points = values.map((value, j) => `${across(x[j])},${up(value)}`).join(' ');
    const y = top + 22 * i + 8;
    const style = `fill="none" stroke="${colour}" stroke-width="2.5"${dash ? ` stroke-dasharray="${dash}"` : ''}`;
    out.push(
      `<polyline points="${points}" ${style}/>`,
      `<line x1="${width - right + 14}" y1="${y}" x2="${width - right + 40}" y2="${y}" ${style}/>`,
      `<text x="${width - right + 46}" y="${y + 4}">${escaped(name)}</text>`,
    );
  });
  out.push('</svg>', '');
  return out.join('\n');
}
