// Pictures that are pasted or dropped go to the library; where one could not come along, a list
// above the text says so and offers to fetch it.

import { crel } from "django-prose-editor/editor";
import { FOREIGN_PICTURE } from "./editor-tidy.js";

const waiting = new Map(); // address of a placeholder: its file
const isPicture = (file) => file.type.startsWith("image/");
export const picturesOf = (data) => [...(data?.files ?? [])].filter(isPicture);

// An address the text can show at once; the picture itself goes with the next `send`.
export function placeholder(file) {
  const address = URL.createObjectURL(file);
  waiting.set(address, file);
  return address;
}

export function fromDataAddress(src) {
  const [, type, data] = /^data:(image\/[\w.+-]+);base64,([\w+/=\s%]+)$/.exec(src) ?? [];
  if (!data) return src;
  try {
    const bytes = Uint8Array.from(atob(decodeURIComponent(data)), (char) => char.charCodeAt(0));
    return placeholder(new File([bytes], `粘贴的图.${type.split("/")[1].split("+")[0]}`, { type }));
  } catch {
    return src; // no base64: the editor leaves it out
  }
}

export const figure = (src, alt = "", caption = "") => ({
  type: "figure",
  content: [
    { type: "image", attrs: { src, alt } },
    { type: "caption", content: caption ? [{ type: "text", text: caption }] : [] },
  ],
});

export function insertFiles(editor, files, at) {
  insertFigures(editor, files.map((file) => figure(placeholder(file))), at);
  return send(editor);
}

// With a line after them to write on: the last figure of a text could not be left otherwise.
export function insertFigures(editor, figures, at) {
  const { selection } = editor.state;
  const blank = selection.empty && selection.$from.parent.type.name === "paragraph" && !selection.$from.parent.childCount;
  const range = at ?? (blank ? { from: selection.$from.before(), to: selection.$from.after() } : selection.to);
  editor.chain().focus().insertContentAt(range, [...figures, { type: "paragraph" }]).run();
}

export async function post(editor, url, fields) {
  const data = new FormData();
  data.append("csrfmiddlewaretoken", editor.view.dom.closest("form").elements.csrfmiddlewaretoken.value);
  Object.entries(fields).forEach(([name, value]) => data.append(name, value));
  const failed = "没有传上去：网络断了或登录过期了，请在另一个窗口登录后再试。";
  try {
    const answer = await fetch(url, { method: "POST", body: data, headers: { Accept: "application/json" } });
    if (answer.status === 413) return { error: "文件太大，服务器没有收。" };
    const told = await answer.json();
    return answer.ok && told.url ? told : { error: told.error || failed };
  } catch {
    return { error: failed };
  }
}

// One after another; the form waits for them.
export async function send(editor) {
  const notes = notesOf(editor);
  for (const [address, file] of [...waiting]) {
    waiting.delete(address);
    notes.busy += 1;
    draw(editor);
    const told = await post(editor, notes.options.uploadUrl, { file });
    notes.busy -= 1;
    settle(editor, address, told, file);
    URL.revokeObjectURL(address);
  }
  draw(editor);
  notes.whenDone?.();
}

function settle(editor, address, told, file) {
  const notes = notesOf(editor);
  if (told.error) notes.failed.push({ file, error: told.error });
  else if (told.is_pending) notes.pending.set(told.id, told);
  editor.commands.command(({ tr }) => {
    const found = [];
    tr.doc.descendants((node, pos, parent) => {
      if (node.type.name === "image" && node.attrs.src === address) found.unshift({ node, pos, parent });
    });
    for (const { node, pos, parent } of found) {
      const around = parent.type.name === "figure";
      if (told.error) tr.delete(around ? pos - 1 : pos, around ? pos - 1 + parent.nodeSize : pos + node.nodeSize);
      else tr.setNodeMarkup(pos, null, { ...node.attrs, src: told.url, alt: node.attrs.alt || told.alt });
    }
    tr.setMeta("addToHistory", false);
    return true;
  });
}

// --- what is said above the text --------------------------------------------------------------

const all = new WeakMap();
export const notesOf = (editor) => all.get(editor);

export function startNotes(editor, options) {
  const box = crel("div", { className: "editor-notes" });
  box.setAttribute("role", "status");
  all.set(editor, { box, options, busy: 0, failed: [], pending: new Map(), drawn: "" });
  editor.view.dom.closest(".prose-editor").prepend(box);
  const form = editor.view.dom.closest("form");
  form.addEventListener("submit", (event) => {
    const notes = notesOf(editor);
    if (!notes.busy) return;
    event.preventDefault();
    event.stopImmediatePropagation();
    notes.whenDone = () => form.requestSubmit(event.submitter);
    draw(editor);
  }, true);
  draw(editor);
}

function foreignIn(editor) {
  const found = [];
  editor.state.doc.descendants((node, pos) => {
    const link = node.isText && node.text.startsWith(FOREIGN_PICTURE) && node.marks.find((mark) => mark.type.name === "link");
    if (link) found.push({ pos, href: link.attrs.href, host: node.text.slice(FOREIGN_PICTURE.length).split("】")[0] });
  });
  return found;
}

export function draw(editor) {
  const { box, busy, failed, pending, whenDone, drawn } = notesOf(editor);
  const foreign = foreignIn(editor);
  const state = JSON.stringify([busy, Boolean(whenDone), failed.length, [...pending.keys()], foreign.map((one) => one.href)]);
  if (state === drawn) return;
  notesOf(editor).drawn = state;
  box.replaceChildren();
  if (busy) box.append(crel("p", { textContent: whenDone ? "图还在传，传完自动保存。" : "图正在传进图库……" }));
  failed.forEach(({ file, error }, place) => {
    const again = crel("button", { type: "button", className: "button", textContent: "再放进来" });
    again.addEventListener("click", () => { failed.splice(place, 1); insertFiles(editor, [file]); });
    box.append(crel("p", { className: "editor-failed" }, [`${file.name}：${error} `, again]));
  });
  if (pending.size) {
    const links = [...pending.values()].flatMap((one) => [crel("a", { href: one.change_url, target: "_blank", rel: "noopener", textContent: `图 ${one.id}` }), " "]);
    box.append(crel("p", {}, [`${pending.size} 张图已进图库，发布前要写图上有什么：`, ...links]));
  }
  if (foreign.length) box.append(crel("p", { textContent: `${foreign.length} 张外部图片没有收进来，发布前请取回、换掉或删掉：` }), crel("ul", {}, foreign.map((one) => foreignRow(editor, one))));
}

function foreignRow(editor, { href, host }) {
  const said = crel("span", {});
  const fetching = crel("button", { type: "button", className: "button", textContent: "取回" });
  fetching.setAttribute("aria-label", `取回 ${host} 的图`);
  fetching.addEventListener("click", async () => {
    fetching.disabled = true;
    said.textContent = "正在取……";
    const told = await post(editor, notesOf(editor).options.fetchUrl, { url: href });
    fetching.disabled = false;
    said.textContent = told.error ?? "";
    if (!told.error) putInPlace(editor, href, told);
  });
  return crel("li", {}, [crel("a", { href, target: "_blank", rel: "noopener noreferrer", textContent: host }), " ", fetching, " ", said]);
}

function putInPlace(editor, href, told) {
  const one = foreignIn(editor).find((flag) => flag.href === href);
  if (told.is_pending) notesOf(editor).pending.set(told.id, told);
  if (!one) return;
  const around = editor.state.doc.resolve(one.pos);
  editor.chain().insertContentAt({ from: around.before(), to: around.after() }, figure(told.url, told.alt)).run();
}
