import { createReadStream, existsSync, readFileSync, statSync } from 'node:fs';
import type { Server } from 'node:http';
import { Readable } from 'node:stream';
import { fileURLToPath } from 'node:url';
import { serve } from '@hono/node-server';
import { Hono } from 'hono';
import { streamSSE } from 'hono/streaming';
import { KizashiError } from '../errors.js';
import type { FleetState, TrendPoint } from '../monitor/fleet.js';
import { FleetEvents } from './events.js';
import { encodePicture, type PictureHeader } from './picture.js';
import { security } from './security.js';

/** What the server shows; host/monitor implements it. */
export interface FleetSource {
  state(): FleetState;
  /** Trend of a motor, oldest first, thinned to at most `points`. Null for an unknown motor. */
  trend(motor: string, points: number): TrendPoint[] | null;
  /** Spectrum, envelope spectrum or wave of the last capture. Null when there is none. */
  picture(motor: string, kind: PictureHeader['kind']): { header: PictureHeader; values: ArrayLike<number> } | null;
  /** Path of an evidence file by its name, or null. */
  evidence(name: string): string | null;
}

export interface ServeOptions {
  source: FleetSource;
  /** Loopback only unless asked; another address needs TLS and users, which this server does not have yet, so it is refused. */
  host?: string;
  /** 0 takes a free port. */
  port?: number;
  allowedHosts?: readonly string[];
}

export interface RunningServer {
  url: string;
  port: number;
  /** Sends the differences to every page; call it after changes, at most about once a second. */
  publish(): void;
  close(): Promise<void>;
}

const pageFolder = new URL('../dashboard/', import.meta.url);
const loopback = new Set(['127.0.0.1', '::1', 'localhost']);

/** Largest number of trend points a page may ask for. */
const maxPoints = 5000;

function asset(path: string): { body: Uint8Array<ArrayBuffer>; type: string } | null {
  const files: Record<string, [string, string]> = {
    'main.js': ['page/main.js', 'text/javascript; charset=utf-8'],
    'main.css': ['page/main.css', 'text/css; charset=utf-8'],
  };
  const entry = files[path];
  if (!entry) return null;
  const file = new URL(entry[0], pageFolder);
  if (!existsSync(file)) return null;
  return { body: Uint8Array.from(readFileSync(file)), type: entry[1] };
}

