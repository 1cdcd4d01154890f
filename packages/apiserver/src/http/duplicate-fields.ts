/** The fields that a JSON text names twice. `JSON.parse` keeps the last and says nothing; strict validation must say it. */
interface Frame {
  /** The keys seen so far; absent for a list. */
  keys?: Set<string>;
  /** The key or index that the reader is at. */
  at: string | number;
}

/** Paths such as `spec.users[0].name`, each once. `text` must be valid JSON. Without recursion: depth is no matter. */
export function findDuplicateFields(text: string): string[] {
  const found = new Set<string>();
  const frames: Frame[] = [];
  for (let index = 0; index < text.length; index++) {
    const frame = frames.at(-1);
    switch (text[index]) {
      case '{':
        frames.push({ keys: new Set(), at: '' });
        break;
      case '[':
        frames.push({ at: 0 });
        break;
      case '}':
      case ']':
        frames.pop();
        break;
      case ',':
        if (typeof frame?.at === 'number') frame.at++;
        break;
      case '"': {
        const end = endOfString(text, index);
        if (frame?.keys && isKey(text, end)) enterKey(frames, frame.keys, text.slice(index, end), found);
        index = end - 1;
        break;
      }
      case undefined:
      default:
    }
  }
  return [...found];
}

function enterKey(frames: Frame[], keys: Set<string>, quoted: string, found: Set<string>): void {
  const key = quoted.includes('\\') ? (JSON.parse(quoted) as string) : quoted.slice(1, -1);
  (frames.at(-1) as Frame).at = key;
  if (keys.has(key)) found.add(pathOf(frames));
  keys.add(key);
}

/** Behind the closing quote. */
function endOfString(text: string, start: number): number {
  let index = start + 1;
  while (text[index] !== '"') index += text[index] === '\\' ? 2 : 1;
  return index + 1;
}

/** Whether the string that ends at `end` is followed by a colon. */
function isKey(text: string, end: number): boolean {
  let index = end;
  while (text[index] === ' ' || text[index] === '\n' || text[index] === '\t' || text[index] === '\r') index++;
  return text[index] === ':';
}

function pathOf(frames: readonly Frame[]): string {
  return frames.reduce((path, { at }) => {
    if (typeof at === 'number') return `${path}[${at}]`;
    return path === '' ? at : `${path}.${at}`;
  }, '');
}
