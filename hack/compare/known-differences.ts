/** Where we differ from Kubernetes on purpose, each with its reason. */

export interface KnownDifference {
  /** What was asked: every answer whose title contains (or matches) this. */
  ask: string | RegExp;
  why: string;
  /** Makes both answers the same by taking out the one thing that may differ: whatever else differs is still found. */
  alike: (text: string) => string;
}

const without =
  (...patterns: RegExp[]) =>
  (text: string): string =>
    patterns.reduce((left, pattern) => left.replace(pattern, ''), text);

const description = /^ *"description": .*\n/gm;
const whole = (): string => '';

export const knownDifferences: KnownDifference[] = [
  {
    ask: /^(media types of answers|tables|watch|service accounts)/,
    why: 'columns of built-in kinds are described in our own, shorter words',
    alike: without(description),
  },
  {
    ask: /^(media types|watch)/,
    why: 'answers are never written as protobuf, so it is not offered',
    alike: without(/, application\/vnd\.kubernetes\.protobuf/g),
  },
  {
    ask: /^(media types|watch)/,
    why: "kinds go by their names, not by those of Kubernetes' Go types",
    alike: text => text.replace(/\(\*?core\.(\w+)\)/g, '($1)'),
  },
  {
    ask: /^(jobs|cron jobs|service accounts|events|namespaces|field|a definition|refused|json patch|merge patch|strategic)/,
    why: 'managed fields name a struct of a built-in kind as such where Go has it in every object',
    alike: without(/^ *"\.": \{\},?\n/gm),
  },
  {
    ask: /^(json patch|merge patch|strategic merge patch|custom resources|scale)/,
    why: 'the patched object that a refusal quotes has its fields in another order',
    alike: text =>
      text.replace(/patch: Invalid value: .*?: (?=\w)/g, 'patch: ').replace(/Invalid value: \\?".*(?=\\": )/g, ''),
  },
  {
    ask: /^methods \d+: (POST|DELETE|BREW)/,
    why: 'documents can only be read: Kubernetes answers any method as if it were GET; node refuses methods that HTTP does not know',
    alike: whole,
  },
  {
    ask: /^paths \d+: GET .*%(2F|zz)/,
    why: 'a path that no object can have is refused as such',
    alike: whole,
  },
  {
    ask: /^(credentials (1|2|6|16):)/,
    why: 'nobody is served without credentials, as with --anonymous-auth=false; headers are named as they were sent',
    alike: whole,
  },
  {
    ask: 'kubectl: auth 3',
    why: 'the identity of a certificate is not told',
    alike: without(/^Extra:.*\n/gm, / {2,}/g),
  },
  {
    ask: /^replace 6:/,
    why: 'a refusal does not tell where the store keeps the object',
    alike: without(/StorageError: .*AdditionalErrorMsg: /g),
  },
  {
    ask: /^refused definitions/,
    why: 'the same definitions are refused; some faults are told once where Kubernetes tells them twice, and values are quoted as sent',
    alike: text => text.split('\n', 1)[0] ?? '',
  },
];
