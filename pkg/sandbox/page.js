"use strict";
async function refresh() {
  try {
    const answer = await fetch("/", {cache: "no-store"});
    const next = new DOMParser().parseFromString(await answer.text(), "text/html");
    document.querySelector("main").replaceWith(next.querySelector("main"));
    document.body.classList.remove("away");
  } catch {
    document.body.classList.add("away");
  }
  setTimeout(refresh, 1000);
}
setTimeout(refresh, 1000);
