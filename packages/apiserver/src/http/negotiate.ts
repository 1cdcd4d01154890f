/** In which form a client wants its answer. */
import { notAcceptable, StatusError } from '@larder/kube';
import { parseAccept, type MediaType } from './media-type.ts';

export interface OutputForm {
  encoding: 'json' | 'yaml';
  /** What stands for the object: itself, rows to print, or its metadata alone. */
  as: 'object' | 'table' | 'metadata' | 'metadataList';
}

export const producedTypes = ['application/json', 'application/yaml'];

/** The first acceptable clause that can be answered. @throws StatusError `NotAcceptable` */
export function negotiate(header: string | undefined, transformable = true): OutputForm {
  if (header === undefined || header.trim() === '') return { encoding: 'json', as: 'object' };
  for (const media of parseAccept(header)) {
    const encoding = encodingOf(media.type);
    const as = transformationOf(media);
    if (encoding === undefined || as === undefined) continue;
    if (as !== 'object' && !transformable) continue;
    return { encoding, as };
  }
  throw notAcceptableAnswer(parseAccept(header).some(({ type }) => encodingOf(type) !== undefined));
}

/** Kubernetes says it in two ways: for an encoding that it doesn't write, and for a form of the object that isn't offered. */
function notAcceptableAnswer(isEncoding: boolean): StatusError {
  const error = notAcceptable(producedTypes);
  if (isEncoding) return error;
  const message = `406: Not Acceptable\n\nAvailable representations: ${producedTypes.join(', ')}`;
  return new StatusError({ ...error.status, message, details: {} });
}

function encodingOf(type: string): OutputForm['encoding'] | undefined {
  switch (type) {
    case 'application/json':
    case '*/*':
      return 'json';
    case 'application/yaml':
      return 'yaml';
    default:
      return undefined;
  }
}

/** `undefined` for one that isn't offered. */
function transformationOf({ parameters }: MediaType): OutputForm['as'] | undefined {
  const as = parameters.get('as');
  if (as === undefined) return 'object';
  if (parameters.get('g') !== 'meta.k8s.io' || parameters.get('v') !== 'v1') return undefined;
  if (as === 'Table') return 'table';
  if (as === 'PartialObjectMetadata') return 'metadata';
  return as === 'PartialObjectMetadataList' ? 'metadataList' : undefined;
}
