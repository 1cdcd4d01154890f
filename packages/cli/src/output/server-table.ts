/** Asks the API server for a table, as kubectl does: the server knows the columns of every kind. */
import { groupPath, objectOfAnswer, type HttpClient } from '@larder/controller';
import type { Target } from '../targets.ts';

export interface Table {
  columnDefinitions: { name: string; priority: number }[];
  rows: { cells: unknown[]; object?: { metadata?: { namespace?: string } } }[];
}

export interface TableQuery {
  namespace: string;
  allNamespaces?: boolean;
  selector?: string;
}

const ACCEPT = 'application/json;as=Table;v=v1;g=meta.k8s.io,application/json';

/** The server's table of a target. @throws StatusError */
export async function fetchTable(client: HttpClient, { resource, name }: Target, query: TableQuery): Promise<Table> {
  const everywhere = !resource.namespaced || (query.allNamespaces && name === undefined);
  const within = everywhere ? '' : `/namespaces/${encodeURIComponent(query.namespace)}`;
  const object = name === undefined ? '' : `/${encodeURIComponent(name)}`;
  const labels = query.selector === undefined ? '' : `?labelSelector=${encodeURIComponent(query.selector)}`;
  const path = `${groupPath(resource.apiVersion)}${within}/${resource.name}${object}${labels}`;
  const { status, body } = await client.transport.request({ method: 'GET', path, headers: { accept: ACCEPT } });
  return objectOfAnswer<Table>(status, body);
}
