/** Asks the API server for a table, as kubectl does: the server knows the columns of every kind. */
import { text } from 'node:stream/consumers';
import { ConnectionError, groupPath, objectOfAnswer, type HttpClient } from '@larder/controller';
import type { Target } from '../target.ts';

export interface Table {
  metadata?: { resourceVersion?: string };
  columnDefinitions: { name: string; priority: number }[];
  rows: { cells: unknown[]; object?: { metadata?: { name?: string; namespace?: string; resourceVersion?: string } } }[];
}

export interface TableQuery {
  namespace: string;
  allNamespaces?: boolean;
  selector?: string;
}

const ACCEPT = 'application/json;as=Table;v=v1;g=meta.k8s.io,application/json';

/** The server's table of a target. @throws StatusError */
export async function fetchTable(client: HttpClient, target: Target, query: TableQuery): Promise<Table> {
  const path = pathOf(target, query, {});
  const { status, body } = await client.transport.request({ method: 'GET', path, headers: { accept: ACCEPT } });
  return objectOfAnswer<Table>(status, body);
}

/** What changes in a target after `table`, one row each; when the server ends the watch, it goes on where it was. @throws StatusError */
export async function* watchTable(
  client: HttpClient,
  target: Target,
  query: TableQuery,
  table: Table,
): AsyncIterable<Table> {
  let since = table.metadata?.resourceVersion;
  for (;;) {
    const path = pathOf(target, query, { watch: 'true', resourceVersion: since });
    const { status, stream } = await client.transport.open({ method: 'GET', path, headers: { accept: ACCEPT } });
    if (status !== 200) objectOfAnswer(status, await text(stream));
    for await (const line of linesOf(stream)) {
      const { type, object } = JSON.parse(line) as { type: string; object: Table };
      if (type === 'ERROR') objectOfAnswer((object as unknown as { code: number }).code, JSON.stringify(object));
      since = object.rows?.at(-1)?.object?.metadata?.resourceVersion ?? object.metadata?.resourceVersion ?? since;
      // Only the first table of a watch says its columns.
      if (type !== 'BOOKMARK') yield { ...object, columnDefinitions: table.columnDefinitions };
    }
  }
}

/** @throws ConnectionError when the stream breaks off, as it does when the plane ends */
async function* linesOf(stream: AsyncIterable<unknown>): AsyncIterable<string> {
  let rest = '';
  const decoder = new TextDecoder();
  try {
    for await (const chunk of stream) {
      const lines = (rest + decoder.decode(chunk as Buffer, { stream: true })).split('\n');
      rest = lines.pop() ?? '';
      yield* lines.filter(line => line !== '');
    }
  } catch (cause) {
    throw new ConnectionError('cannot go on watching: the plane ended the connection', { cause });
  }
}

/** A list, one object, or, for a watch, that one object of the list. */
function pathOf({ resource, name }: Target, query: TableQuery, more: Record<string, string | undefined>): string {
  const everywhere = !resource.namespaced || (query.allNamespaces && name === undefined);
  const within = everywhere ? '' : `/namespaces/${encodeURIComponent(query.namespace)}`;
  const watching = more['watch'] !== undefined;
  const object = name === undefined || watching ? '' : `/${encodeURIComponent(name)}`;
  const asked = {
    labelSelector: query.selector,
    fieldSelector: watching && name !== undefined ? `metadata.name=${name}` : undefined,
    ...more,
  };
  const words = Object.entries(asked).filter((entry): entry is [string, string] => entry[1] !== undefined);
  const search = words.length === 0 ? '' : `?${new URLSearchParams(words).toString()}`;
  return `${groupPath(resource.apiVersion)}${within}/${resource.name}${object}${search}`;
}
