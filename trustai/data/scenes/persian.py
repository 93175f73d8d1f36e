"""Persian captions of a scene.

Between ``می`` and its verb stands a zero-width non-joiner.
"""

from __future__ import annotations

from trustai.data.scenes.grammar import Grammar, Noun


def _limit(number: str) -> Noun:
    phrases = (f"حداکثر سرعت {number}", f"محدودیت سرعت {number}")
    return Noun(phrases, (number, "حداکثر", "محدودیت", "سرعت"))


PERSIAN = Grammar(
    frames={
        "one": (
            "{where} {when} {a} {at} دیده می‌شود",
            "{street} {when} با {a} {at}",
            "{a} {at} {where} {when}",
        ),
        "row of 2": (
            "{where} {when} {a} در سمت چپ و {b} در سمت راست دیده می‌شود",
            "{street} {when} با {a} در سمت چپ و {b} در سمت راست",
            "{a} در کنار {b} {where} {when}",
        ),
        "row of 3": (
            "{where} {when} {a}، {b} و {c} در کنار هم دیده می‌شوند",
            "{street} {when} با {a}، {b} و {c} در کنار هم",
            "{a} در سمت چپ، {b} در وسط و {c} در سمت راست {where} {when}",
        ),
        "stack": (
            "{where} {when} {a} بالای {b} {at} دیده می‌شود",
            "{street} {when} با {a} بالای {b} {at}",
            "{b} زیر {a} {at} {where} {when}",
        ),
        "stack and one": (
            "{where} {when} {a} بالای {b} {at} و {c} {beside} دیده می‌شود",
            "{street} {when} با {a} بالای {b} {at} و {c} {beside}",
            "{a} و {b} روی یک پایه در کنار {c} {where} {when}",
        ),
    },
    article=("یک تابلوی {size}{sign}", "تابلوی {size}{sign}"),
    nouns={
        "stop": Noun(("ایست",), ("ایست",)),
        "yield": Noun(("رعایت حق تقدم",), ("رعایت", "حق", "تقدم")),
        "no entry": Noun(("ورود ممنوع",), ("ورود",)),
        "speed limit 30": _limit("۳۰"),
        "speed limit 50": _limit("۵۰"),
        "speed limit 80": _limit("۸۰"),
        "no overtaking": Noun(("سبقت ممنوع",), ("سبقت",)),
        # Not the words for left and right, which also name places.
        "turn left": Noun(("گردش به چپ",), ("گردش",)),
        "turn right": Noun(("گردش به راست",), ("گردش",)),
        "straight ahead": Noun(("فقط مستقیم", "حرکت مستقیم"), ("فقط", "حرکت", "مستقیم")),
        "roundabout": Noun(("میدان",), ("میدان",)),
        "pedestrian crossing": Noun(
            ("گذرگاه عابر پیاده", "عبور عابر پیاده"), ("گذرگاه", "عبور", "عابر", "پیاده")
        ),
        "priority road": Noun(("راه اصلی", "جاده‌ی اصلی"), ("اصلی",)),
        "danger": Noun(("خطر", "هشدار"), ("خطر", "هشدار")),
        "roadworks": Noun(
            ("کارگران مشغول کارند", "عملیات راه‌سازی"),
            ("کارگران", "مشغول", "کارند", "عملیات", "راه‌سازی"),
        ),
        "traffic signals": Noun(("چراغ راهنما", "چراغ راهنمایی"), ("چراغ", "راهنما", "راهنمایی")),
    },
    sizes={"small": ("کوچک",), "large": ("بزرگ",)},
    places={"left": ("در سمت چپ",), "middle": ("در وسط",), "right": ("در سمت راست",)},
    streets={
        "city": ("یک خیابان شهری",),
        "village": ("یک روستا",),
        "country": ("یک جاده‌ی بیرون شهر",),
        "street": ("یک خیابان",),
    },
    wheres={
        "city": ("در یک خیابان شهری", "در شهر"),
        "village": ("در یک روستا",),
        "country": ("در یک جاده‌ی بیرون شهر", "بیرون شهر"),
        "street": ("در یک خیابان",),
    },
    lights={
        "night": ("در شب",),
        "dusk": ("هنگام غروب", "در غروب آفتاب"),
        "fog": ("در مه",),
        "sunny": ("در یک روز آفتابی",),
        "cloudy": ("در یک روز ابری",),
        "backlight": ("رو به آفتاب",),
    },
)
