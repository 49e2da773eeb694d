// A click on the preview sets the focal point; the crops beside it show what will be left. The two
// numbers work without it, and for the keyboard.
"use strict";

const whole = document.querySelector("[data-focal]");
const fields = ["focal_x", "focal_y"].map((name) => document.querySelector(`input[name=${name}]`));
if (whole && fields.every(Boolean)) begin(whole, fields, document.querySelector("[data-crops]"));

function begin(whole, fields, crops) {
  const mark = whole.appendChild(Object.assign(document.createElement("span"), { className: "focal-mark" }));
  const draw = () => {
    const [x, y] = fields.map((field) => Math.min(100, Math.max(0, Number(field.value) || 0)));
    mark.style.insetInlineStart = `${x}%`;
    mark.style.insetBlockStart = `${y}%`;
    // In the steps of ten that pages know.
    const [left, top] = [x, y].map((value) => Math.floor((value + 5) / 10) * 10);
    for (const crop of crops.children) crop.style.objectPosition = `${left}% ${top}%`;
  };
  whole.classList.add("is-live");
  whole.addEventListener("click", (event) => {
    const box = whole.getBoundingClientRect();
    const share = [(event.clientX - box.left) / box.width, (event.clientY - box.top) / box.height];
    fields.forEach((field, axis) => {
      field.value = Math.round(Math.min(1, Math.max(0, share[axis])) * 100);
      field.dispatchEvent(new Event("change", { bubbles: true }));
    });
    draw();
  });
  fields.forEach((field) => field.addEventListener("input", draw));
  crops.hidden = false;
  draw();
}
