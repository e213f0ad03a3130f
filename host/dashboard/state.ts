import { signal } from '@preact/signals';
import type { FleetState, MotorState, Rejection } from '../monitor/fleet.js';
import { basisOf, reasonOf, unseenOf } from './reason.js';
import { en, ja, type Words } from './words.js';

/** The page's state: what the event stream said last, and when. */
export const fleet = signal<FleetState | null>(null);
export const heardAt = signal(0);
export const now = signal(performance.now());
export const path = signal(location.pathname);
export const language = signal<'en' | 'ja'>(initialLanguage());

function initialLanguage(): 'en' | 'ja' {
  const asked = new URLSearchParams(location.search).get('lang');
  if (asked === 'ja' || asked === 'en') return asked;
  return navigator.language.startsWith('ja') ? 'ja' : 'en';
}

export function words(): Words {
  return language.value === 'ja' ? ja : en;
}

/** The word for a motor's state. */
export function stateWord(motor: MotorState): string {
  const w = words();
  return motor.status === 'grey' ? w.grey[motor.grey ?? 'starting'] : w.status[motor.status];
}

/** The sentence of why, in the language of the page. */
export function reasonText(motor: MotorState): string {
  return reasonOf(motor, language.value);
}

/** What was not judged and why, in the language of the page. */
export function unseenText(motor: MotorState): string[] {
  return unseenOf(motor, language.value);
}

/** Where the zone comes from, in the language of the page. */
export function basisText(motor: MotorState): string | undefined {
  return basisOf(motor, language.value);
}

export function setLanguage(to: 'en' | 'ja'): void {
  language.value = to;
  document.documentElement.lang = to;
  const url = new URL(location.href);
  url.searchParams.set('lang', to);
  history.replaceState(null, '', url);
}

/** Goes to another view without loading the page again; the URL holds the view. */
export function go(event: MouseEvent, to: string): void {
  if (event.ctrlKey || event.metaKey || event.shiftKey || event.button !== 0) return;
  event.preventDefault();
  history.pushState(null, '', to + location.search);
  path.value = to;
  window.scrollTo(0, 0);
}

/** Follows the server's event stream; the browser reconnects by itself and resumes by Last-Event-ID. */
export function follow(): void {
  window.addEventListener('popstate', () => {
    path.value = location.pathname;
  });
  setInterval(() => {
    now.value = performance.now();
  }, 1000);
  document.documentElement.lang = language.value;
  const source = new EventSource('/events');
  const heard = (): void => {
    heardAt.value = performance.now();
    now.value = heardAt.value;
  };
  source.addEventListener('hello', heard);
  source.addEventListener('snapshot', (event) => {
    fleet.value = JSON.parse(event.data) as FleetState;
    heard();
  });
  source.addEventListener('delta', (event) => {
    const delta = JSON.parse(event.data) as { motors: MotorState[]; rejections: Rejection[] };
    if (!fleet.value) return;
    const changed = new Map(delta.motors.map((motor) => [motor.id, motor]));
    fleet.value = {
      ...fleet.value,
      rejections: delta.rejections,
      motors: [
        ...fleet.value.motors.map((motor) => changed.get(motor.id) ?? motor),
        ...delta.motors.filter((motor) => !fleet.value?.motors.some((known) => known.id === motor.id)),
      ],
    };
    heard();
  });
}
