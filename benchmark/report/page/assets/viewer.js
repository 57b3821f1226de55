"use strict";
/** Pictures: any two of the original and what codecs made of it, at rates that they reach, on one canvas or side by side. */
function pictureViewer(page, changed) {
  const { html, said } = drawing;
  const { data, title, anchor } = page;
  const byId = (id) => document.getElementById(id);
  const ORIGINAL = "original";
  const stillness = matchMedia("(prefers-reduced-motion: reduce)");
  const modes = [...document.getElementsByName("look")];
  let swapped = false, timer = null, touched = false, stages = [];

  const picture = () => data.pictures[byId("picture").value];
  const atRate = () => picture().rates[[...document.getElementsByName("at")].findIndex((radio) => radio.checked)] ?? picture().rates[0];
  const mode = () => modes.find((radio) => radio.checked).value;
  const zoom = () => Number(byId("zoom").value);
  const shownAs = (series) => (series === ORIGINAL ? "Original" : title(series));
  const version = (series) => atRate().versions.find((one) => one.series === series);
  const called = (view) => {
    const several = new Set(data.pictures.map((one) => one.dataset)).size > 1;
    const crops = data.pictures.filter((one) => !one.whole && one.dataset === view.dataset && one.image === view.image);
    const place = crops.length > 1 && !view.whole ? ` at ${view.left}, ${view.top}` : "";
    return view.image + (several ? ` of ${view.dataset}` : "") + (view.whole ? ", whole" : place);
  };

  /* ---- What can be chosen ---- */

  /** The rate nearest to the one before, or that in the middle. */
  function offerRates() {
    const before = byId("rates").dataset.target;
    const targets = picture().rates.map((rate) => rate.target);
    const apart = (target) => Math.abs(Math.log(target / Number(before)));
    const place = before ? targets.indexOf(targets.reduce((best, target) => (apart(target) < apart(best) ? target : best))) : targets.length >> 1;
    byId("rates").replaceChildren(html("legend", {}, "Rate (bits per pixel)"), ...targets.map((target, index) => {
      const radio = html("input", { type: "radio", name: "at", value: index });
      radio.checked = index === place;
      radio.addEventListener("change", () => {
        byId("rates").dataset.target = targets[index];
        offerVersions();
        show();
      });
      return html("label", {}, radio, html("span", {}, target.toPrecision(3).replace(/\.?0+$/, "")));
    }));
  }

  /** The two that were chosen before, as far as they are there; at first the anchor, and the codec that needs least rate. */
  function offerVersions() {
    const names = [ORIGINAL, ...atRate().versions.map((one) => one.series)];
    const place = data.datasets.findIndex(({ name }) => name === picture().dataset);
    const best = data.bd.filter((row) => row.dataset === place && row.axis === 0 && row.rank !== null)
      .sort((one, other) => one.rank - other.rank).map((row) => data.series[row.series].name).find((name) => names.includes(name));
    const first = names.includes(anchor()) ? anchor() : names.length > 2 ? names[1] : ORIGINAL;
    const second = [best, ...names.slice(1)].find((name) => name && name !== first) ?? ORIGINAL;
    for (const [id, usual] of [["left", first], ["right", second]]) {
      const select = byId(id), wanted = select.dataset.wanted;
      select.replaceChildren(...names.map((name) => html("option", { value: name }, shownAs(name))));
      select.value = names.includes(wanted) ? wanted : usual;
    }
  }

  /** The largest that fits, and not so large that one sees pixels alone. */
  function fitZoom() {
    const whole = byId("panes").parentElement.clientWidth, told = 288; // beside it stands what is told
    const room = (whole > 3 * told ? whole - told : whole) / (mode() === "beside" && whole > 3 * told ? 2 : 1) - 12;
    const factors = [...byId("zoom").options].map((option) => Number(option.value));
    const fitting = factors.filter((factor) => factor <= 4 && factor * picture().width <= room && factor * picture().height <= 0.8 * innerHeight);
    byId("zoom").value = fitting.at(-1) ?? 1;
  }

  function showPicture() {
    offerRates();
    offerVersions();
    fitZoom();
    show();
  }

  /* ---- The canvas ---- */

  /** An image element, which loads when it is looked at. */
  function layer(series, kind) {
    const { width, height, original, image, whole } = picture();
    const what = series === ORIGINAL ? "original" : `decoded by ${title(series)}`;
    return html("img", { class: kind, src: series === ORIGINAL ? original : version(series).source, width, height, alt: `${whole ? "" : "Crop of "}${image}, ${what}` });
  }
  const tag = (series, kind) => html("span", { class: `tag ${kind}`, "aria-hidden": "true" }, shownAs(series));

  function stageOf(series, label, ...layers) {
    const { width, height } = picture();
    const node = html("div", { class: "stage", tabindex: 0, role: "group", "aria-label": label },
      html("div", { class: "layers", style: `width: ${width * zoom()}px; height: ${height * zoom()}px` }, ...layers));
    node.addEventListener("scroll", () => {
      for (const other of stages) {
        if (other.scrollLeft !== node.scrollLeft) other.scrollLeft = node.scrollLeft;
        if (other.scrollTop !== node.scrollTop) other.scrollTop = node.scrollTop;
      }
      locate();
    });
    return node;
  }

  function show() {
    const [first, second] = ["left", "right"].map((id) => byId(id).value);
    const place = stages[0] ? [stages[0].scrollLeft, stages[0].scrollTop] : [0, 0];
    if (mode() === "beside") {
      stages = [[first, "Left"], [second, "Right"]].map(([series, side]) =>
        stageOf(series, `${side} picture, ${shownAs(series)}`, layer(series, "below"), tag(series, "first")));
    } else if (mode() === "difference") {
      stages = [stageOf(second, `Difference of ${shownAs(first)} and ${shownAs(second)}`, html("div", { class: "difference" }, layer(second, "below"), layer(first, "above")))];
    } else {
      stages = [stageOf(second, `${shownAs(first)} over ${shownAs(second)}`, layer(second, "below"), layer(first, "above"),
        html("div", { class: "divider" }), tag(first, "first"), tag(second, "second"))];
      followPointer(stages[0]);
    }
    const beside = mode() === "beside";
    byId("panes").className = `panes ${mode()}`;
    byId("panes").replaceChildren(...stages);
    [stages[0].scrollLeft, stages[0].scrollTop] = place;
    byId("slide").hidden = mode() !== "slider";
    byId("swap").hidden = byId("flicker").hidden = beside || mode() === "difference";
    byId("amplify").parentElement.hidden = mode() !== "difference";
    byId("panes").style.setProperty("--gain", byId("amplify").value);
    tell(first, second);
    reveal();
    locate();
    if (touched) changed();
  }

  /** With a mouse, the divider follows where a picture is dragged. */
  function followPointer(stage) {
    stage.addEventListener("pointerdown", (event) => {
      if (event.pointerType !== "mouse" || event.button !== 0) return;
      const follow = (moved) => {
        const box = stage.firstChild.getBoundingClientRect();
        byId("reveal").value = Math.min(Math.max(100 * (moved.clientX - box.left) / box.width, 0), 100);
        stop();
      };
      if (event.target === stage) return; // its scroll bar
      event.preventDefault();
      stage.focus({ preventScroll: true });
      stage.setPointerCapture(event.pointerId);
      follow(event);
      stage.addEventListener("pointermove", follow);
      stage.addEventListener("lostpointercapture", () => stage.removeEventListener("pointermove", follow), { once: true });
    });
  }

  /** What is known of both, and who does not reach the rate. */
  function tell(first, second) {
    byId("told").replaceChildren(...[["A", first], ["B", second]].map(([letter, series]) => {
      const one = version(series);
      return html("div", { id: `told-${letter.toLowerCase()}` }, html("h3", {}, html("span", {}, letter), ` ${shownAs(series)}`),
        one ? html("p", {}, said(one.settings)) : undefined,
        one ? html("dl", { class: "measures" }, ...one.measures.map(([name, value]) => html("div", {}, html("dt", {}, name), html("dd", {}, value)))) : undefined);
    }));
    const without = Object.entries(atRate().without);
    byId("without").hidden = !without.length;
    byId("without").textContent = `Left out, for no setting comes within 2\u00a0% of this rate: ${without.map(([series, why]) => `${title(series)} (${why})`).join(", ")}.`;
  }

  /** Draws which share of A is seen: as the slider says, or all or nothing while swapped or flickering. */
  function reveal() {
    const flickering = timer !== null || swapped;
    const share = flickering ? (swapped ? 0 : 100) : Number(byId("reveal").value);
    byId("panes").style.setProperty("--reveal", `${share}%`);
    if (mode() === "slider") {
      for (const [kind, hidden] of [[".divider", share === 0 || share === 100], [".tag.first", share === 0], [".tag.second", share === 100]]) {
        byId("panes").querySelector(kind).hidden = hidden;
      }
    }
    byId("swap").setAttribute("aria-pressed", swapped);
    byId("flicker").setAttribute("aria-pressed", timer !== null);
  }
  function swap() {
    swapped = !swapped;
    reveal();
  }
  function stop() {
    clearInterval(timer);
    timer = null;
    swapped = false;
    reveal();
  }
  function flicker() {
    if (timer !== null) stop();
    else if (stillness.matches) swap();
    else {
      timer = setInterval(swap, 500);
      swap();
    }
  }

  /* ---- The locator: where in the whole image one looks ---- */

  function locate() {
    const { size, overview, left, top, width, height, image } = picture();
    byId("locator").hidden = !overview;
    if (!overview) return;
    const [stage] = stages, [high, wide] = size;
    const shown = byId("locator").querySelector("img");
    if (shown.getAttribute("src") !== overview) shown.src = overview;
    shown.alt = `${image}, ${wide} by ${high} pixels, with a frame around the part that is shown`;
    const part = {
      left: left + stage.scrollLeft / zoom(), top: top + stage.scrollTop / zoom(),
      width: Math.min(width, stage.clientWidth / zoom()), height: Math.min(height, stage.clientHeight / zoom()),
    };
    const frame = byId("locator").querySelector(".part");
    for (const [name, whole] of [["left", wide], ["width", wide], ["top", high], ["height", high]]) frame.style[name] = `${100 * part[name] / whole}%`;
  }
  function lookAt(event) {
    const box = byId("locator").firstElementChild.getBoundingClientRect(), [stage] = stages, { size, left, top } = picture();
    stage.scrollLeft = ((event.clientX - box.left) / box.width * size[1] - left) * zoom() - stage.clientWidth / 2;
    stage.scrollTop = ((event.clientY - box.top) / box.height * size[0] - top) * zoom() - stage.clientHeight / 2;
  }

  /* ---- The address of the page ---- */

  function state() {
    if (!touched) return {};
    return {
      picture: called(picture()), at: `${atRate().target}`, left: byId("left").value, right: byId("right").value,
      look: mode() === "slider" ? "" : mode(), zoom: byId("zoom").value,
    };
  }
  function recall(told) {
    const index = data.pictures.findIndex((view) => called(view) === told.get("picture"));
    if (index < 0) return;
    touched = true;
    byId("picture").value = index;
    byId("rates").dataset.target = Number(told.get("at")) > 0 ? told.get("at") : "";
    for (const id of ["left", "right"]) byId(id).dataset.wanted = told.get(id) ?? "";
    for (const radio of modes) radio.checked = radio.value === (told.get("look") || "slider");
    if (!modes.some((radio) => radio.checked)) modes[0].checked = true;
    showPicture();
    if ([...byId("zoom").options].some((option) => option.value === told.get("zoom"))) byId("zoom").value = told.get("zoom");
    show();
  }

  /** Where an image is among the pictures; below zero where it is not. */
  const placeOf = (dataset, image) => data.pictures.findIndex((view) => view.dataset === dataset && view.image === image);
  function choose(index) {
    byId("picture").value = index;
    showPicture();
  }

  if (!data.pictures.length) return { state: () => ({}), recall() {}, placeOf: () => -1, choose() {} };

  byId("picture").replaceChildren(...data.pictures.map((view, index) => html("option", { value: index }, called(view))));
  const turn = (step) => choose((Number(byId("picture").value) + step + data.pictures.length) % data.pictures.length);
  for (const form of document.querySelectorAll("#viewer, #looks")) form.addEventListener("change", () => { touched = true; }, true);
  byId("picture").addEventListener("change", showPicture);
  for (const id of ["left", "right"]) byId(id).addEventListener("change", (event) => {
    event.target.dataset.wanted = event.target.value;
    show();
  });
  for (const id of ["zoom", "amplify"]) byId(id).addEventListener("change", show);
  for (const radio of modes) radio.addEventListener("change", () => {
    stop();
    fitZoom();
    show();
  });
  byId("previous").addEventListener("click", () => turn(-1));
  byId("next").addEventListener("click", () => turn(1));
  byId("reveal").addEventListener("input", stop);
  byId("swap").addEventListener("click", () => {
    if (timer !== null) stop();
    swap();
  });
  byId("flicker").addEventListener("click", flicker);
  stillness.addEventListener("change", () => { if (timer !== null) stop(); });
  byId("panes").addEventListener("keydown", (event) => {
    const single = mode() === "slider";
    const action = { o: single ? swap : null, f: single ? flicker : null, "[": () => turn(-1), "]": () => turn(1) }[event.key.toLowerCase()];
    if (!action || event.ctrlKey || event.metaKey || event.altKey) return;
    const place = stages.indexOf(document.activeElement);
    action();
    stages[Math.max(place, 0)]?.focus();
  });
  byId("locator").addEventListener("pointerdown", (event) => {
    event.preventDefault();
    lookAt(event);
    byId("locator").setPointerCapture(event.pointerId);
    byId("locator").addEventListener("pointermove", lookAt);
    byId("locator").addEventListener("lostpointercapture", () => byId("locator").removeEventListener("pointermove", lookAt), { once: true });
  });
  new ResizeObserver(locate).observe(byId("panes"));
  showPicture();
  return { state, recall, placeOf, choose };
}
