/**
 * Structured logging. A pino logger fits as it is (fields first, then the message), and so does
 * `console`, which prints both. docs/events.md has what the lines say.
 */
export interface Logger {
  debug(fields: LogFields, message: string): void;
  info(fields: LogFields, message: string): void;
  warn(fields: LogFields, message: string): void;
  error(fields: LogFields, message: string): void;
}

/** Named values of one log line; `component` is always among them. */
export type LogFields = Readonly<Record<string, unknown>>;
