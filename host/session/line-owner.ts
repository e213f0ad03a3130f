import type { Link } from '../link/index.js';

const owners = new WeakMap<Link, () => void>();

/** A link carries one session: whoever held it before is told to let go. */
export function ownLine(link: Link, letGo: () => void): void {
  releaseLine(link);
  owners.set(link, letGo);
}

/** Ends the session of a link, if there is one: the board forgets it with the next `open`. */
export function releaseLine(link: Link): void {
  const letGo = owners.get(link);
  owners.delete(link);
  letGo?.();
}
