// After a log-in in another tab: the form's token is renewed, if the same person is in.
"use strict";

{
  const desk = document.getElementById("writing");

  // "in" with a token that works; "out"; the name of another person; or "away".
  async function renew() {
    const headers = { "X-Requested-With": "XMLHttpRequest", Accept: "application/json" };
    try {
      const answer = await fetch(desk.dataset.token, { headers });
      if (answer.status === 401) return "out";
      if (!answer.ok) return "away";
      const { token, user } = await answer.json();
      if (user !== desk.dataset.user) return user;
      for (const one of document.querySelectorAll("input[name=csrfmiddlewaretoken]")) one.value = token;
      return "in";
    } catch {
      return "away";
    }
  }

  if (desk) window.writingSession = { renew };
}
