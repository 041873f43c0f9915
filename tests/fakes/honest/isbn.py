"""Numbers of books (ISO 2108)."""


def isbn_13(text: str) -> str | None:
    """Return an ISBN-10 or ISBN-13 as thirteen digits; None where its check digit is wrong."""
    digits = text.replace("-", "").upper()
    if len(digits) == 10 and is_right_10(digits):
        body = "978" + digits[:9]
        return body + check_digit_13(body)
    if len(digits) == 13 and digits.isdecimal() and digits[12] == check_digit_13(digits[:12]):
        return digits
    return None


def is_right_10(digits: str) -> bool:
    values = [10 if each == "X" else int(each) for each in digits]
    return sum(weight * value for weight, value in zip(range(10, 0, -1), values, strict=True)) % 11 == 0


def check_digit_13(body: str) -> str:
    total = sum(int(each) * (3 if index % 2 else 1) for index, each in enumerate(body))
    return str(-total % 10)
