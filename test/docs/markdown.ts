/** Reads the project's Markdown: its files, links, headings, tables and code blocks. No more of Markdown than that. */
import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';

export const root = fileURLToPath(new URL('../../', import.meta.url));

export interface Markdown {
  /** From the project's root. */
  readonly path: string;
  readonly text: string;
}

export interface Table {
  readonly header: readonly string[];
  readonly rows: readonly (readonly string[])[];
}

export interface CodeBlock {
  readonly path: string;
  /** Line of its first line of code, from 1. */
  readonly line: number;
  readonly language: string;
  readonly code: string;
}

export function readMarkdown(path: string): Markdown {
  return { path, text: readFileSync(join(root, path), 'utf8') };
}

/** Every Markdown file of the project. */
export function allMarkdown(): Markdown[] {
  const top = readdirSync(root).filter((name) => name.endsWith('.md'));
  const below = ['docs', 'examples', 'test', 'bench'].flatMap((folder) => markdownBelow(folder));
  return [...top, ...below].map(readMarkdown);
}

function markdownBelow(folder: string): string[] {
  try {
    return readdirSync(join(root, folder), { recursive: true, encoding: 'utf8' })
      .filter((name) => name.endsWith('.md'))
      .map((name) => `${folder}/${name.replaceAll('\\', '/')}`);
  } catch {
    return [];
  }
}

/** Cells are trimmed; a `|` inside backquotes is part of its cell. */
export function tablesOf(text: string): Table[] {
  const tables: Table[] = [];
  const lines = withoutCode(text).split('\n');
  for (let index = 1; index < lines.length; index++) {
    if (!/^\|( *:?-+:? *\|)+$/.test(lines[index] ?? '')) continue;
    const rows: string[][] = [];
    let next = index + 1;
    for (; lines[next]?.startsWith('|'); next++) rows.push(cellsOf(lines[next] ?? ''));
    tables.push({ header: cellsOf(lines[index - 1] ?? ''), rows });
    index = next;
  }
  return tables;
}

function cellsOf(line: string): string[] {
  const cells = line.replaceAll(/`[^`]*`/g, (code) => code.replaceAll('|', '\0')).split('|');
  return cells.slice(1, -1).map((cell) => cell.replaceAll('\0', '|').trim());
}

/** Fenced code blocks in order. */
export function codeBlocksOf({ path, text }: Markdown): CodeBlock[] {
  const blocks: CodeBlock[] = [];
  for (const match of text.matchAll(/^```(\S*)[^\n]*\n(.*?)^```$/gms)) {
    const line = text.slice(0, match.index).split('\n').length + 1;
    blocks.push({ path, line, language: match[1] ?? '', code: match[2] ?? '' });
  }
  return blocks;
}

/** Targets of links and images, as written. */
export function linksOf(text: string): string[] {
  const prose = withoutCode(text).replaceAll(/`[^`\n]*`/g, '');
  return [...prose.matchAll(/\[[^\]]*\]\(([^)\s]+)[^)]*\)/g)].map((match) => match[1] ?? '');
}

/** The anchors that headings give, as GitHub makes them. */
export function anchorsOf(text: string): Set<string> {
  return new Set(
    [...withoutCode(text).matchAll(/^#+ +(.+)$/gm)].map((match) =>
      (match[1] ?? '')
        .toLowerCase()
        .replaceAll(/[^\p{L}\p{N} _-]/gu, '')
        .replaceAll(' ', '-'),
    ),
  );
}

function withoutCode(text: string): string {
  return text.replaceAll(/^```.*?^```$/gms, (block) => '\n'.repeat(block.split('\n').length - 1));
}
