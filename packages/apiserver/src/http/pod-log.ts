/** `GET pods/NAME/log`. */
import { once } from 'node:events';
import type { Target } from '../rest/api.ts';
import { get } from '../rest/read.ts';
import type { HttpContext } from './context.ts';
import type { Exchange } from './exchange.ts';
import { notAllowed } from './not-allowed.ts';
import { podLogOptionsOf } from './pod-log-options.ts';

/** @throws StatusError before anything was sent */
export async function handlePodLog(context: HttpContext, exchange: Exchange, target: Target): Promise<void> {
  const { response } = exchange;
  if (exchange.method !== 'GET') throw notAllowed();
  const pod = get(context.api, target);
  const ended = new AbortController();
  response.on('close', () => ended.abort());
  const signal = AbortSignal.any([ended.signal, context.closing]);
  const pieces = context.podLogs.read(pod, { ...podLogOptionsOf(exchange, pod), signal });
  let started = false;
  for await (const piece of pieces) {
    if (!started) response.writeHead(200, { 'Content-Type': 'text/plain' });
    started = true;
    if (!response.write(piece) && !ended.signal.aborted) await once(response, 'drain', { signal: ended.signal });
  }
  if (!started) response.writeHead(200, { 'Content-Type': 'text/plain', 'Content-Length': 0 });
  response.end();
}
