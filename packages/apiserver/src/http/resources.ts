/** Requests for resources: authorised, then handed to the verb that the method and path mean. */
import { resourceNotFound, type DeleteOptions } from '@larder/kube';
import { authorize, refusal, type Action } from '../auth/authorize.ts';
import { reviews } from '../auth/reviews.ts';
import type { Served, Verb } from '../registry/served.ts';
import type { Target } from '../rest/api.ts';
import { create } from '../rest/create.ts';
import { removeCollection } from '../rest/delete-collection.ts';
import { remove } from '../rest/delete.ts';
import { patch } from '../rest/patch.ts';
import { get, list } from '../rest/read.ts';
import { update } from '../rest/update.ts';
import { decodeBody, decodeDeleteOptions, readBody, type Body } from './body.ts';
import type { HttpContext } from './context.ts';
import { send, sendPageNotFound, type Exchange } from './exchange.ts';
import { negotiate } from './negotiate.ts';
import { notAllowed } from './not-allowed.ts';
import { deleteOptionsOf, listRequestOf, writeContextOf } from './options.ts';
import { readPatch } from './patch-body.ts';
import { deletedStatus, sendList, sendObject, type Presentation } from './represent.ts';
import type { ResourcePath } from './route.ts';
import { handleReview } from './review.ts';
import { handleSubresource } from './subresources.ts';
import { handleWatch, isWatch } from './watches.ts';

/** @throws StatusError */
export async function handleResource(context: HttpContext, exchange: Exchange, path: ResourcePath): Promise<void> {
  const action = actionOf(exchange, path);
  if (!authorize(exchange.user, action).allowed) throw refusal(exchange.user, action);
  const served = context.api.registry.find(path.group, path.version, path.plural);
  if (served === undefined) {
    if (!context.api.registry.hasBuiltinGroup(path.group)) return sendPageNotFound(exchange);
    throw resourceNotFound();
  }
  if (served.definition.deprecated !== undefined) exchange.warnings.push(served.definition.deprecated);
  const target: Target = { served, namespace: path.namespace, name: path.name };
  if (Object.hasOwn(reviews, served.kind) && !served.custom) return handleReview(context, exchange, target);
  checkScope(target);
  if (path.subresource !== '') return handleSubresource(context, exchange, target, path.subresource);
  const handler = path.name === '' ? collectionMethods[exchange.method] : objectMethods[exchange.method];
  if (handler === undefined || !served.verbs.includes(verbOf(exchange, path.name))) throw notAllowed(served, exchange);
  await handler(context, exchange, target);
}

/** A cluster-scoped kind has no place below a namespace; a namespaced one is named below its namespace only. */
function checkScope({ served, namespace, name }: Target): void {
  const { namespaced } = served.definition;
  if (!namespaced && namespace !== '') throw resourceNotFound();
  if (namespaced && namespace === '' && name !== '') throw resourceNotFound();
}

type Handler = (context: HttpContext, exchange: Exchange, target: Target) => Promise<void>;

const collectionMethods: Record<string, Handler | undefined> = {
  GET: handleList,
  HEAD: handleList,
  POST: handleCreate,
  DELETE: handleDeleteCollection,
};

const objectMethods: Record<string, Handler | undefined> = {
  GET: handleGet,
  HEAD: handleGet,
  PUT: handleUpdate,
  PATCH: handlePatch,
  DELETE: handleDelete,
};

export function presentationOf({ api, cache }: HttpContext, exchange: Exchange, served: Served): Presentation {
  return { served, form: negotiate(exchange.request.headers.accept), cache, now: api.now() };
}

async function handleGet(context: HttpContext, exchange: Exchange, target: Target): Promise<void> {
  const presentation = presentationOf(context, exchange, target.served);
  const resourceVersion = exchange.query.get('resourceVersion') ?? '';
  sendObject(exchange, 200, get(context.api, target, resourceVersion), presentation);
}

