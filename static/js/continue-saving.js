// Takes the token of the newest log-in before a carried form is sent, and says who is logged in.
// Without a script the first press after a log-in comes back with the new token, the second saves.
"use strict";
const form = document.getElementById("continue_form");
const status = form.querySelector("[role=status]");

async function renew() {
  const answer = await fetch(form.dataset.token, { headers: { Accept: "application/json" } });
  if (!answer.ok) return false;
  const { token, user } = await answer.json();
  // A field of the form may be called anything, so it is not asked by name.
  form.querySelector("input[name=csrfmiddlewaretoken]").value = token;
  status.textContent = `已登录：${user}。按“继续保存”就会以这个账号保存。`;
  return true;
}

addEventListener("focus", () => renew().catch(() => {}));

form.addEventListener("submit", async (event) => {
  event.preventDefault();
  const isIn = await renew().catch(() => true); // no answer: let the site itself say why
  if (isIn) HTMLFormElement.prototype.submit.call(form);
  else status.textContent = "还没有登录。请先在新窗口登录，再按“继续保存”。";
});
