import type { MiddlewareHandler } from 'hono';

/** Headers of every answer: nothing is loaded from elsewhere, nothing is framed, nothing is sniffed, no script or style inside HTML. */
const headers: Record<string, string> = {
  'Content-Security-Policy':
    "default-src 'self'; object-src 'none'; base-uri 'none'; frame-ancestors 'none'; form-action 'self'; img-src 'self' data:",
  'X-Content-Type-Options': 'nosniff',
  'Referrer-Policy': 'no-referrer',
  'Cross-Origin-Opener-Policy': 'same-origin',
  'Cross-Origin-Resource-Policy': 'same-origin',
};

/**
 * Refuses a request whose Host header is not one of ours with 421. This stops DNS rebinding: a hostile page can make a browser send
 * requests to a loopback address, but not with our name. Loopback names are always allowed.
 */
export function hostAllowed(host: string | undefined, allowed: readonly string[]): boolean {
  if (!host) return false;
  const name = host.replace(/:\d+$/, '').toLowerCase();
  return ['127.0.0.1', 'localhost', '[::1]', ...allowed].includes(name);
}

/**
 * Cross-origin rule of Go 1.25's CrossOriginProtection: unsafe methods pass only when the browser says same-origin, or says nothing and
 * Origin is absent or equals Host.
 */
export function sameOrigin(
  method: string,
  site: string | undefined,
  origin: string | undefined,
  host: string | undefined,
): boolean {
  if (['GET', 'HEAD', 'OPTIONS'].includes(method)) return true;
  if (site !== undefined) return site === 'same-origin' || site === 'none';
  if (origin === undefined) return true;
  try {
    return new URL(origin).host === host;
  } catch {
    return false;
  }
}

/** Host check, cross-origin check and security headers, for every route. */
export function security(allowedHosts: readonly string[]): MiddlewareHandler {
  return async (c, next) => {
    for (const [name, value] of Object.entries(headers)) c.header(name, value);
    const host = c.req.header('host');
    if (!hostAllowed(host, allowedHosts)) return c.text('this server does not answer for that host name', 421);
    if (!sameOrigin(c.req.method, c.req.header('sec-fetch-site'), c.req.header('origin'), host)) {
      return c.text('cross-origin request refused', 403);
    }
    await next();
  };
}
