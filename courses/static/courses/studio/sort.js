// <gw-sort form="id">: drag the rows of lists by their grips, with mouse, pen or finger. Letting go
// sends the form with the move in words («lesson:what:into:before»); the server answers with the
// lists in their new order. The buttons «up» and «down» do the same without this.
class Sort extends HTMLElement {
  connectedCallback() {
    if (this.ready) return;
    this.ready = true;
    this.addEventListener("pointerdown", (event) => this.take(event));
    this.addEventListener("click", (event) => {
      if (event.target.closest("button[aria-disabled=true][name=move]")) event.preventDefault();
    });
    // A form that came back refused: on with the field that is wrong.
    this.addEventListener("htmx:afterSettle", (event) => {
      event.target.querySelector("[aria-invalid=true]")?.focus();
    });
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
      document.getElementById("told").textContent = this.getAttribute("cancelled");
      return;
    }
    const before = drag.before?.dataset.item ?? "";
    const parts = [drag.kind, drag.item.dataset.item, drag.list.dataset.list, before];
    if (drag.kind === "block" || drag.kind === "question") parts.splice(2, 1); // one list: nowhere else to go
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
