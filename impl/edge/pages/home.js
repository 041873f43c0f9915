"use strict";

const state = document.getElementById("state");
const list = document.getElementById("books");

function row(book) {
  const item = document.createElement("li");
  const text = document.createElement("span");
  const author = document.createElement("small");
  const price = document.createElement("span");
  author.textContent = ` ${book.author}${book.published_year ? `, ${book.published_year}` : ""}`;
  text.append(book.title, author);
  price.className = "price";
  price.textContent = book.price;
  item.append(text, price);
  return item;
}

fetch("api/books/feed?limit=8")
  .then(async (answer) => {
    const content = await answer.json();
    if (!answer.ok) throw new Error(content.detail);
    list.append(...content.items.map(row));
    state.textContent = content.items.length ? "" : "There are no books yet. Add one at Try the API.";
  })
  .catch((error) => { state.textContent = `The books cannot be shown: ${error.message}`; });
