import { useEffect, useRef, useState } from 'preact/hooks';
import type { MotorState } from '../monitor/fleet.js';
import { go, reasonText, stateWord, words } from './state.js';

const tile = 15;
const pitchX = 17;
const pitchY = 19;
const labelWidth = 64;

const fills: Partial<Record<MotorState['status'], string>> = {
  failure: '#b3001b',
  'maintenance-required': '#f0a000',
  'out-of-specification': '#1857a8',
  'check-function': '#6a3d9a',
};

function drawMark(ctx: CanvasRenderingContext2D, motor: MotorState, x: number, y: number): void {
  ctx.beginPath();
  if (motor.status === 'failure') ctx.rect(x + 1, y + 1, 13, 13);
  else if (motor.status === 'maintenance-required') {
    ctx.moveTo(x + 7.5, y + 1);
    ctx.lineTo(x + 14, y + 13);
    ctx.lineTo(x + 1, y + 13);
  } else if (motor.status === 'out-of-specification') {
    ctx.moveTo(x + 7.5, y + 14);
    ctx.lineTo(x + 14, y + 2);
    ctx.lineTo(x + 1, y + 2);
  } else if (motor.status === 'check-function') {
    ctx.moveTo(x + 7.5, y + 1);
    ctx.lineTo(x + 14, y + 7.5);
    ctx.lineTo(x + 7.5, y + 14);
    ctx.lineTo(x + 1, y + 7.5);
  } else {
    ctx.arc(x + 7.5, y + 7.5, 5, 0, 7);
    if (motor.grey === 'stale') {
      ctx.moveTo(x + 3, y + 12);
      ctx.lineTo(x + 12, y + 3);
    }
    ctx.strokeStyle = '#222222';
    ctx.stroke();
    return;
  }
  ctx.closePath();
  ctx.fillStyle = fills[motor.status] ?? '#5c6268';
  ctx.fill();
  ctx.strokeStyle = '#1a1a1a';
  ctx.stroke();
}

/** Rows by line, a tile a motor: bar height = score (1.0 = threshold = 10 px), mark above it when something is not normal. */
export function TileGrid({ motors }: { motors: MotorState[] }) {
  const canvas = useRef<HTMLCanvasElement>(null);
  const [focus, setFocus] = useState(0);
  const w = words();
  const lines = [...new Set(motors.map((motor) => motor.line))].sort();
  const rows = lines.map((line) => ({ line, motors: motors.filter((motor) => motor.line === line) }));
  const placed = rows.flatMap((row, y) => row.motors.map((motor, x) => ({ motor, x, y })));
  const width = labelWidth + Math.max(...rows.map((row) => row.motors.length), 1) * pitchX;
  const height = rows.length * pitchY;

  useEffect(() => {
    const element = canvas.current;
    const ctx = element?.getContext('2d');
    if (!element || !ctx) return;
    const scale = devicePixelRatio || 1;
    element.width = width * scale;
    element.height = height * scale;
    ctx.scale(scale, scale);
    ctx.font = '11px system-ui, sans-serif';
    ctx.lineWidth = 1;
    rows.forEach((row, y) => {
      ctx.fillStyle = '#4d5257';
      ctx.fillText(row.line, 0, y * pitchY + 12);
    });
    for (const { motor, x, y } of placed) {
      const left = labelWidth + x * pitchX;
      const top = y * pitchY;
      ctx.fillStyle = '#bfc2c5';
      ctx.fillRect(left, top, tile, tile);
      const bar = Math.min(1.25, motor.score) * 10;
      ctx.fillStyle = '#5c6268';
      ctx.fillRect(left, top + tile - bar, tile, bar);
      if (motor.status !== 'good') drawMark(ctx, motor, left, top);
    }
  });

  const open = (index: number, event: MouseEvent | KeyboardEvent): void => {
    const motor = placed[index]?.motor;
    if (motor) go(event as MouseEvent, `/m/${motor.id}`);
  };
  return (
    <div class="tiles">
      {/* biome-ignore lint/a11y/noAriaHiddenOnFocusable: a canvas takes no focus; the table below is its equivalent */}
      <canvas
        ref={canvas}
        aria-hidden="true"
        style={{ width: `${width}px`, height: `${height}px` }}
        onClick={(event) => {
          const x = Math.floor((event.offsetX - labelWidth) / pitchX);
          const y = Math.floor(event.offsetY / pitchY);
          open(
            placed.findIndex((p) => p.x === x && p.y === y),
            event,
          );
        }}
      />
      <table class="visually-hidden">
        <caption>{w.fleet}</caption>
        <tbody>
          {rows.map((row) => (
            <tr key={row.line}>
              <th scope="row">{row.line}</th>
              {row.motors.map((motor) => {
                const index = placed.findIndex((p) => p.motor.id === motor.id);
                return (
                  <td key={motor.id}>
                    <a
                      href={`/m/${motor.id}`}
                      tabIndex={index === focus ? 0 : -1}
                      onFocus={() => setFocus(index)}
                      onClick={(event) => open(index, event)}
                    >
                      {`${motor.name}, ${stateWord(motor)}, ${reasonText(motor)}`}
                    </a>
                  </td>
                );
              })}
            </tr>
          ))}
        </tbody>
      </table>
    </div>
  );
}
