/** What strict decoding has against a body, in the order in which Kubernetes tells it. Pure. */
import { isJsonObject } from '@larder/kube';

/** `problems` name fields: `unknown field "spec.a"`. Sorted by where those are in `sent`; a field that is unknown isn't told to be there twice. */
export function inDocumentOrder(problems: readonly string[], sent: unknown): string[] {
  if (problems.length < 2 || sent === undefined) return [...problems];
  const unknown = new Set(problems.filter(text => text.startsWith('unknown')).map(fieldOf));
  const told = problems.filter(text => !text.startsWith('duplicate') || !unknown.has(fieldOf(text)));
  const places = placesOf(sent, new Set(told.map(fieldOf)));
  return told.sort((one, other) => (places.get(fieldOf(one)) ?? -1) - (places.get(fieldOf(other)) ?? -1));
}

function fieldOf(problem: string): string {
  const quoted = /field ("(?:[^"\\]|\\.)*")/.exec(problem)?.[1];
  return quoted === undefined ? '' : (JSON.parse(quoted) as string);
}

/** Which of the fields comes first, second and so on. Without recursion: a body may be deep. */
function placesOf(sent: unknown, fields: ReadonlySet<string>): Map<string, number> {
  const places = new Map<string, number>();
  const open: { value: unknown; path: string }[] = [{ value: sent, path: '' }];
  for (let next = open.pop(); next !== undefined && places.size < fields.size; next = open.pop()) {
    const { value, path } = next;
    if (fields.has(path)) places.set(path, places.size);
    open.push(...childrenOf(value, path).reverse());
  }
  return places;
}

function childrenOf(value: unknown, path: string): { value: unknown; path: string }[] {
  if (Array.isArray(value)) return value.map((item: unknown, index) => ({ value: item, path: `${path}[${index}]` }));
  if (!isJsonObject(value)) return [];
  return Object.entries(value).map(([key, item]) => ({ value: item, path: path === '' ? key : `${path}.${key}` }));
}
