/** Where agents and commands look for the registry unless told otherwise. */
export const defaultRegistry = 'sqlite:./ringwatch.db';
