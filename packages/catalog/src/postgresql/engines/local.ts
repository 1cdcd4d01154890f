/** A PostgreSQLInstance on this machine. */
import type { CompositionRequest, CompositionResponse } from '../../composition.ts';

export function composeLocal(_request: CompositionRequest): CompositionResponse {
  return { composed: {}, status: {}, conditions: [], events: [], requirements: {} };
}
