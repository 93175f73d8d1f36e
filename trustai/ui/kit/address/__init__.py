"""The address of a page: its parameters, its history in the browser, and fields that guard it."""
