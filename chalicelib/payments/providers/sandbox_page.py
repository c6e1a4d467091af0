"""The sandbox's payment page: plain, readable by any screen reader, in English and Simplified Chinese at once."""

from __future__ import annotations

from datetime import datetime
from html import escape
from typing import Final

from .sandbox import Page

#: The page loads nothing, runs nothing and sends its form only to itself.
HEADERS: Final = {
    "Content-Type": "text/html; charset=utf-8",
    "Content-Security-Policy": "default-src 'none'; style-src 'unsafe-inline'; form-action 'self'; base-uri 'none'; "
    "frame-ancestors 'none'",
    "X-Robots-Tag": "noindex",
}

_PAGE: Final = """<!doctype html>
<html lang="en">
<head>
<meta charset="utf-8">
<meta name="viewport" content="width=device-width, initial-scale=1">
<title>Test payment · 测试付款</title>
<style>
body {{ font: 1.1rem/1.5 system-ui, sans-serif; max-width: 34rem; margin: 2rem auto; padding: 0 1rem;
  color: #111; background: #fff }}
button, .back {{ display: block; width: 100%; box-sizing: border-box; margin: .75rem 0; padding: .9rem;
  border: 2px solid #111; border-radius: .4rem; background: #fff; color: #111; font: inherit;
  text-align: center; text-decoration: none; cursor: pointer }}
button.pay {{ background: #0b5d2b; border-color: #0b5d2b; color: #fff }}
button:focus, .back:focus {{ outline: 3px solid #1a56db; outline-offset: 2px }}
.amount {{ font-size: 2rem; font-weight: 700; margin: .5rem 0 }}
</style>
</head>
<body>
<main>
<h1>Test payment <span lang="zh-Hans">· 测试付款</span></h1>
<p>No money moves here. <span lang="zh-Hans">此处不会发生真实扣款。</span></p>
<p>{description}</p>
<p class="amount">{amount}</p>
{content}
</main>
</body>
</html>
"""
_FORM: Final = """<form method="post">
<button class="pay" name="button" value="pay">Pay <span lang="zh-Hans">· 付款</span></button>
<button name="button" value="decline">Decline <span lang="zh-Hans">· 拒绝付款</span></button>
<button name="button" value="pay_wrong_amount">Pay a wrong amount <span lang="zh-Hans">· 支付错误金额</span></button>
</form>"""
_BACK: Final = '<a class="back" href="{url}">Back to the shop <span lang="zh-Hans">· 返回商城</span></a>'
_PAID: Final = '<p role="status">Paid: {amount}. <span lang="zh-Hans">已付款:{amount}。</span></p>'
_DECLINED: Final = (
    '<p role="alert">The payment was declined. You can try again. '
    '<span lang="zh-Hans">付款被拒绝,您可以重试。</span></p>'
)
_EXPIRED: Final = '<p role="status">This page has expired. <span lang="zh-Hans">此页面已过期。</span></p>'


def render(page: Page, now: datetime) -> str:
    """The page as it stands: buttons while it is open, else what became of it."""
    content = []
    if page.paid is not None:
        content.append(_PAID.format(amount=escape(str(page.paid.amount))))
    elif not page.is_open(now):
        content.append(_EXPIRED)
    else:
        if page.attempts:
            content.append(_DECLINED)
        content.append(_FORM)
    content.append(_BACK.format(url=escape(page.return_url, quote=True)))
    return _PAGE.format(
        description=escape(page.description), amount=escape(str(page.amount)), content="\n".join(content)
    )
