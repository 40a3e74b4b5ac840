// SPDX-License-Identifier: Apache-2.0

/// The site's one script: it loads a page again when the daemon says that something on it changed. Everything works without.
///
/// It never takes away what somebody is at work with: while the focus, a selection or an opened part lies in the page, it says
/// that there is something new instead, and waits to be asked.
let liveScript = #"""
    (() => {
      "use strict";
      const main = () => document.getElementById("main");
      const topics = main()?.dataset.topics;
      if (!topics || !window.EventSource) return;
      const store = { get: () => { try { return sessionStorage.live } catch { return "" } },
        set: (v) => { try { sessionStorage.live = v } catch {} } };
      let source, waiting = 0, paused = store.get() === "off", loading = false, again = false;

      const bar = document.createElement("p");
      bar.className = "live";
      const word = document.createElement("span");
      word.setAttribute("role", "status");
      const toggle = document.createElement("button");
      toggle.type = "button";
      toggle.className = "quiet";
      bar.append(word, " ", toggle);
      document.querySelector("footer .wide")?.prepend(bar);

      const news = document.createElement("div");
      news.className = "news";
      news.setAttribute("role", "status");
      document.body.append(news);

      const say = (text) => { if (word.textContent !== text) word.textContent = text };
      const show = () => {
        toggle.textContent = paused ? "Resume" : "Pause";
        say(paused ? "Live updates: paused" : source?.readyState === 1 ? "Live updates: on" : "Live updates: connecting");
      };
      const opened = () => [...main().querySelectorAll("details")].some((d) => d.open !== d.hasAttribute("data-open"));
      const edited = () => [...main().querySelectorAll("input,select,textarea")].some((f) =>
        f.type === "checkbox" || f.type === "radio" ? f.checked !== f.defaultChecked
          : f.options ? [...f.options].some((o) => o.selected !== o.defaultSelected && f.value !== "") : f.value !== f.defaultValue);
      const busy = () => {
        const at = document.activeElement;
        return (at && at !== main() && main().contains(at)) || opened() || edited() || String(getSelection()).length > 0;
      };
      const remember = () => main().querySelectorAll("details[open]").forEach((d) => d.setAttribute("data-open", ""));

      const announce = () => {
        news.replaceChildren();
        if (!waiting) return;
        const button = document.createElement("button");
        button.type = "button";
        button.textContent = waiting === 1 ? "1 change: show" : waiting + " changes: show";
        button.onclick = () => load(true);
        news.append(button);
      };
      const ended = () => {
        close();
        toggle.remove();
        say("Live updates have ended");
        const link = document.createElement("a");
        link.href = "/login?ended=page&return=" + encodeURIComponent(location.pathname + location.search);
        link.textContent = "Sign in again";
        const words = document.createElement("p");
        words.append("Your session has ended: this page shows what was there before. ", link);
        news.replaceChildren(words);
      };
      const load = async (asked) => {
        if (loading) { again = true; return }
        loading = true;
        try {
          const answer = await fetch(location.href, { credentials: "same-origin", headers: { Accept: "text/html" } });
          if (answer.redirected && new URL(answer.url).pathname === "/login") return ended();
          if (!answer.ok || answer.redirected) { if (asked) location.reload(); return }
          const page = new DOMParser().parseFromString(await answer.text(), "text/html");
          const fresh = page.getElementById("main");
          if (!fresh) return;
          if (!asked && busy()) { waiting += 1; announce(); return }
          main().replaceWith(document.adoptNode(fresh));
          remember();
          const state = page.querySelector(".git-state");
          if (state) document.querySelector(".git-state")?.replaceWith(document.adoptNode(state));
          document.title = page.title;
          waiting = 0;
          announce();
        } catch {
        } finally {
          loading = false;
          if (again) { again = false; load(false) }
        }
      };
      const close = () => { source?.close(); source = undefined; show() };
      const open = () => {
        if (paused || source || document.hidden) return show();
        source = new EventSource("/events?topics=" + encodeURIComponent(topics));
        source.onopen = show;
        source.onerror = () => { if (source?.readyState === 2) { close(); bar.remove() } else show() };
        source.addEventListener("changed", () => load(false));
        source.addEventListener("resync", () => load(false));
        source.addEventListener("end", ended);
        show();
      };
      toggle.onclick = () => {
        paused = !paused;
        store.set(paused ? "off" : "on");
        if (paused) close(); else { open(); load(false) }
      };
      document.addEventListener("visibilitychange", () => {
        if (document.hidden) close(); else if (!paused) { open(); load(false) }
      });
      remember();
      open();
    })();

    """#
