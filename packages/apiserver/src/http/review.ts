/** Requests for the virtual reviews: answered, not stored. */
import { reviews } from '../auth/reviews.ts';
import { timestamp, type Target } from '../rest/api.ts';
import { intake } from '../rest/intake.ts';
import { decodeBody, readBody } from './body.ts';
import type { HttpContext } from './context.ts';
import { send, type Exchange } from './exchange.ts';
import { negotiate } from './negotiate.ts';
import { writeContextOf } from './options.ts';
import { notAllowed } from './not-allowed.ts';

/** @throws StatusError */
export async function handleReview(context: HttpContext, exchange: Exchange, target: Target): Promise<void> {
  const { served, namespace } = target;
  if (exchange.method !== 'POST') throw notAllowed();
  const { encoding } = negotiate(exchange.request.headers.accept);
  const bytes = await readBody(exchange.request);
  const { value, problems } = decodeBody(bytes, exchange.request.headers['content-type'], served.kind);
  const options = writeContextOf(exchange, 'CreateOptions', problems);
  const object = intake(context.api, target, value, options);
  const status = await reviews[served.kind]?.(exchange.user, object, context.tokens);
  const head = { kind: served.kind, apiVersion: served.apiVersion };
  if (served.kind === 'SelfSubjectReview') {
    const metadata = { creationTimestamp: timestamp(context.api.now()) };
    return send(exchange, 201, { ...head, metadata, status }, encoding);
  }
  const metadata = namespace === '' ? {} : { namespace };
  // Kubernetes doesn't repeat what was asked about rules.
  const spec = served.kind === 'SelfSubjectRulesReview' ? {} : (object.spec ?? {});
  send(exchange, 201, { ...head, metadata, spec, status }, encoding);
}
