// <gw-local-time datetime="…Z" words="your time: {time}" hidden>: the same moment on the reader's clock,
// shown beside the site's time and only where the two differ (attribute zone: the zone of the site's time).
// The day is said only where it is another one.
class LocalTime extends HTMLElement {
  connectedCallback() {
    const mine = Intl.DateTimeFormat().resolvedOptions().timeZone;
    const moment = new Date(this.getAttribute("datetime"));
    if (Number.isNaN(moment.valueOf()) || this.sameClock(moment, mine)) return;
    const language = document.documentElement.lang;
    const day = this.sameDay(moment, mine) ? {} : { weekday: "short", day: "numeric", month: "short" };
    const time = new Intl.DateTimeFormat(language, {
      ...day, hour: "numeric", minute: "2-digit", timeZoneName: "short",
    }).format(moment);
    this.textContent = `(${(this.getAttribute("words") ?? "{time}").replace("{time}", time)})`;
    this.hidden = false;
  }

  sameClock(moment, mine) {
    return this.same((timeZone) => moment.toLocaleString("en", { timeZone }), mine);
  }

  sameDay(moment, mine) {
    return this.same((timeZone) => moment.toLocaleDateString("en", { timeZone }), mine);
  }

  same(on, mine) {
    const zone = this.getAttribute("zone");
    return Boolean(zone) && on(zone) === on(mine);
  }
}

customElements.define("gw-local-time", LocalTime);
