/** `text` has one line a row; `title` says in words what the picture shows. */
export function svgOf(text: string, title: string): string;
