// The lines of a pasted text: from runs of characters with their marks to clean HTML.
// Kept in step with articles/pasted_lines.py; tests/articles/pasted holds both to the same results.

const BREAK = "\v";
const SPACES = /[ \t\r\n\f\u00a0\u200b\ufeff]+/g;
const GAP = /[ \n]+/g;
const EDGE = /(?:^|\v)[ \n\u3000]+|[ \n\u3000]+(?=$|\v)/g;
const PARAGRAPH = /[^\v]+(?:\v[^\v]+)*/g;
const WIDE = /[\u2014-\u2026\u3000-\u303f\u4e00-\u9fff\uff00-\uffef]/;
const BULLET = /^(?:[•‣▪\uf000-\uf0ff][ \u3000]*|·[ \u3000]+|l [ \u3000]*(?=[\u4e00-\u9fff]))/;
const NUMBER = /^(?:[（(]?(?:(\d{1,3})|[a-zA-Z]|[ivxIVX]{1,5}|[一二三四五六七八九十百]{1,4})[)）.．、]|[①-⑳])/;

export const escaped = (text) =>
  text.replace(/&/g, "&amp;").replace(/</g, "&lt;").replace(/>/g, "&gt;").replace(/"/g, "&quot;");

const elementsOf = ({ href, strong, em, raised }) =>
  [href && `a href="${escaped(href)}"`, strong && "strong", em && "em", raised].filter(Boolean);

function folded(found) {
  if (/^[\u200b\ufeff]+$/.test(found)) return "";
  return /[\r\n]/.test(found) ? "\n" : " ";
}

// [character, marks] pairs, without spaces that say nothing.
function settled(runs) {
  const text = runs.map(([said]) => said).join("");
  const marks = runs.flatMap(([said, mark]) => Array(said.length).fill(mark));
  const chars = text.split("");
  for (const found of text.matchAll(GAP)) {
    const end = found.index + found[0].length;
    const isOfSource = found[0].includes("\n") && [text[found.index - 1], text[end]].some((one) => WIDE.test(one ?? ""));
    chars.fill("", found.index, end);
    chars[found.index] = isOfSource ? "" : " ";
  }
  for (const found of text.matchAll(EDGE)) {
    for (let place = found.index; place < found.index + found[0].length; place += 1) {
      chars[place] = text[place] === BREAK ? BREAK : "";
    }
  }
  return chars.map((char, place) => [char, marks[place]]).filter(([char]) => char);
}

// What stays open over the border of two runs is written once.
function written(pairs) {
  let out = "";
  let opened = [];
  const close = (from) => opened.slice(from).reverse().forEach((name) => (out += `</${name.split(" ")[0]}>`));
  for (const [char, mark] of pairs) {
    const wanted = elementsOf(mark);
    let shared = 0;
    while (shared < Math.min(opened.length, wanted.length) && opened[shared] === wanted[shared]) shared += 1;
    close(shared);
    wanted.slice(shared).forEach((name) => (out += `<${name}>`));
    opened = wanted;
    out += char === BREAK ? "<br>" : escaped(char).replace("&quot;", '"');
  }
  close(0);
  return out;
}

const list = (name, items, start) =>
  `<${name}${name === "ol" && start > 1 ? ` start="${start}"` : ""}>${items.map((said) => `<li>${said}</li>`).join("")}</${name}>`;

function lists(items) {
  let made = "";
  while (items.length) {
    const first = items[0];
    const said = [];
    const isDeeper = () => items.length && items[0].level > first.level;
    while (isDeeper() || (items.length && items[0].level === first.level && items[0].isOrdered === first.isOrdered)) {
      if (said.length && isDeeper()) {
        const deeper = [];
        while (isDeeper()) deeper.push(items.shift());
        said[said.length - 1] += lists(deeper);
      } else said.push(items.shift().said);
    }
    made += list(first.isOrdered ? "ol" : "ul", said, first.start);
  }
  return made;
}

// Blocks one after another. isPlain: no headings, as within cells and items.
export class Flow {
  kind = "p";
  blocks = [];
  runs = [];
  item = null;

  constructor(isPlain = false) {
    this.isPlain = isPlain;
  }

  say(text, marks) {
    if (text) this.runs.push([text.replace(SPACES, folded), this.ofLine(marks)]);
  }

  sayBreak(marks) {
    this.runs.push([BREAK, this.ofLine(marks)]);
  }

  ofLine(marks) {
    return this.kind === "p" ? marks : { ...marks, strong: false, em: false };
  }

  beginLine(kind) {
    this.endLine();
    const before = this.kind;
    this.kind = this.isPlain ? "p" : kind;
    return before;
  }

  isItem(level, marker) {
    const found = NUMBER.exec(marker);
    this.item = { level, isOrdered: Boolean(found), start: Number(found?.[1] ?? 1) };
  }

  endLine() {
    const pairs = settled(this.runs);
    const item = this.item;
    this.runs = [];
    this.item = null;
    const text = pairs.map(([char]) => char).join("");
    for (const found of text.matchAll(PARAGRAPH)) {
      const bullet = this.kind === "p" ? BULLET.exec(found[0]) : null;
      const mine = item ?? (bullet && { level: 1, isOrdered: false, start: 1 });
      const said = written(pairs.slice(found.index + (bullet?.[0].length ?? 0), found.index + found[0].length));
      if (said && mine) this.blocks.push({ ...mine, said: `<p>${said}</p>` });
      else if (said) this.blocks.push(`<${this.kind}>${said}</${this.kind}>`);
    }
  }

  add(block) {
    this.blocks.push(block);
  }

  addList(name, items, start) {
    if (items.length) this.add(list(name, items, start));
  }

  asOneLine() {
    const pairs = settled(this.runs);
    this.runs = [];
    return written(pairs);
  }

  closed() {
    this.endLine();
    let out = "";
    while (this.blocks.length) {
      const items = [];
      while (typeof this.blocks[0] === "object") items.push(this.blocks.shift());
      out += lists(items);
      if (this.blocks.length) out += this.blocks.shift();
    }
    return out;
  }
}