async function handleList(context: HttpContext, exchange: Exchange, target: Target): Promise<void> {
  if (isWatch(exchange)) return handleWatch(context, exchange, target);
  const presentation = presentationOf(context, exchange, target.served);
  sendList(exchange, list(context.api, target, listRequestOf(exchange)), presentation);
}

async function handleCreate(context: HttpContext, exchange: Exchange, target: Target): Promise<void> {
  if (target.served.definition.namespaced && target.namespace === '') throw notAllowed(target.served, exchange);
  const presentation = presentationOf(context, exchange, target.served);
  const body = await readObject(exchange, target.served.kind);
  const options = writeContextOf(exchange, 'CreateOptions', body.problems);
  sendObject(exchange, 201, await create(context.api, target, body.value, options), presentation);
}

async function handleUpdate(context: HttpContext, exchange: Exchange, target: Target): Promise<void> {
  const presentation = presentationOf(context, exchange, target.served);
  const body = await readObject(exchange, target.served.kind);
  const options = writeContextOf(exchange, 'UpdateOptions', body.problems);
  sendObject(exchange, 200, await update(context.api, target, body.value, options), presentation);
}

async function handlePatch(context: HttpContext, exchange: Exchange, target: Target): Promise<void> {
  const presentation = presentationOf(context, exchange, target.served);
  const { change, problems } = await readPatch(exchange, target);
  const options = writeContextOf(exchange, 'PatchOptions', problems);
  if (change.type === 'apply') options.manager = exchange.query.get('fieldManager') ?? '';
  const { object, created } = await patch(context.api, target, change, options);
  sendObject(exchange, created ? 201 : 200, object, presentation);
}

async function handleDelete(context: HttpContext, exchange: Exchange, target: Target): Promise<void> {
  const presentation = presentationOf(context, exchange, target.served);
  const { object, gone } = await remove(context.api, target, await readDeleteOptions(exchange));
  const answersDeleted = context.api.strategies.get(target.served.storage)?.answersDeleted === true;
  if (gone && !answersDeleted) send(exchange, 200, deletedStatus(target.served, object), presentation.form.encoding);
  else sendObject(exchange, 200, object, presentation);
}

async function handleDeleteCollection(context: HttpContext, exchange: Exchange, target: Target): Promise<void> {
  if (target.served.definition.namespaced && target.namespace === '') throw notAllowed(target.served, exchange);
  const presentation = presentationOf(context, exchange, target.served);
  const options = await readDeleteOptions(exchange);
  sendList(exchange, await removeCollection(context.api, target, listRequestOf(exchange), options), presentation);
}

async function readObject({ request }: Exchange, kind: string): Promise<Body> {
  return decodeBody(await readBody(request), request.headers['content-type'], kind);
}

/** A delete may say nothing. */
async function readDeleteOptions(exchange: Exchange): Promise<DeleteOptions> {
  const bytes = await readBody(exchange.request);
  if (bytes.length === 0) return deleteOptionsOf(exchange, undefined);
  return deleteOptionsOf(exchange, decodeDeleteOptions(bytes, exchange.request.headers['content-type']));
}

function actionOf(exchange: Exchange, path: ResourcePath): Action {
  const { group, version, plural, namespace, name, subresource } = path;
  // As Kubernetes says of a Namespace: it lies in itself.
  const within = group === '' && plural === 'namespaces' ? name : namespace;
  const action = { kind: 'resource', verb: verbOf(exchange, name), group, version, resource: plural } as const;
  return { ...action, subresource, namespace: within, name };
}

function verbOf(exchange: Exchange, name: string): Verb {
  switch (exchange.method) {
    case 'POST':
      return 'create';
    case 'PUT':
      return 'update';
    case 'PATCH':
      return 'patch';
    case 'DELETE':
      return name === '' ? 'deletecollection' : 'delete';
    default:
      if (isWatch(exchange)) return 'watch';
      return name === '' ? 'list' : 'get';
  }
}
