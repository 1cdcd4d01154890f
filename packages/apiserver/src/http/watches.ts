/** `?watch=1`: what a watch asks for, checked as Kubernetes does. */
import { forbiddenField, invalid, notAcceptable, notSupported, type FieldError } from '@larder/kube';
import type { Target } from '../rest/api.ts';
import type { HttpContext } from './context.ts';
import type { Exchange } from './exchange.ts';
import { negotiate } from './negotiate.ts';
import { flagOf, listRequestOf, numberOf } from './options.ts';
import { streamWatch } from './watch-stream.ts';

export function isWatch({ query, method }: Exchange): boolean {
  return method === 'GET' && flagOf(query, 'watch') === true;
}

/** @throws StatusError */
export async function handleWatch(context: HttpContext, exchange: Exchange, target: Target): Promise<void> {
  const { api, cache, closing } = context;
  const { query } = exchange;
  const sendInitialEvents = flagOf(query, 'sendInitialEvents');
  const { labelSelector, fieldSelector, resourceVersion, resourceVersionMatch } = listRequestOf(exchange);
  checkOptions({ sendInitialEvents, resourceVersionMatch });
  const timeoutSeconds = numberOf(query, 'timeoutSeconds');
  const bookmarks = flagOf(query, 'allowWatchBookmarks') ?? false;
  const request = {
    ...{ labelSelector, fieldSelector, resourceVersion, bookmarks },
    ...(sendInitialEvents === undefined ? {} : { sendInitialEvents }),
  };
  const form = negotiate(exchange.request.headers.accept?.replaceAll(';stream=watch', ''));
  if (form.encoding === 'yaml') throw notAcceptable(['application/json;stream=watch']);
  const presentation = { served: target.served, form, cache, now: api.now() };
  await streamWatch(api, target, exchange, {
    presentation,
    request,
    closing,
    ...(timeoutSeconds ? { timeoutSeconds } : {}),
  });
}

function checkOptions(options: { sendInitialEvents?: boolean; resourceVersionMatch?: string }): void {
  const { sendInitialEvents, resourceVersionMatch } = options;
  const errors: FieldError[] = [];
  if (sendInitialEvents !== undefined && resourceVersionMatch !== 'NotOlderThan') {
    const why = 'sendInitialEvents requires setting resourceVersionMatch to NotOlderThan';
    errors.push(forbiddenField('resourceVersionMatch', why));
  }
  if (sendInitialEvents === undefined && resourceVersionMatch) {
    errors.push(
      forbiddenField(
        'resourceVersionMatch',
        'resourceVersionMatch is forbidden for watch unless sendInitialEvents is provided',
      ),
    );
  }
  if (resourceVersionMatch && resourceVersionMatch !== 'NotOlderThan') {
    errors.push(notSupported('resourceVersionMatch', resourceVersionMatch, ['NotOlderThan']));
  }
  if (errors.length > 0) throw invalid({ group: 'meta.k8s.io', kind: 'ListOptions' }, '', errors);
}