/** Routes without a socket, for tests and for `serveFleet`. */
export function routes(source: FleetSource, events: FleetEvents, allowedHosts: readonly string[]): Hono {
  const app = new Hono();
  app.use(security(allowedHosts));

  const page = (): string => readFileSync(new URL('index.html', pageFolder), 'utf8');
  app.get('/', (c) => c.html(page()));
  app.get('/m/:id', (c) => c.html(page(), source.state().motors.some((m) => m.id === c.req.param('id')) ? 200 : 404));
  app.get('/page/:file', (c) => {
    const found = asset(c.req.param('file'));
    if (!found) return c.notFound();
    return c.body(found.body, 200, { 'Content-Type': found.type, 'Cache-Control': 'no-cache' });
  });

  app.get('/api/v1/fleet', (c) => c.json({ v: 1, ...source.state() }));
  app.get('/api/v1/motors/:id', (c) => {
    const motor = source.state().motors.find((m) => m.id === c.req.param('id'));
    return motor
      ? c.json({ v: 1, motor })
      : c.json({ error: { code: 'KZ1201', message: 'no motor of that name' } }, 404);
  });
  app.get('/api/v1/motors/:id/trend', (c) => {
    const asked = Number(c.req.query('points') ?? 1000);
    if (!Number.isInteger(asked) || asked < 2 || asked > maxPoints) {
      return c.json(
        { error: { code: 'KZ1202', message: `points must be a whole number from 2 to ${maxPoints}` } },
        400,
      );
    }
    const points = source.trend(c.req.param('id'), asked);
    return points
      ? c.json({ v: 1, points })
      : c.json({ error: { code: 'KZ1201', message: 'no motor of that name' } }, 404);
  });
  app.get('/api/v1/motors/:id/:kind', (c) => {
    const kind = c.req.param('kind');
    if (kind !== 'spectrum' && kind !== 'envelope' && kind !== 'wave') return c.notFound();
    const picture = source.picture(c.req.param('id'), kind);
    if (!picture) return c.json({ error: { code: 'KZ1203', message: 'no capture yet' } }, 404);
    return c.body(Uint8Array.from(encodePicture(picture.header, picture.values)), 200, {
      'Content-Type': 'application/vnd.kizashi.picture',
      'Cache-Control': 'no-store',
    });
  });
  app.get('/evidence/:name', (c) => {
    const name = c.req.param('name');
    const path = /^[A-Za-z0-9._-]+\.kzev$/.test(name) ? source.evidence(name) : null;
    if (!path || !existsSync(path)) return c.notFound();
    const body = Readable.toWeb(createReadStream(path)) as ReadableStream;
    return c.body(body, 200, {
      'Content-Type': 'application/vnd.kizashi.kzev',
      'Content-Length': String(statSync(path).size),
      'Content-Disposition': `attachment; filename="${name}"`,
    });
  });
  app.get('/healthz', (c) => c.text('ok'));

  app.get('/events', (c) => {
    c.header('Cache-Control', 'no-store');
    c.header('X-Accel-Buffering', 'no');
    return streamSSE(c, async (stream) => {
      const lastId = c.req.header('last-event-id');
      const missed = lastId ? events.since(lastId) : null;
      // Listening starts before the snapshot is taken, so that nothing between the two is lost.
      const queue: Parameters<Parameters<FleetEvents['listen']>[0]>[0][] = [];
      let wake: () => void = () => {};
      const stop = events.listen((event) => {
        queue.push(event);
        wake();
      });
      stream.onAbort(() => {
        stop();
        wake();
      });
      await stream.writeSSE({ data: '', event: 'hello', retry: 2000 });
      for (const event of missed ?? [events.snapshot(source.state())]) await stream.writeSSE(event);
      while (!stream.aborted && !stream.closed) {
        const event = queue.shift();
        if (event) {
          await stream.writeSSE(event);
          continue;
        }
        await new Promise<void>((resolve) => {
          const timer = setTimeout(resolve, 15_000);
          wake = () => {
            clearTimeout(timer);
            resolve();
          };
        });
        if (queue.length === 0 && !stream.aborted) await stream.write(': alive\n\n');
      }
      stop();
    });
  });
  return app;
}

/**
 * Starts the page and API on a loopback address.
 * @throws KizashiError KZ1204 for an address beyond loopback, KZ1205 when the port is taken.
 */
export async function serveFleet(options: ServeOptions): Promise<RunningServer> {
  const host = options.host ?? '127.0.0.1';
  if (!loopback.has(host)) {
    throw new KizashiError('KZ1204', `refusing to listen on ${host}: no TLS and no users are configured`, { host });
  }
  const events = new FleetEvents(Math.floor(Math.random() * 2 ** 32).toString(16));
  const app = routes(options.source, events, options.allowedHosts ?? []);
  const server = await new Promise<Server>((resolve, reject) => {
    const running = serve({ fetch: app.fetch, hostname: host, port: options.port ?? 0 }, () =>
      resolve(running as Server),
    ) as Server;
    running.on('error', (cause: NodeJS.ErrnoException) => {
      reject(
        cause.code === 'EADDRINUSE'
          ? new KizashiError(
              'KZ1205',
              `port ${options.port} on ${host} is taken`,
              { host, port: options.port },
              { cause },
            )
          : cause,
      );
    });
  });
  const address = server.address();
  const port = typeof address === 'object' && address ? address.port : 0;
  return {
    port,
    url: `http://${host.includes(':') ? `[${host}]` : host}:${port}/`,
    publish: () => events.publish(options.source.state()),
    close: () =>
      new Promise((resolve) => {
        server.close(() => resolve());
        server.closeAllConnections?.();
      }),
  };
}

/** Path of the built page, for the tests. */
export const pagePath = fileURLToPath(pageFolder);
