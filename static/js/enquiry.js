/* Says how long the form was open before it was sent, and keeps a second press from sending twice.
   Without it the form works the same: the server knows a repeat when it sees one. */
const opened = performance.now();

for (const form of document.querySelectorAll("form[data-enquiry]")) {
  let isSent = false;
  form.addEventListener("submit", (event) => {
    if (isSent) {
      event.preventDefault();
      return;
    }
    isSent = true;
    form.elements.elapsed_ms.value = Math.round(performance.now() - opened);
    form.querySelector("[type=submit]").setAttribute("aria-disabled", "true");
  });
  // Coming back by the browser's own button finds the form as it was left.
  addEventListener("pageshow", () => {
    isSent = false;
    form.querySelector("[type=submit]").removeAttribute("aria-disabled");
  });
}
