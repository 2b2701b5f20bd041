// What the frame does beyond HTML: it names the amount on its button, and tells
// the page around it how tall it is. That is all it tells, so anybody may hear.
"use strict";
(() => {
  const tell = () =>
    parent.postMessage({ appeal: "height", height: Math.ceil(document.body.getBoundingClientRect().height) }, "*");
  if (parent !== window) {
    tell(); // at once: nothing is observed in a frame that is not in sight
    new ResizeObserver(tell).observe(document.body);
  }

  const button = document.querySelector("button");
  if (!button) return;
  const plain = button.textContent;
  const label = () => {
    const picked = document.querySelector("[name=amount]:checked");
    button.textContent =
      picked && picked.value !== "other" ? button.dataset.give.replace("{amount}", picked.labels[0].textContent) : plain;
  };
  document.addEventListener("change", label);
  addEventListener("pageshow", label); // also after the browser has put an older choice back
})();
