// The button that puts a picture of the library into the text, and changes one that stands there.

import { crel, Extension } from "django-prose-editor/editor";
import { field, open, search } from "./editor-choosing.js";
import { draw, figure, insertFigures, insertFiles, notesOf } from "./editor-pictures.js";

const shown = (row) => crel("span", { className: "editor-picture" }, [
  crel("img", { src: row.thumb, alt: "", width: 96, height: 72, loading: "lazy" }),
  crel("span", { textContent: row.alt || row.name || `图 ${row.id}` }),
  crel("small", { textContent: [row.is_pending && "待补说明", row.is_rendering && "效果图", row.credit].filter(Boolean).join(" · ") }),
]);

function standing(state) {
  const { $from, node } = state.selection;
  if (node?.type.name === "figure") return { figure: node, pos: state.selection.from };
  for (let depth = $from.depth; depth > 0; depth -= 1) {
    if ($from.node(depth).type.name === "figure") return { figure: $from.node(depth), pos: $from.before(depth) };
  }
  return null;
}

async function choose(editor, options) {
  const at = standing(editor.state);
  const { from, to } = editor.state.selection;
  const before = at?.figure.firstChild.attrs;
  const upload = field("或从电脑上传", { type: "file", accept: "image/*", multiple: true });
  const alt = field("图上有什么（替代文字）", { maxLength: 200, value: before?.alt ?? "" });
  const caption = field("图注", { maxLength: 200, value: at?.figure.childCount > 1 ? at.figure.lastChild.textContent : "" });
  const note = crel("p", { className: "quiet", role: "status" });
  let row = null;
  const library = search("在图库里找", async (query) => {
    const answer = await fetch(`${options.picturesUrl}?${new URLSearchParams({ q: query })}`, { headers: { Accept: "application/json" } });
    if (!answer.ok || answer.redirected) throw new Error(answer.status);
    return (await answer.json()).results.map((one) => ({ row: one, node: shown(one) }));
  }, (one) => {
    row = one;
    alt.input.value = one.alt;
    caption.input.value ||= one.caption;
    const marks = [one.is_rendering && "效果图", one.credit].filter(Boolean).join("、");
    note.textContent = [marks && `页面上会自动印出：${marks}。`, one.is_pending && "这张图还没有写图上有什么，补好才能发布。"].filter(Boolean).join("");
    alt.input.focus();
  });
  // Files go at once: what is on them is written in the library.
  upload.input.addEventListener("change", () => { upload.input.form.requestSubmit(); });
  const title = at ? "换图或改图注" : "插入图片";
  const answer = await open(editor, title, at ? "更新" : "插入", [...library.parts, note, alt.row, caption.row, upload.row], () => {
    if (upload.input.files.length) return { files: [...upload.input.files] };
    const src = row?.url ?? before?.src;
    if (!src) { note.textContent = "请先选一张图。"; return null; }
    return { src, alt: alt.input.value.trim(), caption: caption.input.value.trim() };
  });
  if (!answer) return;
  // A dialog that closes gives the focus back, and with it another place in the text.
  if (!at) editor.commands.setTextSelection({ from, to });
  if (answer.files) insertFiles(editor, answer.files);
  else if (at) editor.chain().insertContentAt({ from: at.pos, to: at.pos + at.figure.nodeSize }, figure(answer.src, answer.alt, answer.caption)).run();
  else insertFigures(editor, [figure(answer.src, answer.alt, answer.caption)]);
  if (row?.is_pending) {
    notesOf(editor).pending.set(row.id, row);
    draw(editor);
  }
}

export const LibraryPicture = Extension.create({
  name: "libraryPicture",
  addOptions: () => ({ picturesUrl: "" }),
  addCommands() {
    const { options } = this;
    const command = () => ({ editor, dispatch }) => { if (dispatch) choose(editor, options); return true; };
    return { editImage: command, insertFigure: command };
  },
});
