import type { GreyReason, Status } from '../monitor/fleet.js';

/**
 * The mark of a state: shape, colour and letter together, never colour alone. Each mark has a dark outline, since amber on grey alone
 * would miss the 3:1 contrast that WCAG 1.4.11 asks of graphics.
 */
const shapes: Record<Exclude<Status, 'grey' | 'good'>, { path: string; fill: string; letter: string; ink: string }> = {
  failure: { path: 'M2 2h20v20H2z', fill: '#b3001b', letter: 'F', ink: '#ffffff' },
  'maintenance-required': { path: 'M12 1l11 21H1z', fill: '#f0a000', letter: 'M', ink: '#1a1a1a' },
  'out-of-specification': { path: 'M12 23L1 2h22z', fill: '#1857a8', letter: 'S', ink: '#ffffff' },
  'check-function': { path: 'M12 1l11 11-11 11L1 12z', fill: '#6a3d9a', letter: 'C', ink: '#ffffff' },
};

const greyStrokes: Record<GreyReason, string> = {
  stale: 'M5 19L19 5',
  blind: 'M4 12h16',
  invalid: 'M7 7l10 10M17 7L7 17',
  learning: 'M12 12h.01',
  stopped: 'M9 7v10M15 7v10',
  starting: 'M12 12v-5',
};

export function Mark({
  status,
  grey,
  size = 20,
  label,
}: {
  status: Status;
  grey?: GreyReason;
  size?: number;
  label: string;
}) {
  return (
    <svg class="mark" width={size} height={size} viewBox="0 0 24 24" role="img" aria-label={label}>
      {status === 'good' && <path d="M5 20V9h14v11z" fill="#5c6268" stroke="#1a1a1a" />}
      {status === 'grey' && (
        <>
          <circle cx="12" cy="12" r="10" fill="none" stroke="currentColor" stroke-width="2" />
          <path
            d={greyStrokes[grey ?? 'starting']}
            stroke="currentColor"
            stroke-width={grey === 'learning' ? 5 : 2.5}
            stroke-linecap="round"
          />
        </>
      )}
      {status !== 'good' && status !== 'grey' && (
        <>
          <path d={shapes[status].path} fill={shapes[status].fill} stroke="#1a1a1a" stroke-width="1" />
          <text
            x="12"
            y={status === 'maintenance-required' ? 20 : status === 'out-of-specification' ? 13 : 17}
            text-anchor="middle"
            font-size="12"
            font-weight="700"
            fill={shapes[status].ink}
          >
            {shapes[status].letter}
          </text>
        </>
      )}
    </svg>
  );
}
