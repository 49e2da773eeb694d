// What Word, WPS, Excel, WeChat and web pages put on a clipboard, said in our own few elements.
// Kept in step with articles/pasting.py; tests/articles/pasted holds both to the same results.

import { escaped, Flow } from "./editor-lines.js";

export const FOREIGN_PICTURE = "【外部图片未收录：";
const LOCAL_PICTURE = "【图片没有带过来：请另存后拖进来】";
const setOf = (words) => new Set(words.split(" "));
const NOT_SHOWN = setOf("script style xml title head iframe object embed svg math map template noscript select textarea video audio canvas");
const CONTAINERS = setOf("div section article main header footer nav aside center address dl details form fieldset figure li tr td th tbody thead tfoot table ul ol");
const HEADINGS = { h1: "h2", h2: "h2", h3: "h3", h4: "h4", h5: "h4", h6: "h4" };
const LINES = setOf("p pre dt dd summary caption figcaption h1 h2 h3 h4 h5 h6");
const LEVEL = /mso-list:\s*(?!none|ignore|skip)\S+\s+level(\d)/i;
const MARKER = /mso-list:\s*ignore/i;
const HIDDEN = /display:\s*none|mso-hide:\s*all|mso-element:\s*comment/i;
const COMMENT = /\bMso(?:CommentReference|CommentText)\b|\bmsocom/i;
const WEIGHT = /(?:^|;)\s*font-weight:\s*(\w+)/i;
const ITALIC = /(?:^|;)\s*font-style:\s*(italic|oblique|normal)/i;
const RAISED = /(?:^|;)\s*vertical-align:\s*(super|sub)\b/i;
const SYMBOLS = /font-family:[^;]*(?:wingdings|symbol)/i;
const OUTLINE = /\bMsoHeading([1-9])|mso-outline-level:\s*([1-9])/i;
const TINY = /(?:^|;)\s*(?:width|height):\s*[0-2](?:\.\d+)?(?:px|pt)?\s*(?:;|$)/i;
const LINK = /^(?:(?:https?|mailto|tel):|\/(?![/\\]))/i;
const BACK_LINK = /^#(?:footnote-ref|endnote-ref|_msocom)/;
const ROWS = /^\s*<(?:col|colgroup|tbody|thead|tr|td|th)\b/i;
const MOST_SPAN = 50;

const tagOf = (node) => node.localName;
// Under the desk's policy a style attribute is dropped with a complaint: it is read under another name.
const styleOf = (node) => node.getAttribute("data-was-style") ?? "";
const classOf = (node) => node.getAttribute("class") ?? "";
const isCell = (node) => tagOf(node) === "td" || tagOf(node) === "th";

