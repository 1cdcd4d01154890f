/** Reads manifests: YAML or JSON, from a file, a folder or standard input; every document with its place for messages. */
import { readdirSync, readFileSync, statSync } from 'node:fs';
import { join } from 'node:path';
import type { KubeObject } from '@larder/kube';
import { CommandError } from './failure.ts';

export interface Manifest {
  object: KubeObject;
  /** `service/instance.yaml`, with the document's number where there are several. */
  source: string;
}

/** All documents of `file` (`-`: standard input; a folder: its YAML and JSON files). @throws CommandError that names the place */
export async function readManifests(file: string): Promise<Manifest[]> {
  if (file === '-') return parseManifests(readFileSync(0, 'utf8'), 'standard input');
  const files = expand(file);
  const manifests = await Promise.all(files.map(path => parseManifests(readText(path), path)));
  return manifests.flat();
}

/** Objects of one text; lists are taken apart, empty documents are skipped. */
export async function parseManifests(text: string, source: string): Promise<Manifest[]> {
  const { parseAllDocuments } = await import('yaml');
  const documents = parseAllDocuments(text, { uniqueKeys: true });
  const manifests = [...documents].flatMap((document, n) => {
    const place = documents.length > 1 ? `${source}, document ${n + 1}` : source;
    const [error] = document.errors;
    if (error) throw new CommandError(`cannot read ${place}: ${error.message.split('\n')[0]?.replace(/:$/, '')}`);
    return objectsOf(document.toJS({ maxAliasCount: 100 }), place);
  });
  if (manifests.length === 0)
    throw new CommandError(`cannot use ${source}: there is no object in it`, { remedy: EXAMPLE });
  return manifests;
}

const EXAMPLE = 'service/prototype-instance.yaml is an example';

function objectsOf(value: unknown, source: string): Manifest[] {
  if (value === null || value === undefined) return [];
  const object = value as Partial<KubeObject> & { items?: unknown[] };
  if (typeof value !== 'object' || typeof object.kind !== 'string' || typeof object.apiVersion !== 'string')
    throw new CommandError(`cannot use ${source}: an object needs apiVersion and kind`, { remedy: EXAMPLE });
  if (object.kind === 'List') return (object.items ?? []).flatMap(item => objectsOf(item, source));
  if (typeof object.metadata?.name !== 'string')
    throw new CommandError(`cannot use ${source}: ${object.kind} needs metadata.name`);
  return [{ object: object as KubeObject, source }];
}

function expand(path: string): string[] {
  try {
    if (!statSync(path).isDirectory()) return [path];
  } catch {
    throw new CommandError(`cannot read ${path}: there is no such file`);
  }
  const names = readdirSync(path).filter(name => /\.(ya?ml|json)$/.test(name));
  if (names.length === 0) throw new CommandError(`cannot read ${path}: there is no .yaml, .yml or .json file in it`);
  return names.sort().map(name => join(path, name));
}

function readText(path: string): string {
  try {
    return readFileSync(path, 'utf8');
  } catch (cause) {
    throw new CommandError(`cannot read ${path}: ${(cause as NodeJS.ErrnoException).code}`, { cause });
  }
}
