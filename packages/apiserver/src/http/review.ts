/** Requests for the virtual reviews: answered, not stored. */
import { reviews } from '../auth/reviews.ts';
import type { Served } from '../registry/served.ts';
import { intake } from '../rest/intake.ts';
import { decodeBody, readBody } from './body.ts';
import type { HttpContext } from './context.ts';
import { send, type Exchange } from './exchange.ts';
import { negotiate } from './negotiate.ts';
import { writeContextOf } from './options.ts';
import { notAllowed } from './not-allowed.ts';

/** @throws StatusError */
export async function handleReview(context: HttpContext, exchange: Exchange, served: Served): Promise<void> {
  if (exchange.method !== 'POST') throw notAllowed();
  const { encoding } = negotiate(exchange.request.headers.accept);
  const bytes = await readBody(exchange.request);
  const { value, problems } = decodeBody(bytes, exchange.request.headers['content-type'], served.kind);
  const options = writeContextOf(exchange, 'CreateOptions', problems);
  const object = intake(context.api, { served, namespace: '', name: '' }, value, options);
  const status = await reviews[served.kind]?.(exchange.user, object, context.tokens);
  const metadata = { creationTimestamp: null };
  send(
    exchange,
    201,
    { kind: served.kind, apiVersion: served.apiVersion, metadata, spec: object.spec ?? {}, status },
    encoding,
  );
}