function read(html) {
  const start = html.indexOf("<!--StartFragment-->");
  const end = html.lastIndexOf("<!--EndFragment-->");
  const copied = start >= 0 && start < end ? html.slice(start + 20, end) : html;
  const whole = ROWS.test(copied) ? `<table>${copied}</table>` : copied; // Excel's marks
  const quiet = whole
    .replace(/<(style|script|xml)\b[\s\S]*?<\/\1\s*>/gi, "")
    .replace(/<[a-z][^<>]*>/gi, (tag) => tag.replace(/([\s"'])(style|on[a-z]+)\s*=/gi, "$1data-was-$2="));
  return new DOMParser().parseFromString(`<body>${quiet}`, "text/html").body;
}

// picture(src) may give another address for a data: picture; see editor-pictures.js.
export function tidy(html, picture = (src) => src) {
  const flow = new Flow();
  walk(read(html), flow, {}, picture);
  return flow.closed();
}

function walk(element, flow, marks, picture) {
  for (const child of element.childNodes) {
    if (child.nodeType === Node.TEXT_NODE) flow.say(child.data, marks);
    else if (child.nodeType === Node.ELEMENT_NODE && !isLeftOut(child)) take(child, flow, marks, picture);
  }
}

function isLeftOut(element) {
  return NOT_SHOWN.has(tagOf(element)) || element.hasAttribute("hidden") || HIDDEN.test(styleOf(element)) ||
    COMMENT.test(classOf(element)) || (tagOf(element) === "del" && element.hasAttribute("datetime")) ||
    BACK_LINK.test(element.getAttribute("href") ?? "");
}

function take(element, flow, marks, picture) {
  const tag = tagOf(element);
  if (SPECIAL[tag]?.(element, flow, marks, picture)) return;
  if (LINES.has(tag) || OUTLINE.test(saidOf(element))) line(element, flow, marks, picture);
  else if (CONTAINERS.has(tag)) {
    flow.endLine();
    walk(element, flow, marked(element, marks), picture);
    flow.endLine();
  } else if (SYMBOLS.test(styleOf(element)) && element.firstChild?.nodeType === Node.TEXT_NODE && element.firstChild.data.trim().length === 1) {
    flow.say("•", marks);
    for (const child of [...element.childNodes].slice(1)) {
      if (child.nodeType === Node.TEXT_NODE) flow.say(child.data, marks);
      else if (child.nodeType === Node.ELEMENT_NODE) take(child, flow, marks, picture);
    }
  } else walk(element, flow, marked(element, marks), picture);
}

function line(element, flow, marks, picture) {
  const kind = heading(element);
  const level = LEVEL.exec(styleOf(element));
  const marker = level ? cutMarker(element) : "";
  const before = flow.beginLine(kind || "p");
  if (level && kind) flow.say(marker, marks);
  else if (level) flow.isItem(Number(level[1]), marker);
  walk(element, flow, marked(element, marks), picture);
  flow.endLine();
  flow.kind = before;
}

function heading(element) {
  const found = OUTLINE.exec(saidOf(element));
  if (found) return HEADINGS[`h${found[1] ?? found[2]}`] ?? "h4";
  if (tagOf(element) === "p" && classOf(element).includes("MsoTitle")) return "h2";
  return HEADINGS[tagOf(element)] ?? "";
}

function cutMarker(element) {
  const part = [element, ...element.querySelectorAll("*")].find((one) => MARKER.test(styleOf(one)));
  part?.remove();
  return (part?.textContent ?? "").replace(/\u00a0/g, " ").trim();
}

function takeList(element, flow, marks, picture) {
  flow.endLine();
  const items = [];
  for (const child of element.children) {
    if (isLeftOut(child)) continue;
    const inner = new Flow(true);
    const isList = tagOf(child) === "ul" || tagOf(child) === "ol";
    (isList ? take : walk)(child, inner, marks, picture);
    const said = inner.closed();
    if (said && isList && items.length) items[items.length - 1] += said;
    else if (said) items.push(said);
  }
  const start = element.getAttribute("start") ?? "";
  flow.addList(tagOf(element), items, /^\d{1,5}$/.test(start) ? Number(start) : 1);
  return true;
}

function takeQuotation(element, flow, marks, picture) {
  flow.endLine();
  const inner = new Flow();
  walk(element, inner, marks, picture);
  const said = inner.closed();
  if (said) flow.add(`<blockquote>${said}</blockquote>`);
  return true;
}

function takeTable(element, flow, marks, picture) {
  const rows = [...element.rows].filter((row) => !isLeftOut(row)).map((row) => [...row.children].filter(isCell));
  if (rows.flat().length < 2 || flow.isPlain) return false;
  flow.endLine();
  if (element.caption) line(element.caption, flow, marks, picture);
  const drawn = rows.filter((row) => row.length).map((row) => `<tr>${row.map((cell) => cellOf(cell, marks, picture)).join("")}</tr>`);
  flow.add(`<table><tbody>${drawn.join("")}</tbody></table>`);
  return true;
}

function cellOf(cell, marks, picture) {
  const inner = new Flow(true);
  walk(cell, inner, marked(cell, marks), picture);
  const name = tagOf(cell) === "th" || cell.closest("thead") ? "th" : "td";
  const spans = ["colspan", "rowspan"].map((side) => {
    const given = cell.getAttribute(side) ?? "";
    const number = /^\d{1,5}$/.test(given) ? Math.min(Number(given), MOST_SPAN) : 1;
    return number > 1 ? ` ${side}="${number}"` : "";
  });
  return `<${name}${spans.join("")}>${inner.closed()}</${name}>`;
}

function takeFigure(element, flow, marks, picture) {
  const images = element.querySelectorAll("img");
  if (images.length !== 1) return false;
  const inner = new Flow();
  element.querySelectorAll("figcaption").forEach((caption) => walk(caption, inner, {}, picture));
  takePicture(images[0], flow, inner.asOneLine(), picture);
  return true;
}

function takePicture(image, flow, caption, picture) {
  let src = (image.getAttribute("data-src") || image.getAttribute("src") || "").trim();
  if (src.startsWith("//")) src = `https:${src}`;
  const sides = [image.getAttribute("width"), image.getAttribute("height")];
  if (!src || sides.some((side) => ["0", "1", "2"].includes(side)) || TINY.test(styleOf(image))) return;
  if (src.startsWith("data:") || src.startsWith("/media/")) {
    const alt = escaped((image.getAttribute("alt") ?? "").trim().replace(/\s+/g, " "));
    flow.endLine();
    flow.add(`<figure><img src="${escaped(picture(src))}" alt="${alt}"><figcaption>${caption}</figcaption></figure>`);
    return;
  }
  const before = flow.beginLine("p");
  const host = hostOf(src);
  flow.say(host ? `${FOREIGN_PICTURE}${host}】` : LOCAL_PICTURE, host ? { href: src } : {});
  flow.endLine();
  flow.kind = before;
  if (caption) flow.add(`<p>${caption}</p>`);
}

function hostOf(src) {
  const parts = /^https?:\/\//i.test(src) && URL.canParse(src) ? new URL(src) : null;
  return parts?.hostname ?? "";
}

const SPECIAL = {
  ul: takeList, ol: takeList, blockquote: takeQuotation, table: takeTable, figure: takeFigure,
  img: (element, flow, marks, picture) => (takePicture(element, flow, "", picture), true),
  hr: (element, flow) => (flow.endLine(), flow.add("<hr>"), true),
  br: (element, flow, marks) => (flow.sayBreak(marks), true),
};

function marked(element, marks) {
  const tag = tagOf(element);
  const style = styleOf(element);
  const said = { ...marks };
  if (tag === "b" || tag === "strong") said.strong = true;
  if (tag === "i" || tag === "em") said.em = true;
  if (tag === "sub" || tag === "sup") said.raised = tag;
  const weight = WEIGHT.exec(style)?.[1].toLowerCase();
  if (weight) said.strong = ["bold", "bolder"].includes(weight) || (Number(weight) >= 600 && Number(weight) <= 1000);
  const italic = ITALIC.exec(style)?.[1].toLowerCase();
  if (italic) said.em = italic !== "normal";
  const raised = tag === "span" && RAISED.exec(style)?.[1].toLowerCase();
  if (raised) said.raised = raised === "super" ? "sup" : "sub";
  const href = tag === "a" ? (element.getAttribute("href") ?? "").trim() : "";
  if (LINK.test(href)) said.href = href;
  return said;
}

const saidOf = (element) => (LINES.has(tagOf(element)) || tagOf(element) === "div" ? `${classOf(element)} ${styleOf(element)}` : "");
