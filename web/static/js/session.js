// Says five minutes before that a session ends, and puts it off without leaving
// the page, so that what is typed there stays. Other tabs hear of it.
"use strict";
(() => {
  const box = document.querySelector("#ending");
  const [soon, over] = box.children;
  const tabs = new BroadcastChannel("session");
  let ends;
  const look = () => {
    const left = ends - Date.now();
    soon.hidden = left <= 0 || left > 300000;
    over.hidden = left > 0;
  };
  const until = ([left, at]) => {
    ends = Date.now() + left * 1000;
    document.querySelectorAll(".ends").forEach((e) => (e.textContent = at));
    look();
  };
  const learn = (page) => {
    const told = page.querySelector("#ending");
    const said = told ? [told.dataset.left, told.dataset.at] : [0, "–"];
    until(said);
    tabs.postMessage(said);
  };
  tabs.onmessage = (event) => until(event.data);
  const stay = soon.querySelector("a");
  if (stay) {
    stay.addEventListener("click", async (event) => {
      event.preventDefault();
      try {
        const answer = await fetch(stay.href);
        learn(new DOMParser().parseFromString(await answer.text(), "text/html"));
      } catch {
        open(stay.href);
      }
    });
  }
  setInterval(look, 10000);
  document.addEventListener("visibilitychange", look);
  learn(document);
})();
