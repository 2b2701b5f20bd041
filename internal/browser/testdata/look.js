// Asks axe-core about the page as it looks now, and leaves out what the page
// has answered for another look of it.
//
// Most of what axe asks is the same in every window and in light and dark: names,
// roles and order hang on the document, and on what of it is shown. So a page is
// asked everything once for each shape it takes. In a look of a shape that was
// seen it is asked only what may be answered otherwise there: the rules about
// colors where these are others, and the one that measures where the window is.
//
// The shape is what axe's rules read of a page's looks, up to exact measures:
// what is shown, how large and heavy its type, what scrolls, and how each element
// lies in the window and in the one around it. Another number of columns, or a
// menu that folds away, is another shape.
(async () => {
  const everything = ["wcag2a", "wcag2aa", "wcag21a", "wcag21aa", "wcag22aa", "best-practice"];
  const aboutColors = ["color-contrast", "link-in-text-block"];
  const measuring = ["target-size"];

  const shape = [], colors = [];
  const read = (e, at) => {
    if (!e.checkVisibility({ opacityProperty: true, visibilityProperty: true })) return shape.push("-");
    const style = at.getComputedStyle(e);
    const size = parseFloat(style.fontSize), heavy = style.fontWeight >= 700;
    const box = e.getBoundingClientRect(), around = (e.parentElement ?? e).getBoundingClientRect();
    shape.push(
      [style.display, style.position, style.zIndex, style.overflow, style.clip, style.clipPath, style.opacity, style.textDecorationLine, style.fontStyle],
      // Type counts as large from 24 px on, or 18.66 px where it is heavy.
      [heavy, size === 0, size >= (heavy ? 18.66 : 24), box.width === 0, box.height === 0].map(Number),
      [box.right + at.scrollX <= 0, box.bottom + at.scrollY <= 0, e.scrollWidth > e.clientWidth, e.scrollHeight > e.clientHeight].map(Number),
      [box.left < around.left - 1, box.right > around.right + 1, box.top < around.top - 1, box.bottom > around.bottom + 1].map(Number),
    );
    for (const part of [style, at.getComputedStyle(e, "::before"), at.getComputedStyle(e, "::after")]) {
      if (part !== style && part.content === "none") continue;
      colors.push(part.color, part.backgroundColor, part.backgroundImage, part.textShadow);
    }
  };
  const walk = (page) => {
    for (const e of page.querySelectorAll("*")) {
      read(e, page.defaultView);
      if (e.contentDocument) walk(e.contentDocument);
    }
  };
  walk(document);

  const answered = (axe.answered ??= new Set());
  const isNew = (...parts) => {
    const key = parts.join(" ");
    return !answered.has(key) && answered.add(key);
  };
  const anew = isNew("shape", shape);
  const colored = isNew("colors", shape, colors);
  const measured = isNew("window", innerWidth);
  const rules = [...(colored ? aboutColors : []), ...(measured ? measuring : [])];
  if (!anew && rules.length === 0) return { Found: [], Frames: 0, Seen: 0 };

  // A frame in which no script may run can't be looked into.
  const frames = anew ? document.querySelectorAll("iframe:not([sandbox]), iframe[sandbox~=allow-scripts]").length : 0;
  const { violations, passes } = await axe.run(document, {
    runOnly: anew ? { type: "tag", values: everything } : { type: "rule", values: rules },
    // What passed is wanted only for what it tells of frames.
    resultTypes: frames > 0 ? ["violations", "passes"] : ["violations"],
  });
  return {
    Found: violations.map((v) => ({
      Id: v.id,
      Help: v.help,
      Where: v.nodes.map((n) => n.html.slice(0, 120) + " " + n.failureSummary).join("\n"),
    })),
    Frames: frames,
    Seen: frames > 0 ? new Set(passes.flatMap((p) => p.nodes).filter((n) => n.target.length > 1).map((n) => n.target[0])).size : 0,
  };
})()
