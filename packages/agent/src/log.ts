/** The logger port as lines of JSON, which collectors of a cluster read. Fields are scalars, so that no object with a secret gets there. */
import type { LogFields, Logger } from '@larder/controller';
import { pino, type DestinationStream, type Logger as Pino } from 'pino';

/** @param stream standard output by default */
export function jsonLog({ debug, stream }: { debug: boolean; stream?: DestinationStream }): Logger {
  const options = { level: debug ? 'debug' : 'info', base: null };
  return wrap(stream === undefined ? pino(options) : pino(options, stream));
}

function wrap(log: Pino): Logger {
  return {
    debug: (message: string, fields: LogFields = {}) => log.debug(fields, message),
    info: (message: string, fields: LogFields = {}) => log.info(fields, message),
    error: (message: string, fields: LogFields = {}) => log.error(fields, message),
    with: fields => wrap(log.child(fields)),
  };
}
