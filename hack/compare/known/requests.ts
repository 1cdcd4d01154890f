/** Differences in what is said of requests. */
import { dropping, eachObject } from '../json-bodies.ts';
import type { KnownDifference } from '../known-differences.ts';

const without =
  (...patterns: RegExp[]) =>
  (text: string): string =>
    patterns.reduce((left, pattern) => left.replace(pattern, ''), text);

/** The same letters in any order: for an object that is quoted within a text. */
const letters = (text: string): string => (text.match(/\w/g) ?? []).sort().join('');

const badVersion =
  /"message": "(invalid resource version: )?resourceVersion: Invalid value: \\"words\\": strconv\.ParseUint/;
const json = 'content-type: application/json';
const status = (code: number): RegExp =>
  new RegExp(`^${code}\\n${json}\\n\\{\\n "apiVersion": "v1",\\n "code": ${code},`);

export const requestDifferences: KnownDifference[] = [
  {
    ask: /^(media types|watch 2[67]:)/,
    why: 'answers are never written as protobuf, so it is not offered',
    alike: text =>
      text
        .replace(/,\s+application\/vnd\.kubernetes\.protobuf(;stream=watch)?/g, '')
        .replace(/, application\/json;stream=watch(?=")/, '')
        .replace(/^message: ['"](.*)['"]$/gm, 'message: $1'),
  },
  {
    ask: /^(media types|watch|create|merge patch 16|json patch 20|merge patch 15)/,
    why: "kinds go by their names, not by those of Kubernetes' Go types and registries",
    alike: text =>
      text.replace(/\(\*?core\.(\w+)\)/g, '($1)').replaceAll(String.raw` in scheme \"pkg/runtime/scheme.go:111\"`, ''),
  },
  {
    ask: /^(media types of requests (7|28)|server-side apply 26):/,
    why: 'what is no YAML is told in the words of our reader, and at its line',
    alike: text =>
      text.replace(
        /yaml: line \d+: (did not find expected node content|unexpected end of the stream within a flow collection)/g,
        'yaml',
      ),
  },
  {
    ask: /^(json patch|merge patch|strategic merge patch|custom resources|secrets [35]:)/,
    why: 'the patched object that a refusal quotes has its fields in another order',
    alike: text =>
      text
        .replace(/patch: Invalid value: (.*?): (?=\w)/g, (_, value: string) => `patch: ${letters(value)}: `)
        .replace(/"message": "Invalid value: (\\".*)(?=\\": )/g, (_, value: string) => `"message": "${letters(value)}`),
  },
  {
    ask: /^(json patch|kubectl: validation)/,
    why: 'a patch that does not fit says why',
    alike: text =>
      eachObject(object => {
        const { causes } = object as { causes?: { reason: string }[] };
        if (causes?.every(({ reason }) => reason === 'UnexpectedServerResponse')) delete object.causes;
      })(text).replace(
        /^The request is invalid: (patch: .*|the server rejected our request due to an error in our request)$/gm,
        'The request is invalid',
      ),
  },
  {
    ask: /^(json patch 20|merge patch 15):/,
    why: 'an object that a patch turns into another kind is refused as such; Kubernetes reads it as that kind first',
    answers: {
      kubernetes: /^422\n[^]*illegal base64 data at input byte 0"/,
      larder: /^422\n[^]*converting \(v1\.Secret\) to \((core\.)?ConfigMap\): unknown conversion"/,
    },
  },
  {
    ask: /^strategic merge patch (8|10):/,
    why: "a patch that can't be followed is the client's mistake (422), not the server's (500)",
    answers: {
      kubernetes:
        /^500\n[^]*"message": "(unknown patch type: frob|map: map\[image:no-name\] does not contain declared merge key: name)/,
      larder:
        /^422\n[^]*"message": "(unknown patch type: frob|map: \{\\"image\\":\\"no-name\\"\} does not contain declared merge key: name)"/,
    },
  },
  {
    ask: /^strategic merge patch 1[12]:/,
    why: 'what a strategic merge patch makes of an object is read as with the other patches, and refused in their words',
    answers: {
      kubernetes: /^422\n[^]*patch: .*(cannot restore slice from string|unrecognized type: int32)"/,
      larder:
        /^422\n[^]*patch: .*json: cannot unmarshal string into Go struct field (PodSpec|JobSpec)\.[a-z.]+ of type (\[\]v1\.Container|int32)"/,
    },
  },
  {
    ask: /^(secrets 4|kubectl: built-in kinds 6):/,
    why: 'a strategic merge patch that makes no object of the kind is refused as other patches are: the object is quoted, not the patch',
    alike: text =>
      text
        .replace(/Invalid value: \\?".*?\\?": (error decoding from json: )?(?=illegal base64)/g, '')
        .replace(
          /"message": ".*illegal base64 data at input byte 3"/g,
          '"message": "illegal base64 data at input byte 3"',
        )
        .replace(/^The request is invalid: patch: .*illegal base64/m, 'The request is invalid: patch: illegal base64'),
  },
  {
    ask: /^methods (9|10|13|14):/,
    why: 'documents can only be read: Kubernetes answers any method as if it were GET',
    answers: { kubernetes: /^200\n/, larder: /^405\n/ },
  },
  {
    ask: /^methods 15: BREW/,
    why: 'node refuses methods that HTTP does not know',
    answers: { kubernetes: /^405\n/, larder: /^400\n/ },
  },
  {
    ask: /^paths 3[34]: GET .*%(2F|zz)/,
    why: 'a path that no object can have is refused as such',
    answers: { kubernetes: /^(404|400)\n/, larder: /^400\n/ },
  },
  {
    ask: /^credentials (1|2|6):/,
    why: 'nobody is served without credentials, as with --anonymous-auth=false',
    answers: { kubernetes: /^403\n[^]*system:anonymous/, larder: /^401\n[^]*"reason": "Unauthorized"/ },
  },
  {
    ask: /^credentials 16:/,
    why: 'a header that is refused is named as it was sent',
    alike: text => text.replace(/requested \[(\{Group {2}friends {4}\}|impersonate-group)\]/, 'requested'),
  },
  {
    ask: /^scale 14:/,
    why: 'a scale has no managed fields, so a refusal quotes none',
    alike: text =>
      text
        .replace(/patch: Invalid value: .*?: (?=json: )/, '')
        .replace(/"message": "Invalid value: .*: (?=json: )/, '"message": "'),
  },
  {
    ask: 'kubectl: built-in kinds 12',
    why: "a refusal quotes the template as it was sent, not as one of Go's structs",
    alike: text => text.replace(/(spec\.template: Invalid value: )\{.*\}(?=: field is immutable$)/m, '$1'),
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
    ask: /^(resource versions of lists 13|watch 23):/,
    why: "a resource version that is no number is the client's mistake (400), not the server's (500)",
    answers: {
      kubernetes: new RegExp(`${status(500).source}[^]*${badVersion.source}`),
      larder: new RegExp(`${status(400).source}[^]*${badVersion.source}`),
    },
  },
  {
    ask: /^replace 4:/,
    why: 'a resource version that is no number is one that the object has not got: 409, not 500',
    answers: {
      kubernetes: new RegExp(`${status(500).source}[^]*strconv.ParseUint: parsing \\\\"words\\\\"`),
      larder: new RegExp(`${status(409).source}[^]*the object has been modified`),
    },
  },
  {
    ask: /^pages 11:/,
    why: 'a selection that is at its end has no further page; Kubernetes finds out when it is asked for',
    alike: eachObject(dropping('<token>', 'continue')),
  },
  {
    ask: /^pages 15:/,
    why: "what is no continue token is refused without quoting the decoder's inner words",
    alike: text => text.replace(/(continue key is not valid: ).*"/, '$1"'),
  },
  {
    ask: /^watch 33:/,
    why: 'the paths for watches that are deprecated since Kubernetes 1.11 are not served',
    answers: { kubernetes: /^200\n/, larder: status(404) },
  },
  {
    ask: /^scale 15:/,
    why: 'a body that is no scale is told what it must be',
    alike: text =>
      text.replace(
        /"message": "(no kind is registered for the type v1\.Scale.*|the body must be a Scale of autoscaling\/v1)"/,
        '"message"',
      ),
  },
  {
    ask: /^reviews/,
    why: 'refusals of reviews name the kind, which Kubernetes forgets',
    alike: text =>
      eachObject(object => {
        if (object.group === 'authorization.k8s.io' && 'causes' in object) delete object.kind;
      })(text).replace(/"message": "\w*(?=\.authorization\.k8s\.io)/, '"message": "'),
  },
  {
    ask: /^reviews 1:/,
    why: 'the identity of a certificate is not told',
    alike: eachObject(object => delete object.extra),
  },
  {
    ask: /^reviews (5|1[01]):/,
    why: 'rights come from one group, not from roles: reviews name no roles, and list no rule twice',
    alike: eachObject(object => {
      if (typeof object.reason === 'string' && object.reason.startsWith('RBAC: ')) delete object.reason;
      const keep = (rule: unknown) => JSON.stringify(rule).includes('"*"]') || !JSON.stringify(rule).includes('"get"');
      for (const list of ['nonResourceRules', 'resourceRules']) {
        const rules = object[list];
        if (Array.isArray(rules))
          object[list] = rules.filter((rule: unknown) =>
            list === 'nonResourceRules' ? keep(rule) : !isOwnReview(rule),
          );
      }
    }),
  },
];

/** Everybody may ask what they may; who may do all needs no rule for it. */
function isOwnReview(rule: unknown): boolean {
  return /selfsubject/.test(JSON.stringify(rule));
}
