/** The formats that Kubernetes checks strings against; any other is a remark for readers. */
import { isIPv4, isIPv6 } from 'node:net';
import type { Schema } from '../schema.ts';
import { parseDuration } from '../duration.ts';

const uuid = (version: string, variant = '[0-9a-f]') =>
  new RegExp(`^[0-9a-f]{8}-?[0-9a-f]{4}-?${version}-?${variant}[0-9a-f]{3}-?[0-9a-f]{12}$`, 'i');
const anyUuid = uuid('[0-9a-f]{4}');
const uuid3 = uuid('3[0-9a-f]{3}');
const uuid4 = uuid('4[0-9a-f]{3}', '[89ab]');
const uuid5 = uuid('5[0-9a-f]{3}', '[89ab]');
const mac =
  /^(?:[0-9a-f]{2}([:-]))(?:[0-9a-f]{2}\1){4}(?:[0-9a-f]{2}\1[0-9a-f]{2}\1)?[0-9a-f]{2}$|^(?:[0-9a-f]{4}\.){2,3}[0-9a-f]{4}$/i;
const base64 = /^(?:[A-Za-z0-9+/]{4})*(?:[A-Za-z0-9+/]{2}==|[A-Za-z0-9+/]{3}=|[A-Za-z0-9+/]{4})?$/;
const hostLabel = /^[a-zA-Z0-9\p{S}\p{L}](?:[a-zA-Z0-9\p{S}\p{L}-]{0,61}[a-zA-Z0-9\p{S}\p{L}])?$/u;
const dateTime = /^(\d{4}-\d{2}-\d{2})[Tt](\d{2}):(\d{2}):(\d{2})(?:\.\d+)?(?:[Zz]|[+-]\d{2}:\d{2})$/;
const shortName = /^[a-z0-9](?:[-a-z0-9]*[a-z0-9])?$/;
const longName = /^[a-z0-9](?:[-a-z0-9]*[a-z0-9])?(?:\.[a-z0-9](?:[-a-z0-9]*[a-z0-9])?)*$/;

/** By name without dashes: `datetime` is `date-time`. */
export const formats: Record<string, (text: string) => boolean> = {
  uri: isRequestUri,
  email: isEmail,
  hostname: isHostname,
  ipv4: isIPv4,
  ipv6: text => isIPv6(text) && !text.includes('%'),
  cidr: isCidr,
  mac: text => mac.test(text),
  uuid: text => anyUuid.test(text),
  uuid3: text => uuid3.test(text),
  uuid4: text => uuid4.test(text),
  uuid5: text => uuid5.test(text),
  hexcolor: text => /^#?([0-9a-f]{3}|[0-9a-f]{6})$/i.test(text),
  byte: text => base64.test(text),
  password: () => true,
  date: isDate,
  datetime: isDateTime,
  duration: isDuration,
  k8sshortname: text => text.length <= 63 && shortName.test(text),
  k8slongname: text => text.length <= 253 && longName.test(text),
};

/** The format's name as `formats` has it, when Kubernetes checks it. Formats of numbers are remarks too. */
export function checkedFormat({ type, format }: Schema): string | undefined {
  if (format === undefined || (type !== undefined && type !== 'string')) return undefined;
  const name = format.replaceAll('-', '');
  return Object.hasOwn(formats, name) ? name : undefined;
}

function isRequestUri(text: string): boolean {
  if (text === '' || /[\s\p{Cc}]/u.test(text)) return false;
  return text.startsWith('/') || URL.canParse(text);
}

function isEmail(text: string): boolean {
  const address = /^[^<>]*<([^<>]+)>$/.exec(text)?.[1] ?? text;
  const at = address.lastIndexOf('@');
  return at > 0 && !/\s/.test(address) && !address.slice(0, at).includes('@') && address.length > at + 1;
}

function isHostname(text: string): boolean {
  return text.length <= 255 && text.split('.').every(label => hostLabel.test(label));
}

/** An address with a prefix length. */
export function isCidr(text: string): boolean {
  const [address = '', bits = '', ...rest] = text.split('/');
  if (rest.length > 0 || !/^\d{1,3}$/.test(bits)) return false;
  return (isIPv4(address) && Number(bits) <= 32) || (isIPv6(address) && Number(bits) <= 128);
}

function isDate(text: string): boolean {
  if (!/^\d{4}-\d{2}-\d{2}$/.test(text)) return false;
  const date = new Date(`${text}T00:00:00Z`);
  return !Number.isNaN(date.getTime()) && date.toISOString().startsWith(text);
}

function isDateTime(text: string): boolean {
  const found = dateTime.exec(text);
  if (!found) return false;
  const [, date = '', hours, minutes, seconds] = found;
  return isDate(date) && Number(hours) < 24 && Number(minutes) < 60 && Number(seconds) <= 60;
}

function isDuration(text: string): boolean {
  try {
    parseDuration(text.replaceAll(' ', ''));
    return true;
  } catch {
    return false;
  }
}
