/**
 * Keys as paths below a bucket's folder. Usual keys are kept as they are, so that the folder can be read without us; what a file
 * system would take for something else is percent-encoded. No key can lead out of the folder, and no two keys share a path.
 *
 * - Bytes other than letters, digits and `-_.+=@,~` are `%XX`; a segment `.` or `..` is encoded whole.
 * - `%-` is an empty segment: key `a/` is the file `a/%-`.
 * - `%+` ends the folder that holds the rest of a segment too long for one name.
 * - `%o` ends the file of an object whose plain name a folder has: `a` beside `a/b`.
 */

/** The longest name but for its ending; file systems take 255 bytes. */
const LONGEST = 240;

export const CONTINUES = '%+';
export const OBJECT = '%o';
const EMPTY = '%-';

/** The folders and the file of a key, from the bucket's folder down. */
export function pathOfKey(key: string): string[] {
  return key.split('/').flatMap(segment => namesOfSegment(segment));
}

function namesOfSegment(segment: string): string[] {
  const encoded = encodeSegment(segment);
  const names: string[] = [];
  for (let at = 0; at < encoded.length; at += LONGEST) names.push(encoded.slice(at, at + LONGEST));
  return names.map((name, n) => (n < names.length - 1 ? name + CONTINUES : name));
}

function encodeSegment(segment: string): string {
  if (segment === '') return EMPTY;
  if (segment === '.' || segment === '..') return segment.replaceAll('.', '%2E');
  return segment.replace(/[^A-Za-z0-9\-_.+=@,~]+/g, found =>
    [...Buffer.from(found)].map(byte => `%${byte.toString(16).toUpperCase().padStart(2, '0')}`).join(''),
  );
}

/**
 * The bytes that an encoded segment stands for, one character a byte, so that comparing strings compares bytes as S3 orders keys.
 * `undefined` for a name that we would never have written: somebody else's file.
 */
export function bytesOfName(encoded: string): string | undefined {
  if (encoded === EMPTY) return '';
  const bytes = encoded.replace(/%([0-9A-F]{2})/g, (_, hex: string) => String.fromCharCode(parseInt(hex, 16)));
  const text = textOfBytes(bytes);
  return text !== undefined && encodeSegment(text) === encoded && text !== '' ? bytes : undefined;
}

/** Text as one character a byte. */
export function bytesOfText(text: string): string {
  return Buffer.from(text, 'utf8').toString('latin1');
}

/** The text that bytes are the UTF-8 of, if they are. */
export function textOfBytes(bytes: string): string | undefined {
  const buffer = Buffer.from(bytes, 'latin1');
  const text = buffer.toString('utf8');
  return Buffer.from(text, 'utf8').equals(buffer) ? text : undefined;
}
