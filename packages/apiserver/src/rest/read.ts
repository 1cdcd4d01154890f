/** `get` and `list`. */
import {
  badRequest,
  expired,
  forbiddenField,
  invalid,
  notFound,
  notSupported,
  StatusError,
  timeout,
  type FieldError,
  type KubeObject,
} from '@larder/kube';
import type { Stored } from '../store/store.ts';
import { findStored, type Api, type Target } from './api.ts';
import { decodeContinue, encodeContinue, expiredContinue } from './pages.ts';
import { parseSelection, selects, selectsAll, type Selection } from './selection.ts';
import { viewOf } from './view.ts';

/** Never to be changed by the caller. */
export function find(api: Api, target: Target): KubeObject | undefined {
  const stored = findStored(api, target);
  return stored && viewOf(target.served, stored.value);
}

/** Never to be changed by the caller. @param resourceVersion the oldest that will do @throws StatusError `NotFound`, `Timeout` */
export function get(api: Api, target: Target, resourceVersion?: string): KubeObject {
  const asked = parseResourceVersion(resourceVersion);
  if (asked > api.commits.store.revision) throw tooLarge(asked, api.commits.store.revision);
  const found = find(api, target);
  if (found === undefined) throw notFound(target.served.groupResource, target.name);
  return found;
}

export interface ListRequest {
  labelSelector?: string;
  fieldSelector?: string;
  limit?: number;
  continue?: string;
  resourceVersion?: string;
  resourceVersionMatch?: string;
  /** Only a watch may ask for it. */
  sendInitialEvents?: boolean | undefined;
}

export interface Listed {
  items: KubeObject[];
  revision: number;
  continue?: string;
  remainingItemCount?: number;
}

/** Items are never to be changed by the caller. @throws StatusError `BadRequest`, `Expired` */
export function list(api: Api, target: Target, request: ListRequest): Listed {
  const selection = parseSelection(target.served, request);
  checkListRequest(request);
  const found = request.continue ? continued(api, target, request.continue) : started(api, target, request);
  const limit = request.limit ?? 0;
  if (limit <= 0)
    return { items: selectViews(target, found.items, selection, Infinity).items, revision: found.revision };
  const page = selectViews(target, found.items, selection, limit);
  if (page.last === undefined) return { items: page.items, revision: found.revision };
  api.pages.keep(target.served.storage, target.namespace, found.revision, found.all);
  const remaining = found.items.length - page.scanned;
  return {
    items: page.items,
    revision: found.revision,
    continue: encodeContinue({ revision: found.revision, after: page.last }),
    ...(selectsAll(selection) ? { remainingItemCount: remaining } : {}),
  };
}

interface Found {
  /** The whole list at this revision. */
  all: readonly Stored[];
  /** What of it is still to be answered. */
  items: readonly Stored[];
  revision: number;
}

function started(api: Api, target: Target, request: ListRequest): Found {
  const { items, revision } = current(api, target);
  const asked = parseResourceVersion(request.resourceVersion);
  if (asked > revision) throw tooLarge(asked, revision);
  if (request.resourceVersionMatch !== 'Exact' || asked === revision) return { all: items, items, revision };
  const kept = api.pages.find(target.served.storage, target.namespace, asked);
  if (kept === undefined) throw expired(`The resourceVersion for the provided list is too old.`);
  return { all: kept, items: kept, revision: asked };
}

function continued(api: Api, target: Target, token: string): Found {
  const { revision, after } = decodeContinue(token);
  const now = current(api, target);
  const at = revision < 0 ? now.revision : revision;
  const isNow = at === now.revision;
  const all = isNow ? now.items : api.pages.find(target.served.storage, target.namespace, at);
  if (all === undefined) throw expiredContinue(after);
  const from = all.findIndex(({ key }) => isAfter(key, after));
  return { all, items: from < 0 ? [] : all.slice(from), revision: at };
}

function current(api: Api, { served, namespace }: Target): { items: readonly Stored[]; revision: number } {
  const within = served.definition.namespaced && namespace !== '' ? namespace : undefined;
  return api.commits.store.list(served.storage, within);
}

/** Whether the list's order puts `key` behind the object that `after` names. */
function isAfter({ namespace, name }: Stored['key'], after: string): boolean {
  const slash = after.indexOf('/');
  const [afterNamespace, afterName] = [after.slice(0, slash), after.slice(slash + 1)];
  return namespace === afterNamespace ? name > afterName : namespace > afterNamespace;
}

/** The first `limit` that match; `last` is set when more may follow. */
function selectViews(
  { served }: Target,
  stored: readonly Stored[],
  selection: Selection,
  limit: number,
): { items: KubeObject[]; scanned: number; last?: string } {
  const items: KubeObject[] = [];
  const all = selectsAll(selection);
  for (const [index, { key, value }] of stored.entries()) {
    const view = viewOf(served, value);
    if (!all && !selects(selection, view)) continue;
    if (items.length === limit) {
      const last = stored[index - 1]?.key ?? key;
      return { items, scanned: index, last: `${last.namespace}/${last.name}` };
    }
    items.push(view);
  }
  return { items, scanned: stored.length };
}

/** 0 for "any". @throws StatusError `BadRequest` */
export function parseResourceVersion(text: string | undefined): number {
  if (text === undefined || text === '') return 0;
  if (/^\d{1,16}$/.test(text)) return Number(text);
  const quoted = JSON.stringify(text);
  throw badRequest(
    `invalid resource version: resourceVersion: Invalid value: ${quoted}: strconv.ParseUint: parsing ${quoted}: invalid syntax`,
  );
}

/** @throws StatusError `Invalid`, or `BadRequest` for what doesn't go with a continue token */
function checkListRequest(request: ListRequest): void {
  const errors = versionMatchErrors(request);
  if (request.sendInitialEvents !== undefined) {
    errors.push(forbiddenField('sendInitialEvents', 'sendInitialEvents is forbidden for list'));
  }
  if (errors.length > 0) throw invalid({ group: 'meta.k8s.io', kind: 'ListOptions' }, '', errors);
  const { resourceVersion = '', continue: token = '' } = request;
  if (token === '' || resourceVersion === '' || resourceVersion === '0') return;
  throw badRequest('specifying resource version is not allowed when using continue');
}

function versionMatchErrors(request: ListRequest): FieldError[] {
  const { resourceVersion = '', resourceVersionMatch = '', continue: token = '' } = request;
  if (resourceVersionMatch === '') return [];
  const errors: FieldError[] = [];
  const field = 'resourceVersionMatch';
  if (resourceVersion === '') {
    errors.push(forbiddenField(field, 'resourceVersionMatch is forbidden unless resourceVersion is provided'));
  }
  if (token !== '') {
    errors.push(forbiddenField(field, 'resourceVersionMatch is forbidden when continue is provided'));
  }
  if (resourceVersionMatch !== 'Exact' && resourceVersionMatch !== 'NotOlderThan') {
    errors.push(notSupported(field, resourceVersionMatch, ['Exact', 'NotOlderThan', '']));
  }
  if (resourceVersionMatch === 'Exact' && resourceVersion === '0') {
    errors.push(forbiddenField(field, 'resourceVersionMatch "exact" is forbidden for resourceVersion "0"'));
  }
  return errors;
}

/** The client saw a revision that this server hasn't: it asks again later. */
function tooLarge(asked: number, current: number): StatusError {
  const { status } = timeout(`Too large resource version: ${asked}, current: ${current}`, 1);
  const causes = [{ reason: 'ResourceVersionTooLarge', message: 'Too large resource version' }];
  return new StatusError({ ...status, details: { ...status.details, causes } });
}
