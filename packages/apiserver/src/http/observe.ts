/** Tells whoever listens how each request ended. Costs next to nothing while nobody does. */
import { channel } from 'node:diagnostics_channel';
import type { IncomingMessage, ServerResponse } from 'node:http';
import { parseResourcePath, partsOf, type ResourcePath } from './route.ts';

/** Its messages are `RequestObserved`. */
export const requestChannel = channel('larder:apiserver:request');

/** In the words of Kubernetes' own metrics. Of paths that are no resource's, the resource is empty. */
export interface RequestObserved {
  verb: string;
  group: string;
  version: string;
  resource: string;
  scope: 'cluster' | 'namespace' | 'resource' | '';
  code: number;
  seconds: number;
  longRunning: boolean;
}

/** Its messages are `WatchObserved`. */
export const watchChannel = channel('larder:apiserver:watch');

/** A watch that a client has: it begins, something is sent on it, it ends. */
export interface WatchObserved {
  kind: 'begun' | 'sent' | 'ended';
  group: string;
  version: string;
  resource: string;
  scope: 'cluster' | 'namespace' | 'resource';
}

/** Call it when the request comes in. */
export function observeRequest(request: IncomingMessage, response: ServerResponse): void {
  if (!requestChannel.hasSubscribers) return;
  const start = performance.now();
  response.once('close', () => {
    requestChannel.publish(observed(request, response.statusCode, (performance.now() - start) / 1_000));
  });
}

function observed({ method = '', url = '' }: IncomingMessage, code: number, seconds: number): RequestObserved {
  const [pathname = '', query = ''] = url.split('?', 2);
  const longRunning = method === 'GET' && /(^|&)(watch|follow)=(1|true)(&|$)/.test(query);
  // What isn't served could be called anything.
  const path = code === 404 ? undefined : pathOf(pathname);
  if (!path) return { verb: method, group: '', version: '', resource: '', scope: '', code, seconds, longRunning };
  const { group, version, plural, namespace, name } = path;
  const scope = name !== '' ? 'resource' : namespace === '' ? 'cluster' : 'namespace';
  return {
    verb: verbOf(method, name, longRunning),
    group,
    version,
    resource: plural,
    scope,
    code,
    seconds,
    longRunning,
  };
}

function pathOf(pathname: string): ResourcePath | undefined {
  try {
    return parseResourcePath(partsOf(pathname));
  } catch {
    return undefined; // no name at all
  }
}

function verbOf(method: string, name: string, longRunning: boolean): string {
  if (longRunning) return 'WATCH';
  if (method === 'GET' && name === '') return 'LIST';
  return method === 'DELETE' && name === '' ? 'DELETECOLLECTION' : method;
}
