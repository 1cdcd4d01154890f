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
export async function post({ signal, timeoutMs = 10_000, ...message }: Post): Promise<void> {
  signal.throwIfAborted();
  // Not AbortSignal.timeout in AbortSignal.any: node 20 collects it as garbage, and it never fires.
  const over = new AbortController();
  const end = (): void => over.abort();
  const timer = setTimeout(end, timeoutMs);
  signal.addEventListener('abort', end, { once: true });
  try {
    const status = await answered(over.signal, send(message, over.signal));
    if (status < 200 || status > 299) throw new Error(`it answered ${status}`);
  } finally {
    clearTimeout(timer);
    signal.removeEventListener('abort', end);
    over.abort();
  }
}

type Message = Omit<Post, 'signal' | 'timeoutMs'>;

/** The status of the answer. */
async function send({ url, authorization, payload, isOwnPort }: Message, within: AbortSignal): Promise<number> {
  const to = parse(url);
  const host = to.hostname.replace(/^\[|\]$/g, '');
  const port = Number(to.port === '' ? (to.protocol === 'https:' ? 443 : 80) : to.port);
  const way = await reach(host, port, isOwnPort);
  if (way.kind === 'unknown') throw new Error('its host has no address');
  if (way.kind === 'refused') throw new Error('its address is no place that the plane connects to');
  const body = JSON.stringify(payload);
  const request = to.protocol === 'https:' ? httpsRequest : httpRequest;
  return new Promise((resolve, reject) => {
    const asked = request(
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
    asked.on('error', error => reject(new Error(whyOf(error))));
    asked.end(body);
  });
}

function parse(url: string): URL {
  const to = URL.canParse(url) ? new URL(url) : undefined;
  if (to?.protocol === 'http:' || to?.protocol === 'https:') return to;
  throw new Error('its URL is none of http or https');
}

/** The system's code only: messages have addresses in them, and those of TLS the names. */
function whyOf({ code }: NodeJS.ErrnoException): string {
  return `it could not be reached: ${code ?? 'no connection'}`;
}

/** What it resolves to, unless the signal aborts before. */
function answered<T>(signal: AbortSignal, work: Promise<T>): Promise<T> {
  return new Promise((resolve, reject) => {
    signal.addEventListener('abort', () => reject(new Error('it did not answer in time')), { once: true });
    work.then(resolve, reject);
  });
}
