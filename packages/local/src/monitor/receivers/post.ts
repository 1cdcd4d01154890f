/**
 * Sends one payload to one receiver. A claim must not make the plane connect to itself or to the machine's surroundings: the address is
 * looked up once, checked, and connected to; redirects are not followed. Nothing of URL, header or answer is told: they may be secrets.
 */
import { request as httpRequest } from 'node:http';
import { request as httpsRequest } from 'node:https';
import { isIP } from 'node:net';
import { reach, type OwnPorts } from '@larder/sql';

export interface Post {
  url: string;
  authorization?: string;
  payload: object;
  isOwnPort: OwnPorts;
  signal: AbortSignal;
  /** @default 10_000 */
  timeoutMs?: number;
}

/** @throws Error that says why it was not taken, without secrets */
export async function post({
  url,
  authorization,
  payload,
  isOwnPort,
  signal,
  timeoutMs = 10_000,
}: Post): Promise<void> {
  const to = parse(url);
  const host = to.hostname.replace(/^\[|\]$/g, '');
  const port = Number(to.port === '' ? (to.protocol === 'https:' ? 443 : 80) : to.port);
  const within = AbortSignal.any([signal, AbortSignal.timeout(timeoutMs)]);
  const way = await aborted(within, reach(host, port, isOwnPort));
  if (way.kind === 'unknown') throw new Error('its host has no address');
  if (way.kind === 'refused') throw new Error('its address is no place that the plane connects to');
  const body = JSON.stringify(payload);
  const send = to.protocol === 'https:' ? httpsRequest : httpRequest;
  const status = await new Promise<number>((resolve, reject) => {
    const asked = send(
      to,
      {
        method: 'POST',
        signal: within,
        agent: false,
        headers: {
          'content-type': 'application/json',
          'content-length': Buffer.byteLength(body),
          'user-agent': 'Larder',
          ...(authorization === undefined ? {} : { authorization }),
        },
        // The very address that was checked.
        lookup: (_host, options, done) => {
          const family = isIP(way.address);
          if (options.all) done(null, [{ address: way.address, family }]);
          else done(null, way.address, family);
        },
      },
      answer => {
        // What it says beside is not read, however long it is.
        answer.destroy();
        resolve(answer.statusCode ?? 0);
      },
    );
    asked.once('error', error => reject(new Error(whyOf(error, within))));
    asked.end(body);
  });
  if (status < 200 || status > 299) throw new Error(`it answered ${status}`);
}

function parse(url: string): URL {
  const to = URL.canParse(url) ? new URL(url) : undefined;
  if (to?.protocol === 'http:' || to?.protocol === 'https:') return to;
  throw new Error('its URL is none of http or https');
}

/** The system's code only: messages have addresses in them, and those of TLS the names. */
function whyOf(error: NodeJS.ErrnoException, within: AbortSignal): string {
  if (within.aborted) return 'it did not answer in time';
  return `it could not be reached: ${error.code ?? 'no connection'}`;
}

async function aborted<T>(signal: AbortSignal, work: Promise<T>): Promise<T> {
  return await Promise.race([
    work,
    new Promise<never>((_, reject) => {
      signal.addEventListener('abort', () => reject(new Error('it did not answer in time')), { once: true });
    }),
  ]);
}
