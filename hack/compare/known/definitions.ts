/** Differences in definitions and the resources that they make. */
import { eachObject } from '../json-bodies.ts';
import type { KnownDifference } from '../known-differences.ts';

/** The first line, and the fields that are refused, but for those that only one of the two names. */
const fieldsRefused =
  (beside = /^$/) =>
  (text: string): string => {
    const fields = [...text.matchAll(/^ *"field": (".*"),?$/gm)].map(([, field = '']) => field);
    return [text.split('\n', 1)[0], ...[...new Set(fields)].filter(field => !beside.test(field)).sort()].join('\n');
  };

/** The same causes in any order, and the message as the words it is made of. */
const anyOrder = (text: string): string =>
  eachObject(object => {
    if (Array.isArray(object.causes)) {
      object.causes = object.causes.map((cause: unknown) => JSON.stringify(cause)).sort();
    }
  })(text).replace(/"message": "(.*) is invalid: \[(.*)\]"/g, (_, head: string, list: string) => {
    const words = list.split(/[ ,]+/).sort().join(' ');
    return `"message": "${head} ${words}"`;
  });

export const definitionDifferences: KnownDifference[] = [
  {
    ask: /^a definition and its versions (1|2|20):/,
    why: 'a definition is served at once: its status is there when it is made',
    alike: eachObject(object => {
      if ('storedVersions' in object) {
        delete object.acceptedNames;
        delete object.conditions;
      }
    }),
  },
  {
    ask: /^a definition and its versions (3|6|21|23):/,
    why: 'the status of a definition follows from it, and is nobody’s field',
    alike: eachObject(object => {
      const { managedFields } = object as { managedFields?: { manager: string; subresource?: string }[] };
      object.managedFields = managedFields?.filter(
        ({ manager, subresource }) => manager !== 'kube-apiserver' || subresource !== 'status',
      );
      if (object.managedFields === undefined) delete object.managedFields;
    }),
  },
  {
    ask: /^refused definitions (?!(5|12|13|21|44|45|51):)/,
    why: 'the same fields of the same definitions are refused; some faults are told once where Kubernetes tells them twice, and values are quoted as sent',
    alike: fieldsRefused(),
  },
  {
    ask: /^refused definitions 5:/,
    why: 'a version is refused where it is, not also where it was before there were several',
    alike: fieldsRefused(/^"spec\.version"$/),
  },
  {
    ask: /^refused definitions (44|45):/,
    why: 'a fault of the only version is told both where it is and where Kubernetes tells it',
    alike: fieldsRefused(/^"spec\.versions\[0\]\./),
  },
  {
    ask: /^refused definitions 21:/,
    why: 'a reference has no type, which is told too',
    alike: fieldsRefused(/\.properties\[a\]\.type"$/),
  },
  {
    ask: /^refused definitions 12:/,
    why: 'names that follow from absent names are not refused as well',
    alike: fieldsRefused(/^"(metadata\.name|spec\.names\.(listKind|singular))"$/),
  },
  {
    ask: /^refused definitions 13:/,
    why: 'conversion by webhook is refused whatever the webhook',
    answers: {
      kubernetes: /^422\n[^]*"field": "spec\.conversion\.webhookClientConfig"/,
      larder: /^422\n[^]*"field": "spec\.conversion\.strategy"/,
    },
  },
  {
    ask: /^refused definitions 51:/,
    why: 'a definition without a spec lacks that, not everything in it',
    answers: { kubernetes: /^422\n[^]*"field": "spec\.versions"/, larder: /^422\n[^]*"field": "spec",/ },
  },
  {
    ask: /^(custom resources (8|29):|secrets 17:|kubectl: validation 3:)/,
    why: "faults of fields come in one order; Go's maps have none",
    alike: text => anyOrder(text).replace(/^(\* .*\n)+/gm, lines => lines.split('\n').sort().join('\n')),
  },
  {
    ask: /^custom resources 30:/,
    why: 'zero is a multiple of anything: it is refused for being too small, not twice',
    alike: text =>
      eachObject(object => {
        const { causes } = object as { causes?: { message: string }[] };
        if (causes) object.causes = causes.filter(({ message }) => !message.includes('factor MultipleOf declared'));
      })(text).replace(
        /\[?(spec\.ratio: Invalid value: 0: factor MultipleOf .*?, )?(spec\.ratio: .*greater than 0)\]?"/,
        '$2"',
      ),
  },
  {
    ask: /^(custom resources (41|61):|kubectl: validation 3:)/,
    why: 'an object that is refused for its version or a rule is not searched for unknown fields first',
    alike: text =>
      text
        .replace(/^warning: 299 - "unknown field \\"spec\\""\n/m, '')
        .replace(/^Warning: unknown field "spec\.color"\n/m, ''),
  },
  {
    ask: /^status and generation 12:/,
    why: 'the text of a refused status names the whole path',
    alike: text => text.replaceAll('status.phase in body', 'phase in body'),
  },
];
