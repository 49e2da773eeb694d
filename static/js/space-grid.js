// The grid of spaces: a block pasted from a spreadsheet fills cells to the right and down, Enter and
// the arrows move within the column, and cells that were changed are marked.
"use strict";
(() => {
  const table = document.querySelector(".space-grid");
  if (!table) return;
  const form = table.closest("form");
  const status = document.getElementById("grid_status");
  const body = table.tBodies[0];
  const inputs = (row) => [...row.querySelectorAll("td input")];
  const was = (input) => input.dataset.was ?? input.defaultValue;
  let sending = false;

  function mark(input) {
    input.parentElement.classList.toggle("grid-changed", input.value !== was(input));
    const count = body.querySelectorAll(".grid-changed").length;
    status.textContent = count ? `改了 ${count} 格，还没有保存。` : "";
  }

  // One more empty row, where the form may still send it.
  function grow() {
    if (body.rows.length >= Number(table.dataset.most)) return null;
    const last = body.rows[body.rows.length - 1];
    const [old] = inputs(last)[0].name.split("-");
    const number = String(Number(old.slice(1)) + 1);
    const row = last.cloneNode(true);
    row.cells[0].firstChild.textContent = number;
    for (const told of row.querySelectorAll(".grid-told")) told.remove();
    for (const input of row.querySelectorAll("input")) {
      input.name = input.name.replace(old, `r${number}`);
      if (input.id) input.id = input.name;
      input.setAttribute("value", "");
      input.value = "";
      for (const name of ["data-was", "aria-invalid", "aria-describedby"]) input.removeAttribute(name);
      input.setAttribute("aria-label", (input.getAttribute("aria-label") ?? "").replace(/\d+/, number));
      input.parentElement.classList.remove("grid-changed");
    }
    return body.appendChild(row);
  }

  // Spreadsheets put a cell with a break or a tab in it in quotes, and double the quotes inside.
  const cellsOf = (text) => [...text.replace(/\r\n?/g, "\n").replace(/\n$/, "").matchAll(/(^|\t|\n)(?:"((?:[^"]|"")*)"(?=\t|\n|$)|([^\t\n]*))/g)]
    .reduce((rows, [, before, quoted, plain]) => {
      if (before !== "\t") rows.push([]);
      rows.at(-1).push((quoted?.replaceAll('""', '"') ?? plain).replace(/\s+/g, " ").trim());
      return rows;
    }, []);

  body.addEventListener("paste", (event) => {
    const text = event.clipboardData?.getData("text/plain") ?? "";
    if (!/[\t\n\r]/.test(text.replace(/[\r\n]+$/, "")) || !event.target.closest("td")) return;
    event.preventDefault();
    let row = event.target.closest("tr"), lost = 0;
    const from = inputs(row).indexOf(event.target);
    for (const cells of cellsOf(text)) {
      if (!row) { lost += 1; continue; }
      const there = inputs(row).slice(from);
      cells.slice(0, there.length).forEach((value, at) => { there[at].value = value; mark(there[at]); });
      row = row.nextElementSibling ?? grow();
    }
    if (lost) status.textContent += `还有 ${lost} 行放不下，请从 Excel 导入。`;
  });
  body.addEventListener("keydown", (event) => {
    const step = { Enter: event.shiftKey ? -1 : 1, ArrowDown: 1, ArrowUp: -1 }[event.key];
    if (!step || event.isComposing || event.altKey || event.ctrlKey || event.metaKey || !event.target.closest("td")) return;
    event.preventDefault(); // Enter would send the form half typed
    const row = event.target.closest("tr");
    const next = step > 0 ? row.nextElementSibling : row.previousElementSibling;
    if (next) inputs(next)[inputs(row).indexOf(event.target)].select();
  });
  body.addEventListener("input", (event) => mark(event.target));
  form.addEventListener("submit", () => { sending = true; });
  addEventListener("beforeunload", (event) => { if (!sending && body.querySelector(".grid-changed")) event.preventDefault(); });
})();
