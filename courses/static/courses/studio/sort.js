// <gw-sort form="id">: drag the rows of lists by their grips, with mouse, pen or finger. Letting go
// sends the form with the move in words («lesson:what:into:before»); the server answers with the
// lists in their new order. The buttons «up» and «down» do the same without this.
//
// With the attribute `in-place` the rows move here at once and the server's answer is only the word
// that it is done: where each button leads is found from the rows as they stand. What could not be
// moved goes back.
//
// A row's id ends with the name of its part: «row-…», «block-…».
const named = (row) => row?.id.slice(row.id.indexOf("-") + 1) ?? "";

class Sort extends HTMLElement {
  connectedCallback() {
    if (this.ready) return;
    this.ready = true;
    this.addEventListener("pointerdown", (event) => this.take(event));
    this.inPlace = this.hasAttribute("in-place");
    this.sent = [];
    this.addEventListener("click", (event) => {
      const button = event.target.closest("button[name=move]");
      if (!button) return;
      if (button.getAttribute("aria-disabled") === "true") return event.preventDefault();
      if (!this.inPlace) return;
      event.preventDefault();
      const item = button.closest("[data-item]");
      this.send(item ? this.step(item, button.dataset.step === "up") : button.value);
    });
    this.addEventListener("submit", (event) => {
      const chosen = event.target.querySelector("select[name=move]");
      if (chosen && this.inPlace) this.apply(chosen.value);
    });
    this.addEventListener("htmx:afterRequest", (event) => {
      if (!this.inPlace || !event.detail.requestConfig?.parameters?.move) return;
      const { status } = event.detail.xhr;
      const back = this.sent.shift();
      if (status === 0 || status === 404 || status >= 500) {
        back?.();
        this.tell(this.getAttribute("failed"));
      }
    });
    // A form that came back refused: on with the field that is wrong.
    this.addEventListener("htmx:afterSettle", (event) => {
      event.target.querySelector("[aria-invalid=true]")?.focus();
    });
  }

  // The move that one step up or down is, in words. A lesson goes on into the next module.
  step(item, up) {
    const list = item.closest("[data-list]");
    const [name, id] = [named(item), named];
    if (list.dataset.accepts === "module") {
      const before = up ? item.previousElementSibling : item.nextElementSibling?.nextElementSibling;
      return `module:${name}::${id(before)}`;
    }
    if (up && item.previousElementSibling) {
      return `lesson:${name}:${list.dataset.list}:${id(item.previousElementSibling)}`;
    }
    if (!up && item.nextElementSibling) {
      return `lesson:${name}:${list.dataset.list}:${id(item.nextElementSibling.nextElementSibling)}`;
    }
    const module = list.closest("[data-item]");
    const next = (up ? module.previousElementSibling : module.nextElementSibling).querySelector("[data-list]");
    return `lesson:${name}:${next.dataset.list}:${up ? "" : id(next.firstElementChild)}`;
  }

  // One after another, in the order in which they were asked for.
  send(move) {
    this.apply(move);
    const form = document.getElementById(this.getAttribute("form"));
    const post = () => htmx.ajax("POST", form.getAttribute("action"), {
      source: form, target: "#news", swap: "innerHTML", values: { move },
    });
    this.queue = (this.queue ?? Promise.resolve()).then(post).catch(() => {});
  }

  apply(move) {
    const [kind, what, into, before] = move.split(":");
    const item = document.getElementById(`row-${what}`);
    const list = kind === "module" ? item?.parentElement : this.querySelector(`[data-list="${into}"]`);
    if (!item || !list) return this.sent.push(null);
    const [home, behind] = [item.parentElement, item.nextElementSibling];
    const focused = document.activeElement;
    const put = (place, next) => {
      place.insertBefore(item, next?.parentElement === place ? next : null);
      if (item.contains(focused)) focused.focus();
      this.ends();
    };
    put(list, before ? document.getElementById(`row-${before}`) : null);
    this.sent.push(() => put(home, behind));
  }

