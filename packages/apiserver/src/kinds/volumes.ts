/** What the volumes of a pod must be, with Kubernetes' texts: their names and paths become files. Pure. */
import {
  duplicate,
  forbiddenField,
  invalidValue,
  required,
  validateDns1123Label,
  type FieldError,
  type JsonObject,
} from '@larder/kube';
import { objectsIn, textIn } from './read-fields.ts';

/** @param field where they are: `spec.volumes` */
export function validateVolumes(volumes: readonly JsonObject[], field: string): FieldError[] {
  const seen = new Set<string>();
  return volumes.flatMap((volume, index) => {
    const at = `${field}[${index}]`;
    const name = textIn(volume, 'name');
    const errors = validateSources(volume, at);
    if (name === '') errors.push(required(`${at}.name`));
    else errors.push(...validateDns1123Label(name).map(problem => invalidValue(`${at}.name`, name, problem)));
    if (name !== '' && seen.has(name)) errors.push(duplicate(`${at}.name`, name));
    seen.add(name);
    return errors;
  });
}

function validateSources(volume: JsonObject, at: string): FieldError[] {
  const sources = Object.keys(volume).filter(key => key !== 'name');
  if (sources.length === 0) return [required(at, 'must specify a volume type')];
  // Kubernetes looks at empty directories first, and refuses whatever else is there.
  const [first = '', ...others] = sources.sort((a, b) => order(a) - order(b));
  const errors = validateSource(first, volume[first] as JsonObject, `${at}.${first}`);
  const why = 'may not specify more than 1 volume type';
  return [...errors, ...others.map(other => forbiddenField(`${at}.${other}`, why))];
}

const order = (source: string): number => ['emptyDir', 'hostPath'].indexOf(source) >>> 0;

function validateSource(source: string, content: JsonObject, at: string): FieldError[] {
  switch (source) {
    case 'hostPath':
      return validateHostPath(textIn(content, 'path'), `${at}.path`);
    case 'secret':
      return [...needed(content, 'secretName', at), ...validateFiles(content, at)];
    case 'configMap':
      return [...needed(content, 'name', at), ...validateFiles(content, at)];
    case 'persistentVolumeClaim':
      return needed(content, 'claimName', at);
    case 'projected':
      return validateProjected(content, at);
    case 'downwardAPI':
      return objectsIn(content, 'items').flatMap((item, index) =>
        validatePath(textIn(item, 'path'), `${at}.downwardAPI[${index}].path`),
      );
    default:
      return [];
  }
}

function needed(content: JsonObject, name: string, at: string): FieldError[] {
  return textIn(content, name) === '' ? [required(`${at}.${name}`)] : [];
}

function validateHostPath(path: string, at: string): FieldError[] {
  if (path === '') return [required(at)];
  return path.split('/').includes('..') ? [invalidValue(at, path, "must not contain '..'")] : [];
}

function validateFiles(content: JsonObject, at: string): FieldError[] {
  const items = objectsIn(content, 'items').flatMap((item, index) => validateFile(item, `${at}.items[${index}]`));
  return [...validateMode(content, 'defaultMode', at), ...items];
}

function validateFile(item: JsonObject, at: string): FieldError[] {
  return [
    ...needed(item, 'key', at),
    ...validatePath(textIn(item, 'path'), `${at}.path`),
    ...validateMode(item, 'mode', at),
  ];
}

function validateMode(content: JsonObject, name: string, at: string): FieldError[] {
  const { [name]: mode } = content;
  if (typeof mode !== 'number' || (mode >= 0 && mode <= 0o777)) return [];
  return [invalidValue(`${at}.${name}`, mode, 'must be a number between 0 and 0777 (octal), both inclusive')];
}

function validateProjected(content: JsonObject, at: string): FieldError[] {
  const sources = objectsIn(content, 'sources').flatMap((source, index) =>
    ['secret', 'configMap'].flatMap(kind => {
      const [projection] = objectsIn({ list: [source[kind]] }, 'list');
      if (projection === undefined) return [];
      const where = `${at}.sources[${index}].${kind}`;
      return [...needed(projection, 'name', where), ...validateFiles(projection, where)];
    }),
  );
  return [...validateMode(content, 'defaultMode', at), ...sources];
}

/** A path of a file below the volume. */
function validatePath(path: string, at: string): FieldError[] {
  if (path === '') return [required(at)];
  const errors = validateDescending(path, at);
  if (errors.length > 0 || !path.startsWith('..')) return errors;
  return [invalidValue(at, path, "must not start with '..'")];
}

/** A path that stays below where it begins. */
export function validateDescending(path: string, at: string): FieldError[] {
  if (path.startsWith('/')) return [invalidValue(at, path, 'must be a relative path')];
  return path.split('/').includes('..') ? [invalidValue(at, path, "must not contain '..'")] : [];
}
