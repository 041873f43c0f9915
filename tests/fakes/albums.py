"""A second honest API, behind toy.yaml with albums.yaml laid over it: photos below private albums, read by cursors."""

import base64
import json
import os
import uuid
from pathlib import Path
from typing import Any

from .toy import Call, Refusal, Toy, read, signature

DEFECT = os.environ.get("ALBUMS_DEFECT", "")


class Albums(Toy):
    """Everything belongs to who made it, and is not there for anybody else."""

    def __init__(self, document: dict[str, Any]) -> None:
        super().__init__(document)
        self.call = AlbumCall
        self.albums: dict[int, dict[str, Any]] = {}
        self.photos: dict[str, dict[str, Any]] = {}


class AlbumCall(Call):
    toy: Albums

    def create_album(self) -> tuple[int, Any]:
        number = next(self.toy.ids)
        title = self.body["title"]
        self.toy.albums[number] = {"id": number, "owner": self.user, "number": number, "title": title}
        return 201, self.toy.albums[number]

    def get_album(self, album: int) -> tuple[int, Any]:
        return 200, self.mine(self.toy.albums.get(album))

    def mine(self, thing: Any) -> Any:
        if thing is None or thing["owner"] != self.user:
            raise Refusal(404, "no such thing")
        return thing

    def create_photo(self, album: int) -> tuple[int, Any]:
        self.get_album(album)
        number = next(self.toy.ids)
        made = {
            "id": str(uuid.uuid4()),
            "owner": self.user,
            "album": album,
            "number": number,
            "title": self.body["title"],
        }
        self.toy.photos[made["id"]] = made
        return 201, made

    def list_photos(self, album: int) -> tuple[int, Any]:
        self.get_album(album)
        page, size = self.number("page", 1, 10**9), self.number("size", 10, 50)
        photos = [photo for photo in self.toy.photos.values() if photo["album"] == album]
        return 200, {"items": photos[(page - 1) * size : page * size]}

    def get_photo(self, album: int, photo: str) -> tuple[int, Any]:
        self.get_album(album)
        found = self.toy.photos.get(photo)
        if found is not None and DEFECT == "any-photo":
            return 200, found
        if found is not None and found["album"] != album and DEFECT != "any-album":
            raise Refusal(404, "no such photo")
        return 200, self.mine(found)

    def update_photo(self, album: int, photo: str) -> tuple[int, Any]:
        self.toy.photos[photo] = {**self.get_photo(album, photo)[1], **self.body}
        return 200, self.toy.photos[photo]

    def delete_photo(self, album: int, photo: str) -> tuple[int, Any]:
        del self.toy.photos[self.get_photo(album, photo)[1]["id"]]
        return 204, None

    def feed_albums(self) -> tuple[int, Any]:
        return self.stretch("albums", self.toy.albums)

    def feed_photos(self) -> tuple[int, Any]:
        return self.stretch("photos", self.toy.photos)

    def stretch(self, feed: str, things: dict[Any, Any]) -> tuple[int, Any]:
        size, last = self.number("size", 10, 50), 10**9
        if "cursor" in self.query:
            of, whose, last = opened(self.query["cursor"])
            if (of != feed and DEFECT != "any-cursor") or (whose != self.user and DEFECT != "anybodys-cursor"):
                raise Refusal(400, "a cursor of something else")
        mine = [each for each in reversed(things.values()) if each["owner"] == self.user and each["number"] < last]
        more = len(mine) > size
        return 200, {
            "items": mine[:size],
            "next": closed([feed, self.user, mine[size - 1]["number"]]) if more else None,
        }


def closed(parts: list[Any]) -> str:
    text = json.dumps(parts)
    return base64.urlsafe_b64encode(signature(text)[:12] + text.encode()).decode().rstrip("=")


def opened(cursor: str) -> Any:
    try:
        whole = base64.b64decode(cursor + "=" * (-len(cursor) % 4), altchars=b"-_", validate=True)
        text = whole[12:].decode()
    except ValueError:
        raise Refusal(400, "no cursor of ours") from None
    if signature(text)[:12] != whole[:12]:
        raise Refusal(400, "no cursor of ours")
    return json.loads(text)


def create_app() -> Albums:
    return Albums(read(Path(os.environ["TOY_DOCUMENT"])))
