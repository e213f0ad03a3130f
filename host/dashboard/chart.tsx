import { useEffect, useRef } from 'preact/hooks';
import uPlot from 'uplot';
import 'uplot/dist/uPlot.min.css';

export interface Marker {
  at: number;
  label: string;
}

/** A band of the y axis: the zones of a severity limit. Letters carry the meaning, not colour. */
export interface Band {
  from: number;
  to: number;
  label: string;
}

export interface ChartProps {
  x: ArrayLike<number>;
  y: ArrayLike<number | null>;
  time?: boolean;
  height?: number;
  markers?: Marker[];
  bands?: Band[];
  /** Lower end of the top of the y axis, so that a quiet machine does not look loud. */
  yTop?: number;
  /** Text of the whole plot for people who cannot see it. */
  summary: string;
  unit: string;
}

const trace = '#14407a';
const ink = '#4d5257';
const markerInk = '#b3001b';
const zoneFills = ['#dcdee0', '#cfd1d3', '#c1c3c6', '#b2b4b7'];

function bandsBehind(bands: Band[]): (u: uPlot) => void {
  return (u) => {
    const { ctx, bbox } = u;
    ctx.save();
    ctx.beginPath();
    ctx.rect(bbox.left, bbox.top, bbox.width, bbox.height);
    ctx.clip();
    bands.forEach((band, index) => {
      const top = Math.max(u.valToPos(band.to, 'y', true), bbox.top);
      const bottom = Math.min(u.valToPos(band.from, 'y', true), bbox.top + bbox.height);
      if (bottom <= top) return;
      ctx.fillStyle = zoneFills[Math.min(index, zoneFills.length - 1)];
      ctx.fillRect(bbox.left, top, bbox.width, bottom - top);
      if (bottom - top > 14 * devicePixelRatio) {
        ctx.fillStyle = ink;
        ctx.textAlign = 'left';
        ctx.font = `600 ${12 * devicePixelRatio}px system-ui, sans-serif`;
        ctx.fillText(band.label, bbox.left + 6 * devicePixelRatio, bottom - 5 * devicePixelRatio);
      }
    });
    ctx.restore();
  };
}

function markersAbove(markers: Marker[]): (u: uPlot) => void {
  return (u) => {
    const { ctx, bbox } = u;
    ctx.save();
    ctx.strokeStyle = markerInk;
    ctx.fillStyle = markerInk;
    ctx.setLineDash([4 * devicePixelRatio, 3 * devicePixelRatio]);
    ctx.font = `${11 * devicePixelRatio}px system-ui, sans-serif`;
    ctx.textAlign = 'left';
    let freeFrom = Number.NEGATIVE_INFINITY;
    for (const { at, label } of markers) {
      const x = u.valToPos(at, 'x', true);
      if (x < bbox.left || x > bbox.left + bbox.width) continue;
      ctx.beginPath();
      ctx.moveTo(x, bbox.top);
      ctx.lineTo(x, bbox.top + bbox.height);
      ctx.stroke();
      if (x < freeFrom) continue;
      ctx.fillText(label, x + 3 * devicePixelRatio, bbox.top + 11 * devicePixelRatio);
      freeFrom = x + ctx.measureText(label).width + 8 * devicePixelRatio;
    }
    ctx.restore();
  };
}

/** From the first point to the last; a history of one or two points is drawn within its minute, not across years. */
function sinceFirst(u: uPlot): [number, number] {
  const first = u.data[0][0] ?? 0;
  const last = u.data[0][u.data[0].length - 1] ?? first;
  return last - first < 60 ? [last - 60, last + 5] : [first, last];
}

/** A uPlot line with bands behind and markers above it. The canvas is hidden from screen readers; the summary speaks for it. */
export function Chart(props: ChartProps) {
  const holder = useRef<HTMLDivElement>(null);
  const plot = useRef<uPlot | null>(null);
  const latest = useRef(props);
  latest.current = props;

  useEffect(() => {
    const element = holder.current;
    if (!element) return;
    const { time, height = 170, yTop } = latest.current;
    plot.current = new uPlot(
      {
        width: element.clientWidth || 600,
        height,
        legend: { show: false },
        cursor: { points: { show: false }, y: false },
        scales: {
          x: { time: time ?? false, range: time ? sinceFirst : undefined },
          y: { range: (_u, _min, max) => [0, Math.max((Number.isFinite(max) ? max : 0) * 1.08, yTop ?? 0) || 1] },
        },
        axes: [
          {
            stroke: ink,
            grid: { show: false },
            ticks: { stroke: ink, width: 1 },
            size: 26,
            values: time
              ? undefined
              : (_u, ticks) => ticks.map((tick, i) => (i === ticks.length - 1 ? `${tick} Hz` : `${tick}`)),
          },
          { stroke: ink, grid: { stroke: '#c9cbce', width: 1 }, size: 52 },
        ],
        series: [{}, { stroke: trace, width: 1.25, points: { show: time ?? false, size: 4, fill: trace } }],
        hooks: {
          drawClear: [(u) => bandsBehind(latest.current.bands ?? [])(u)],
          draw: [(u) => markersAbove(latest.current.markers ?? [])(u)],
        },
      },
      [Array.from(latest.current.x), Array.from(latest.current.y)],
      element,
    );
    const resize = new ResizeObserver(() => plot.current?.setSize({ width: element.clientWidth, height }));
    resize.observe(element);
    return () => {
      resize.disconnect();
      plot.current?.destroy();
    };
  }, []);

  useEffect(() => {
    plot.current?.setData([Array.from(props.x), Array.from(props.y)]);
  }, [props.x, props.y]);

  return (
    <figure class="chart" aria-label={props.summary}>
      <div ref={holder} aria-hidden="true" />
      <figcaption class="visually-hidden">{props.summary}</figcaption>
    </figure>
  );
}