  // At the ends there is nowhere to go: the buttons stay, for the focus, and do nothing.
  ends() {
    for (const kind of ["module", "lesson"]) {
      const rows = this.querySelectorAll(`[data-accepts="${kind}"] > [data-item]`);
      const lists = [...this.querySelectorAll(`[data-accepts="${kind}"]`)];
      for (const row of rows) {
        const first = !row.previousElementSibling && row.parentElement === lists[0];
        const last = !row.nextElementSibling && row.parentElement === lists.at(-1);
        for (const [name, off] of [["up", first], ["down", last]]) {
          const button = document.getElementById(`${name}-${named(row)}`);
          if (off) button?.setAttribute("aria-disabled", "true");
          else button?.removeAttribute("aria-disabled");
        }
      }
    }
  }

  tell(words) {
    document.getElementById("told").textContent = words;
  }

  take(event) {
    const grip = event.target.closest("[data-grip]");
    if (!grip || event.button !== 0) return;
    event.preventDefault();
    const item = grip.closest("[data-item]");
    const list = item.closest("[data-list]");
    this.drag = { item, kind: list.dataset.accepts, grip, moved: false, from: event.clientY };
    grip.setPointerCapture(event.pointerId);
    const stop = new AbortController();
    const on = { signal: stop.signal };
    this.drag.stop = stop;
    grip.addEventListener("pointermove", (move) => this.carry(move), on);
    grip.addEventListener("pointerup", () => this.drop(true), on);
    grip.addEventListener("pointercancel", () => this.drop(false), on);
    window.addEventListener("keydown", (key) => {
      if (key.key === "Escape") this.drop(false);
    }, on);
  }

  carry(event) {
    const { drag } = this;
    if (!drag) return;
    if (!drag.moved && Math.abs(event.clientY - drag.from) < 6) return;
    if (!drag.moved) {
      drag.moved = true;
      drag.item.classList.add("is-dragged");
      drag.line = document.createElement("li");
      drag.line.className = "gw-drop-line";
      drag.line.setAttribute("aria-hidden", "true");
      this.classList.add("is-sorting");
    }
    const edge = 60;
    if (event.clientY < edge) window.scrollBy(0, -12);
    else if (event.clientY > innerHeight - edge) window.scrollBy(0, 12);
    const list = this.listAt(event.clientY);
    if (!list) return;
    const rows = [...list.children].filter((row) => row.matches("[data-item]") && row !== drag.item);
    const behind = rows.find((row) => {
      const box = row.getBoundingClientRect();
      return event.clientY < box.top + Math.min(box.height, 160) / 2;
    });
    drag.list = list;
    drag.before = behind ?? null;
    list.insertBefore(drag.line, drag.before);
  }

  // The list of the right kind whose middle part is nearest to the pointer.
  listAt(y) {
    const lists = [...this.querySelectorAll(`[data-list][data-accepts="${this.drag.kind}"]`)];
    const distance = (list) => {
      const box = (list.closest("[data-item]") ?? list).getBoundingClientRect();
      return y < box.top ? box.top - y : y > box.bottom ? y - box.bottom : 0;
    };
    return lists.sort((a, b) => distance(a) - distance(b))[0];
  }

  drop(keep) {
    const { drag } = this;
    this.drag = null;
    if (!drag) return;
    drag.stop.abort();
    drag.line?.remove();
    drag.item.classList.remove("is-dragged");
    this.classList.remove("is-sorting");
    if (!drag.moved) return;
    if (!keep || !drag.list) {
      this.tell(this.getAttribute("cancelled"));
      return;
    }
    const before = named(drag.before);
    const parts = [drag.kind, named(drag.item), drag.list.dataset.list, before];
    if (drag.kind === "block" || drag.kind === "question") parts.splice(2, 1); // one list: nowhere else to go
    if (this.inPlace) return this.send(parts.join(":"));
    const form = document.getElementById(this.getAttribute("form"));
    const move = document.createElement("input");
    move.type = "hidden";
    move.name = "move";
    move.value = parts.join(":");
    form.append(move);
    form.addEventListener("htmx:configRequest", () => move.remove(), { once: true });
    form.requestSubmit();
  }
}

customElements.define("gw-sort", Sort);
