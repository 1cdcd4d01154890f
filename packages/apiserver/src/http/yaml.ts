/** YAML bodies, read in time that grows with their length: no text may stop the server. Untrusted input. */
import { cloneJson, isJsonObject } from '@larder/kube';
import { CORE_SCHEMA, load, Type, YAMLException } from 'js-yaml';

export interface ReadYaml {
  value: unknown;
  /** `  line 3: key "a" already set in map` for the first key that is there twice; the last one counts. */
  duplicates: string[];
}

/** @throws YamlProblem when the text can't be read, or means much more than it says */
export function readYaml(text: string): ReadYaml {
  try {
    return { value: expanded(text, false), duplicates: [] };
  } catch (error) {
    if (!(error instanceof YAMLException) || error.reason !== 'duplicated mapping key') throw problemOf(error);
    const line = (error.mark as { line: number } | undefined)?.line ?? 0;
    return { value: lenient(text), duplicates: [`  line ${line + 1}: key ${keyIn(text, line)} already set in map`] };
  }
}

export class YamlProblem extends Error {}

const merge = new Type('tag:yaml.org,2002:merge', { kind: 'scalar', resolve: (text: unknown) => text === '<<' });
const schema = CORE_SCHEMA.extend({ implicit: [merge] });

function lenient(text: string): unknown {
  try {
    return expanded(text, true);
  } catch (error) {
    throw problemOf(error);
  }
}

function problemOf(error: unknown): YamlProblem {
  if (error instanceof RangeError) return new YamlProblem('yaml: nested too deep');
  if (!(error instanceof YAMLException)) throw error;
  const { line } = (error.mark as { line: number } | undefined) ?? { line: 0 };
  return new YamlProblem(`yaml: line ${line + 1}: ${error.reason}`);
}

/** Aliases share what they name; nothing behind this does, so it must not be more than the text could have said itself. */
function expanded(text: string, json: boolean): unknown {
  const value = load(text, { schema, json });
  if (!text.includes('*')) return value ?? null;
  const most = Math.max(1000, text.length);
  const open: unknown[] = [value];
  for (let nodes = 0; open.length > 0; nodes++) {
    if (nodes > most) throw new YAMLException('document contains excessive aliasing');
    const item = open.pop();
    if (Array.isArray(item)) for (const child of item) open.push(child);
    else if (isJsonObject(item)) for (const child of Object.values(item)) open.push(child);
  }
  return cloneJson(value ?? null);
}

/** The key that begins a line, or stands somewhere in it. */
function keyIn(text: string, line: number): string {
  const found = /^[\s-]*(?:"([^"]*)"|'([^']*)'|([^:\s]+))\s*:/.exec(text.split('\n', line + 1)[line] ?? '');
  return JSON.stringify(found?.[1] ?? found?.[2] ?? found?.[3] ?? '');
}
