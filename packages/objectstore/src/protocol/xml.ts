/** XML as S3 speaks it. What comes in is hostile: no document types, no entities but XML's own. */
import { XMLBuilder, XMLParser, XMLValidator } from 'fast-xml-parser';
import { S3Error } from './errors.ts';

const NAMESPACE = 'http://s3.amazonaws.com/doc/2006-03-01/';

/** A value of an XML document: text, elements, or a list of the same element. */
export type XmlValue = string | number | boolean | undefined | XmlElements | XmlValue[];
export interface XmlElements {
  [name: string]: XmlValue;
}

/** A document with one root, in S3's namespace unless it is an error. */
export function xmlDocument(root: string, elements: XmlElements): string {
  const builder = new XMLBuilder({ processEntities: false, suppressEmptyNode: true, ignoreAttributes: false });
  const attributes = root === 'Error' ? {} : { '@_xmlns': NAMESPACE };
  const body = builder.build({ [root]: { ...attributes, ...(escaped(elements) as XmlElements) } });
  return `<?xml version="1.0" encoding="UTF-8"?>\n${body}`;
}

/** The elements below the root of that name. @throws S3Error `MalformedXML` */
export function parseXml(text: string, root: string): XmlElements {
  if (/<!(DOCTYPE|ENTITY)/i.test(text) || XMLValidator.validate(text) !== true) throw new S3Error('MalformedXML');
  const parser = new XMLParser({
    processEntities: false,
    parseTagValue: false,
    trimValues: false,
    ignoreAttributes: true,
  });
  const document = parser.parse(text) as XmlElements;
  const found = document[root];
  if (typeof found === 'string') return {};
  if (typeof found !== 'object' || Array.isArray(found)) throw new S3Error('MalformedXML');
  return found;
}

/** The elements of that name, however many there are. @throws S3Error `MalformedXML` where one is mere text */
export function elementsOf(parent: XmlElements, name: string): XmlElements[] {
  const found = parent[name];
  const all = Array.isArray(found) ? found : found === undefined ? [] : [found];
  return all.map(each => {
    if (typeof each !== 'object' || Array.isArray(each)) throw new S3Error('MalformedXML');
    return each;
  });
}

/** The text of the element of that name, if there is one. */
export function textOf(parent: XmlElements, name: string): string | undefined {
  const found = parent[name];
  return typeof found === 'string' ? unescaped(found) : undefined;
}

function escaped(value: XmlValue): XmlValue {
  if (Array.isArray(value)) return value.map(escaped);
  if (typeof value === 'object') {
    const known = Object.entries(value).filter(([, each]) => each !== undefined);
    return Object.fromEntries(known.map(([name, each]) => [name, escaped(each)]));
  }
  return typeof value === 'string' ? escapeText(value) : value;
}

const ENTITIES: Record<string, string> = { '&': '&amp;', '<': '&lt;', '>': '&gt;', '"': '&quot;', "'": '&apos;' };

function escapeText(text: string): string {
  // A key may hold control characters; S3 writes them as references, though XML 1.0 has none for them.
  return text.replace(SPECIAL, found => ENTITIES[found] ?? `&#x${found.charCodeAt(0).toString(16)};`);
}

// eslint-disable-next-line no-control-regex -- they are what it looks for
const SPECIAL = /[&<>"'\u0000-\u001f\ufffe\uffff]/g;

function unescaped(text: string): string {
  return text.replace(
    /&(?:#x([0-9a-f]{1,6})|#([0-9]{1,7})|(\w+));/gi,
    (whole, hex?: string, decimal?: string, name?: string) => {
      if (name !== undefined)
        return Object.entries(ENTITIES).find(([, entity]) => entity === `&${name};`)?.[0] ?? whole;
      const point = hex === undefined ? Number(decimal) : parseInt(hex, 16);
      return point <= 0x10ffff ? String.fromCodePoint(point) : whole;
    },
  );
}
