// Puts the appeal into an article: every .appeal is given a frame, and keeps
// its link until that frame has said hello. If it never does, the link stays.
//
// It touches nothing of the page but what stands inside .appeal and that
// element's own style, which it puts back; it reads and keeps nothing.
"use strict";
(() => {
  const source = document.currentScript && document.currentScript.src;
  if (!source) return;

  // The room each frame needs, below 480 px of width and from there on.
  const heights = { letter: [1120, 820], standard: [540, 470], ticker: [190, 170] };
  const afterLoad = 3000; // ms from the frame's load to its hello, which was sent before
  const inSight = 10000; // ms that a reader may look at a link while nothing loads

  // Important, so that a style sheet for everything on the page is not for these.
  const open = { display: "block", height: "auto", "max-height": "none", "min-width": "min(100%, 288px)" };
  const dress = (element, style) => {
    for (const name in style) element.style.setProperty(name, style[name], "important");
  };

  const place = (box) => {
    if (box.querySelector("iframe")) return;
    const data = box.dataset;
    const variant = Object.hasOwn(heights, data.variant) ? data.variant : "standard";
    const address = new URL("embed", source);
    address.searchParams.set("v", variant);
    if (data.theme) address.searchParams.set("theme", data.theme);
    if (data.src) address.searchParams.set("src", data.src);

    const reserved = () => heights[variant][Math.min(620, box.clientWidth) < 480 ? 0 : 1];
    const undressed = box.style.cssText;
    dress(box, { ...open, position: "relative" });
    dress(box, { "min-height": reserved() + "px" });

    const frame = document.createElement("iframe");
    const titles = [...document.querySelectorAll("iframe")].map((other) => other.title);
    const name = box.textContent.trim() || "Support us";
    frame.title = name;
    for (let n = 2; titles.includes(frame.title); n++) frame.title = name + " (" + n + ")";
    frame.loading = "lazy";
    frame.src = address.href;
    dress(frame, {
      all: "initial", position: "absolute", top: "0", left: "0", visibility: "hidden",
      display: "block", border: "0", width: "100%", "max-width": "620px", height: reserved() + "px",
    });

    let greeted = false;
    let width = box.clientWidth;
    let timer;
    const sight = new IntersectionObserver((seen) => {
      if (seen.some((entry) => entry.isIntersecting)) expect(inSight);
    });
    const settle = () => {
      clearTimeout(timer);
      sight.disconnect();
    };
    const fail = () => {
      settle();
      removeEventListener("message", hear);
      frame.remove();
      box.style.cssText = undressed;
    };
    const expect = (ms) => {
      clearTimeout(timer);
      if (!greeted) timer = setTimeout(fail, ms);
    };

    const hello = () => {
      greeted = true;
      settle();
      for (const node of [...box.childNodes]) if (node !== frame) node.remove();
      box.style.cssText = undressed;
      dress(box, open);
      dress(frame, { position: "static", visibility: "visible" });
    };
    // Nothing in sight moves up: a frame shrinks below the window alone, or
    // when its own width has changed and everything moves anyway.
    const resize = (height) => {
      const unseen = frame.getBoundingClientRect().top >= innerHeight;
      if (unseen || box.clientWidth !== width || height > frame.clientHeight) dress(frame, { height: height + "px" });
      width = box.clientWidth;
    };
    const hear = (event) => {
      if (event.source !== frame.contentWindow || event.origin !== address.origin) return;
      const { appeal, height } = Object(event.data);
      if (appeal !== "height" || !(height > 0 && height < 9999)) return;
      if (!greeted) hello();
      resize(height);
    };

    addEventListener("message", hear);
    addEventListener("beforeprint", () => greeted && dress(box, { display: "none" }));
    addEventListener("afterprint", () => greeted && dress(box, { display: "block" }));
    frame.addEventListener("load", () => {
      sight.disconnect();
      expect(afterLoad);
    });
    frame.addEventListener("error", fail);
    box.append(frame);
    sight.observe(box);
  };

  const all = () => document.querySelectorAll(".appeal").forEach(place);
  all();
  if (document.readyState === "loading") document.addEventListener("DOMContentLoaded", all);
})();
