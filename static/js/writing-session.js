// What it means when the desk does not take what is typed, and how it goes on after a log-in in
// another tab: the form's token is renewed, if the same person is in.
"use strict";

{
  const desk = document.getElementById("writing");
  const HERE = "先存在这台电脑上。";
  const AWAY = ["away", `连不上服务器，写的内容${HERE}`];
  const REFUSED = {
    400: `内容太长，没有自动保存：${HERE}`,
    403: `您现在不能改这篇了：写的内容${HERE}`,
    404: `这篇已被删除，或不归您改了：写的内容${HERE}`,
    413: `内容太长，没有自动保存：${HERE}`,
  };

  function stranger(name) {
    const mine = desk.dataset.user;
    return ["out", `现在登录的是${name}，这一页是${mine}写的：没有存到${name}名下，${HERE}`];
  }

  function loggedOut(login) {
    const link = document.createElement("a");
    Object.assign(link, { href: login, target: "_blank", rel: "noopener", textContent: "重新登录" });
    return ["out", "登录已过期：", link, "，写的内容都还在。"];
  }

  // [kind, ...words]: "again" (nothing to say, try once more), "out" (until somebody logs in),
  // "away" or "refused".
  async function trouble(answer) {
    const told = await answer.json().catch(() => ({}));
    if (answer.status === 401) return loggedOut(told.login);
    if (answer.status === 409) return stranger(told.person);
    if (answer.status === 403 && told.token) return renew();
    return answer.status in REFUSED ? ["refused", REFUSED[answer.status]] : AWAY;
  }

  async function renew() {
    const headers = { "X-Requested-With": "XMLHttpRequest", Accept: "application/json" };
    const answer = await fetch(desk.dataset.token, { headers });
    if (answer.status === 401) return loggedOut((await answer.json()).login);
    if (!answer.ok) return AWAY;
    const { token, user } = await answer.json();
    if (user !== desk.dataset.user) return stranger(user);
    for (const one of document.querySelectorAll("input[name=csrfmiddlewaretoken]")) one.value = token;
    return ["again"];
  }

  if (desk) window.writingSession = { trouble, renew, AWAY };
}
