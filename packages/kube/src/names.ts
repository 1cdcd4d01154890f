/** Names as Kubernetes allows them. Each check returns what is wrong, in Kubernetes' words; empty when nothing is. */

/** Called with `prefix` for a `generateName`, which may end in a dash. */
export type NameCheck = (name: string, prefix?: boolean) => string[];

const label = '[a-z0-9]([-a-z0-9]*[a-z0-9])?';
const subdomain = `${label}(\\.${label})*`;
const label1035 = '[a-z]([-a-z0-9]*[a-z0-9])?';
const keyName = '([A-Za-z0-9][-A-Za-z0-9_.]*)?[A-Za-z0-9]';
const configKey = '[-._a-zA-Z0-9]+';

const labelPattern = new RegExp(`^${label}$`);
const subdomainPattern = new RegExp(`^${subdomain}$`);
const label1035Pattern = new RegExp(`^${label1035}$`);
const keyNamePattern = new RegExp(`^${keyName}$`);
const configKeyPattern = new RegExp(`^${configKey}$`);

/** Object names of most kinds. */
export function validateDns1123Subdomain(name: string, prefix = false): string[] {
  const text = prefix ? withoutTrailingDash(name) : name;
  const tooLong = text.length > 253 ? [maxLength(253)] : [];
  if (subdomainPattern.test(text)) return tooLong;
  const what =
    "a lowercase RFC 1123 subdomain must consist of lower case alphanumeric characters, '-' or '.', " +
    'and must start and end with an alphanumeric character';
  return [...tooLong, mismatch(what, subdomain, ['example.com'])];
}

/** Names of namespaces. */
export function validateDns1123Label(name: string, prefix = false): string[] {
  const text = prefix ? withoutTrailingDash(name) : name;
  const tooLong = text.length > 63 ? [maxLength(63)] : [];
  if (labelPattern.test(text)) return tooLong;
  if (subdomainPattern.test(text)) return [...tooLong, 'must not contain dots'];
  const what =
    "a lowercase RFC 1123 label must consist of lower case alphanumeric characters or '-', " +
    'and must start and end with an alphanumeric character';
  return [...tooLong, mismatch(what, label, ['my-name', '123-abc'])];
}

/** Names of services and of the resources in a CustomResourceDefinition. */
export function validateDns1035Label(name: string, prefix = false): string[] {
  const text = prefix ? withoutTrailingDash(name) : name;
  const tooLong = text.length > 63 ? [maxLength(63)] : [];
  if (label1035Pattern.test(text)) return tooLong;
  const what =
    "a DNS-1035 label must consist of lower case alphanumeric characters or '-', start with an alphabetic character, " +
    'and end with an alphanumeric character';
  return [...tooLong, mismatch(what, label1035, ['my-name', 'abc-123'])];
}

/** Keys of labels and annotations, and finalizers: `name` or `prefix.example/name`. */
export function validateLabelKey(key: string): string[] {
  const what =
    "must consist of alphanumeric characters, '-', '_' or '.', and must start and end with an alphanumeric character";
  const text = mismatch(what, keyName, ['MyName', 'my.name', '123-abc']);
  const parts = key.split('/');
  if (parts.length > 2) {
    return [`a valid label key ${text} with an optional DNS subdomain prefix and '/' (e.g. 'example.com/MyName')`];
  }
  const errors = parts.length === 2 ? validatePrefix(parts[0] ?? '') : [];
  const name = parts.at(-1) ?? '';
  if (name === '') errors.push('name part must be non-empty');
  else if (name.length > 63) errors.push('name part must be no more than 63 bytes');
  if (!keyNamePattern.test(name)) errors.push(`name part ${text}`);
  return errors;
}

function validatePrefix(prefix: string): string[] {
  if (prefix === '') return ['prefix part must be non-empty'];
  return validateDns1123Subdomain(prefix).map(message => `prefix part ${message}`);
}

export function validateLabelValue(value: string): string[] {
  const tooLong = value.length > 63 ? ['must be no more than 63 bytes'] : [];
  if (value === '' || keyNamePattern.test(value)) return tooLong;
  const what =
    "a valid label must be an empty string or consist of alphanumeric characters, '-', '_' or '.', " +
    'and must start and end with an alphanumeric character';
  return [...tooLong, mismatch(what, `(${keyName})?`, ['MyValue', 'my_value', '12345'])];
}

/** Keys of a ConfigMap's or Secret's data. */
export function validateConfigMapKey(key: string): string[] {
  const errors = key.length > 253 ? [maxLength(253)] : [];
  if (!configKeyPattern.test(key)) {
    const what = "a valid config key must consist of alphanumeric characters, '-', '_' or '.'";
    errors.push(mismatch(what, configKey, ['key.name', 'KEY_NAME', 'key-name']));
  }
  if (key === '.' || key === '..') errors.push(`must not be '${key}'`);
  else if (key.startsWith('..')) errors.push("must not start with '..'");
  return errors;
}

/** The weakest rule: what may stand in a URL's path. Lengths and emptiness are not its business. */
export function validatePathSegment(name: string, prefix = false): string[] {
  if (!prefix && (name === '.' || name === '..')) return [`may not be '${name}'`];
  return ['/', '%'].filter(part => name.includes(part)).map(part => `may not contain '${part}'`);
}

function withoutTrailingDash(name: string): string {
  return name.length > 1 && name.endsWith('-') ? `${name.slice(0, -1)}a` : name;
}

function maxLength(length: number): string {
  return `must be no more than ${length} characters`;
}

/** Kubernetes' very spelling, with its stray spaces: clients show it as it is. */
function mismatch(what: string, pattern: string, examples: readonly string[]): string {
  return `${what} (e.g. ${examples.map(example => `'${example}', `).join(' or ')}regex used for validation is '${pattern}')`;
}
