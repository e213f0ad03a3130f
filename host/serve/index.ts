/**
 * The fleet's state over HTTP on loopback: JSON routes, binary pictures for plots, one event stream, the page.
 *
 *   monitor ─▶ FleetSource ─▶ routes ─▶ GET /api/v1/…   GET /events (SSE)   GET / (page)
 */
export { FleetEvents, type ServerEvent } from './events.js';
export { decodePicture, encodePicture, type PictureHeader } from './picture.js';
export { hostAllowed, sameOrigin } from './security.js';
export { type FleetSource, type RunningServer, routes, type ServeOptions, serveFleet } from './server.js';
