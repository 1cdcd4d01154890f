/** Differences in what describes the API: discovery, OpenAPI, tables. */
import { dropping, eachObject } from '../json-bodies.ts';
import type { KnownDifference } from '../known-differences.ts';

const description = /^ *"description": .*\n/gm;
const intOrString = /\/io\.k8s\.apimachinery\.pkg\.util\.intstr\.IntOrString$/;
/** What clients look for in an operation before they use it. */
const readParameters = ['dryRun', 'fieldValidation'];

type Json = Record<string, unknown>;

function plainOperation(object: Json): void {
  if (typeof object.operationId !== 'string') return;
  const { parameters } = object;
  object.parameters = Array.isArray(parameters) ? parameters.filter(name => readParameters.includes(String(name))) : [];
  const { content } = (object.requestBody ?? {}) as { content?: Json };
  if (content && '*/*' in content) content['application/json'] = content['*/*'];
  if (content) for (const type of ['*/*', 'application/yaml']) delete content[type];
  for (const field of ['tags', 'consumes', 'produces']) delete object[field];
  // Kubernetes says of a collection's deletion what it says of a list, and sometimes what it says of a deletion.
  if (object['x-kubernetes-action'] === 'deletecollection')
    for (const field of ['parameters', 'requestBody']) delete object[field];
}

/** Operations of one path, by method. */
function sortOperations(object: Json): void {
  for (const [field, list] of Object.entries(object)) {
    if (!Array.isArray(list) || (list[0] as Json | undefined)?.operationId === undefined) continue;
    object[field] = (list as { method: string }[]).sort((a, b) => (a.method < b.method ? -1 : 1));
  }
}

export const documentDifferences: KnownDifference[] = [
  {
    ask: /^(media types of answers|tables|watch|service accounts)/,
    why: 'columns of built-in kinds are described in our own, shorter words',
    alike: text => text.replace(description, ''),
  },
  {
    ask: /^tables 19:/,
    why: 'a table without rows has an empty list of them, not null',
    alike: text => text.replace('"rows": null', '"rows": []'),
  },
  {
    ask: /^(kubectl: explain [14]:)/,
    why: 'fields of built-in kinds are described in our own, shorter words',
    alike: text => text.replace(/^ {2}(?=[A-Z])(?!.*<).*\n( {2}[^\t\n]*\n)*/gm, ''),
  },
  {
    ask: /^kubectl: patches, labels, dry run, diff 10:/,
    why: 'the order of managers that wrote within the same second is any',
    alike: text => text.split('\n').sort().join('\n'),
  },
  {
    ask: /^(paths 31|discovery 11):/,
    why: 'lists of resources say their version, in the core group as in others',
    alike: text => text.replace(/^ "apiVersion": "v1",\n/m, ''),
  },
  {
    ask: /^paths 31:/,
    why: 'kinds that one machine has no use for are not served, and storage has no hashes',
    alike: eachObject(object => {
      delete object.storageVersionHash;
      if (Array.isArray(object.resources))
        object.resources = object.resources.filter(({ name }) => isServed.test(String(name)));
    }),
  },
  {
    ask: /^discovery 1[789]:/,
    why: 'discovery in one document says the group and version of each kind, which Go leaves empty',
    alike: eachObject(object => {
      if ('kind' in object && 'version' in object) {
        delete object.group;
        delete object.version;
      }
    }),
  },
  {
    ask: /^openapi 1:/,
    why: 'JSON is called JSON',
    alike: text => text.replace(/^content-type: .*$/m, ''),
  },
  {
    ask: /^openapi (2|5|8):/,
    why: 'operations name all their parameters and JSON alone; what clients read of them is compared',
    alike: eachObject(object => {
      plainOperation(object);
      sortOperations(object);
    }),
  },
  {
    ask: /^openapi (3|6):/,
    why: 'a number or text is one shared type, and what is kept unread an object',
    alike: eachObject(object => {
      if (typeof object.$ref === 'string' && intOrString.test(object.$ref)) {
        delete object.$ref;
        object['x-kubernetes-int-or-string'] = true;
      }
      if (object['x-kubernetes-int-or-string'] === true) delete object.anyOf;
      if (object['x-kubernetes-preserve-unknown-fields'] === true) delete object.type;
      if ('properties' in object) delete object['x-kubernetes-validations'];
    }),
  },
  {
    ask: /^openapi (4|6):/,
    why: "schemas of built-in kinds say defaults that are filled in, not Go's empty values",
    alike: eachObject(object => {
      dropping({}, 'default')(object);
      dropping('', 'default')(object);
      dropping('Opaque', 'default')(object);
      const { allOf, $ref } = object as { allOf?: { $ref?: string }[]; $ref?: string };
      if (allOf?.length === 1 && $ref === undefined && Object.keys(object).length === 1) {
        delete object.allOf;
        object.$ref = allOf[0]?.$ref;
      }
    }),
  },
  {
    ask: /^openapi 7:/,
    why: 'the document has no shared parameters: each operation has its own',
    alike: eachObject(object => {
      if ('swagger' in object) delete object.parameters;
    }),
  },
];

const isServed = /^(configmaps|events|namespaces(\/.*)?|pods(\/(log|status))?|secrets|serviceaccounts(\/token)?)$/;
