/** Objects and lists in the form that a client asked for. */
import {
  badRequest,
  notAcceptable,
  StatusError,
  success,
  tableOf,
  type KubeObject,
  type Status,
  type Table,
} from '@larder/kube';
import type { Served } from '../registry/served.ts';
import type { Listed } from '../rest/read.ts';
import { isPretty, send, sendText, type Exchange } from './exchange.ts';
import { untyped, type JsonCaches } from './json-cache.ts';
import type { OutputForm } from './negotiate.ts';

export interface Presentation {
  served: Served;
  form: OutputForm;
  cache: JsonCaches;
  now: Date;
}

export function sendObject(exchange: Exchange, code: number, object: KubeObject, presentation: Presentation): void {
  const { served, form, cache, now } = presentation;
  switch (form.as) {
    case 'object':
      if (form.encoding === 'yaml' || isPretty(exchange)) return send(exchange, code, object, form.encoding);
      return sendText(exchange, code, `${cache.whole.textOf(object)}\n`, 'application/json');
    case 'table': {
      const metadata = { resourceVersion: object.metadata.resourceVersion ?? '' };
      const options = { metadata, includeObject: includeObject(exchange) };
      return send(exchange, code, tableOf(served.definition, [object], now, options), form.encoding);
    }
    case 'metadata':
      return send(exchange, code, partial(object), form.encoding);
    case 'metadataList':
      throw notThis(`you requested PartialObjectMetadataList, but the requested object is not a list (${served.kind})`);
  }
}

export function sendList(exchange: Exchange, listed: Listed, presentation: Presentation): void {
  const { served, form, cache, now } = presentation;
  const metadata = listMetadata(listed);
  switch (form.as) {
    case 'object': {
      const shown = { ...(served.custom && { continue: '' }), ...metadata };
      const head = { kind: served.listKind, apiVersion: served.apiVersion, metadata: shown };
      if (form.encoding === 'yaml' || isPretty(exchange)) {
        return send(
          exchange,
          200,
          { ...head, items: served.custom ? listed.items : listed.items.map(untyped) },
          form.encoding,
        );
      }
      const texts = served.custom ? cache.whole : cache.untyped;
      const items = listed.items.map(item => texts.textOf(item)).join(',');
      return sendText(exchange, 200, `${JSON.stringify(head).slice(0, -1)},"items":[${items}]}\n`, 'application/json');
    }
    case 'table': {
      const options = { metadata, includeObject: includeObject(exchange) };
      return send(exchange, 200, tableOf(served.definition, listed.items, now, options), form.encoding);
    }
    case 'metadata':
      throw notThis(`you requested PartialObjectMetadata, but the requested object is a list (${served.listKind})`);
    case 'metadataList': {
      const items = listed.items.map(partial);
      const list = { kind: 'PartialObjectMetadataList', apiVersion: 'meta.k8s.io/v1', metadata, items };
      return send(exchange, 200, list, form.encoding);
    }
  }
}

function notThis(message: string): StatusError {
  const { status } = notAcceptable([]);
  return new StatusError({ ...status, message });
}

function listMetadata({ revision, continue: next, remainingItemCount }: Listed): Table['metadata'] {
  return {
    resourceVersion: String(revision),
    ...(next === undefined ? {} : { continue: next }),
    ...(remainingItemCount === undefined ? {} : { remainingItemCount }),
  };
}

export function partial(object: KubeObject): object {
  return { kind: 'PartialObjectMetadata', apiVersion: 'meta.k8s.io/v1', metadata: object.metadata };
}

/** What `?includeObject=` asks each row of a table to carry. */
export function includeObject({ query }: Exchange): 'None' | 'Metadata' | 'Object' {
  const asked = query.get('includeObject') ?? '';
  if (asked === '') return 'Metadata';
  if (asked === 'None' || asked === 'Object' || asked === 'Metadata') return asked;
  const quoted = JSON.stringify(asked);
  throw badRequest(
    `Unable to convert to Table as requested: includeObject: Invalid value: ${quoted}: must be 'Metadata', 'Object', 'None', or empty`,
  );
}

/** What a delete answers when the object is gone; without a code, as Kubernetes does here. */
export function deletedStatus(served: Served, { metadata: { name, uid } }: KubeObject): Omit<Status, 'code'> {
  const { group, plural } = served.definition;
  const { code: _, ...status } = success({
    name,
    ...(group === '' ? {} : { group }),
    kind: plural,
    ...(uid === undefined ? {} : { uid }),
  });
  return status;
}
