/** What lies below an object: its status, a namespace's finalizers, a ServiceAccount's tokens, a pod's log. */
import {
  badRequest,
  cloneJson,
  invalid,
  invalidValue,
  isJsonObject,
  notFound,
  resourceNotFound,
  trackUpdate,
} from '@larder/kube';
import { randomUUID } from 'node:crypto';
import { issuer } from '../auth/tokens.ts';
import { subresourcesOf } from '../registry/subresources.ts';
import { setManagedFields, timestamp, type Target } from '../rest/api.ts';
import { edit } from '../rest/edit.ts';
import { intake } from '../rest/intake.ts';
import { patch } from '../rest/patch.ts';
import { get } from '../rest/read.ts';
import { checkSameName, update } from '../rest/update.ts';
import { decodeBody, readBody } from './body.ts';
import type { HttpContext } from './context.ts';
import { send, type Exchange } from './exchange.ts';
import { negotiate } from './negotiate.ts';
import { notAllowed } from './not-allowed.ts';
import { writeContextOf } from './options.ts';
import { readPatch } from './patch-body.ts';
import { handlePodLog } from './pod-log.ts';
import { sendObject } from './represent.ts';
import { handleScale } from './scale.ts';

type Handler = (context: HttpContext, exchange: Exchange, target: Target) => Promise<void>;

/** Beside `status`, which any kind may have. */
const special = new Map<string, Handler>([
  ['namespaces/finalize', handleFinalize],
  ['serviceaccounts/token', handleToken],
  ['pods/log', handlePodLog],
]);

/** @throws StatusError */
export async function handleSubresource(
  context: HttpContext,
  exchange: Exchange,
  target: Target,
  subresource: string,
): Promise<void> {
  const { served, name } = target;
  if (!subresourcesOf(served).some(known => known.name === subresource)) {
    throw served.custom ? notFound(served.groupResource, name) : resourceNotFound();
  }
  if (subresource === 'scale') return handleScale(context, exchange, target);
  const handler = special.get(`${target.served.storage}/${subresource}`) ?? handleStatus;
  await handler(context, exchange, target);
}

async function handleStatus(context: HttpContext, exchange: Exchange, object: Target): Promise<void> {
  const target: Target = { ...object, subresource: 'status' };
  const { api, cache } = context;
  const { request } = exchange;
  const presentation = { served: target.served, form: negotiate(request.headers.accept), cache, now: api.now() };
  switch (exchange.method) {
    case 'GET':
      return sendObject(exchange, 200, get(api, target), presentation);
    case 'PUT': {
      const { value, problems } = decodeBody(
        await readBody(request),
        request.headers['content-type'],
        target.served.kind,
      );
      const updated = await update(api, target, value, writeContextOf(exchange, 'UpdateOptions', problems));
      return sendObject(exchange, 200, updated, presentation);
    }
    case 'PATCH': {
      const { change, problems } = await readPatch(exchange, target);
      const options = writeContextOf(exchange, 'PatchOptions', problems);
      if (change.type === 'apply') options.manager = exchange.query.get('fieldManager') ?? '';
      const patched = await patch(api, target, change, options);
      return sendObject(exchange, 200, patched.object, presentation);
    }
    default:
      throw notAllowed(target.served, exchange);
  }
}

async function handleFinalize({ api }: HttpContext, exchange: Exchange, target: Target): Promise<void> {
  if (exchange.method !== 'PUT') throw notAllowed();
  const { encoding } = negotiate(exchange.request.headers.accept);
  const before = get(api, target);
  const body = decodeBody(await readBody(exchange.request), exchange.request.headers['content-type'], 'Namespace');
  const options = writeContextOf(exchange, 'UpdateOptions', body.problems);
  const sent = intake(api, target, body.value, options);
  checkSameName(target, sent);
  const { finalizers = [] } = (sent.spec ?? {}) as { finalizers?: string[] };
  const key = { resource: target.served.storage, namespace: '', name: target.name };
  const by = { schema: target.served.definition.schema, manager: options.manager, subresource: 'finalize' };
  await edit(api, key, object => {
    const old = cloneJson(object);
    object.spec = finalizers.length > 0 ? { finalizers } : {};
    setManagedFields(object, trackUpdate({ before: old, after: object, ...by, time: timestamp(api.now()) }));
    return true;
  });
  send(exchange, 200, api.commits.store.get(key)?.value ?? before, encoding);
}

const shortestTokenSeconds = 600;
const defaultTokenSeconds = 3600;

async function handleToken({ api, tokens }: HttpContext, exchange: Exchange, target: Target): Promise<void> {
  if (exchange.method !== 'POST') throw notAllowed();
  const { encoding } = negotiate(exchange.request.headers.accept);
  const account = get(api, target);
  const { value } = decodeBody(
    await readBody(exchange.request),
    exchange.request.headers['content-type'],
    'TokenRequest',
  );
  if (!isJsonObject(value)) throw badRequest('the body must be a TokenRequest');
  const spec = isJsonObject(value.spec) ? value.spec : {};
  const { expirationSeconds: asked = defaultTokenSeconds } = spec;
  const expirationSeconds = checkExpiration(asked);
  const named = Array.isArray(spec.audiences) ? spec.audiences.filter(name => typeof name === 'string') : [];
  const audiences = named.length > 0 ? named : [issuer];
  const { token, expiresAt } = await tokens.issue(account, { audiences, expirationSeconds });
  const { name, namespace } = account.metadata;
  send(
    exchange,
    201,
    {
      kind: 'TokenRequest',
      apiVersion: 'authentication.k8s.io/v1',
      metadata: { name, namespace, uid: randomUUID(), creationTimestamp: timestamp(api.now()) },
      spec: { audiences, expirationSeconds, boundObjectRef: spec.boundObjectRef ?? null },
      status: { token, expirationTimestamp: timestamp(expiresAt) },
    },
    encoding,
  );
}

function checkExpiration(seconds: unknown): number {
  const refuse = (why: string) =>
    invalid({ group: 'authentication.k8s.io', kind: 'TokenRequest' }, '', [
      invalidValue('spec.expirationSeconds', seconds, why),
    ]);
  if (typeof seconds !== 'number' || !Number.isInteger(seconds)) throw refuse('must be a whole number');
  if (seconds < shortestTokenSeconds) throw refuse('may not specify a duration less than 10 minutes');
  if (seconds > 2 ** 32) throw refuse('may not specify a duration larger than 2^32 seconds');
  return seconds;
}
