"""Pictures that go on a slide: all that a reader has to know stands inside."""
