"""Real files made on the spot: pictures by Pillow, a PDF and a Word document by hand."""

from __future__ import annotations

import base64
import io
import zipfile
from typing import Any

from PIL import Image


def picture(
    colour: str | tuple[int, int, int] = "red",
    size: tuple[int, int] = (64, 48),
    format_: str = "PNG",
    frames: int = 1,
    **options: Any,
) -> bytes:
    """One colour all over; several frames make an animation."""
    buffer = io.BytesIO()
    first, *rest = [Image.new("RGB", size, (n * 40, 0, 0) if n else colour) for n in range(frames)]
    if rest:
        options |= {"save_all": True, "append_images": rest}
    first.save(buffer, format_, **options)
    return buffer.getvalue()


def data_url(data: bytes, type_: str = "image/png") -> str:
    return f"data:{type_};base64,{base64.b64encode(data).decode()}"


def opened(result: str) -> Image.Image:
    """A picture as it came over the wire, decoded whole."""
    shown = Image.open(io.BytesIO(base64.b64decode(result, validate=True)))
    shown.load()
    return shown


def pdf(*pages: str) -> bytes:
    """A PDF with a line of text on each page."""
    kids = " ".join(f"{4 + 2 * n} 0 R" for n in range(len(pages)))
    objects = [
        "<< /Type /Catalog /Pages 2 0 R >>",
        f"<< /Type /Pages /Kids [{kids}] /Count {len(pages)} >>",
        "<< /Type /Font /Subtype /Type1 /BaseFont /Helvetica >>",
    ]
    for n, text in enumerate(pages):
        stream = f"BT /F1 18 Tf 40 700 Td ({text}) Tj ET"
        objects.append(
            "<< /Type /Page /Parent 2 0 R /MediaBox [0 0 612 792] /Resources << /Font << /F1 3 0 R >> >> "
            f"/Contents {5 + 2 * n} 0 R >>"
        )
        objects.append(f"<< /Length {len(stream)} >>\nstream\n{stream}\nendstream")
    body, places = "%PDF-1.4\n", []
    for n, content in enumerate(objects, 1):
        places.append(len(body))
        body += f"{n} 0 obj\n{content}\nendobj\n"
    table = "".join(f"{place:010} 00000 n \n" for place in places)
    end = f"xref\n0 {len(objects) + 1}\n0000000000 65535 f \n{table}trailer\n"
    end += f"<< /Size {len(objects) + 1} /Root 1 0 R >>\nstartxref\n{len(body)}\n%%EOF\n"
    return (body + end).encode("latin-1")


def word(text: str) -> bytes:
    """The least that is a Word document."""
    buffer = io.BytesIO()
    with zipfile.ZipFile(buffer, "w") as archive:
        archive.writestr("word/document.xml", f"<w:document><w:p><w:t>{text}</w:t></w:p></w:document>")
    return buffer.getvalue()
